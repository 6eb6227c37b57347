import { type ReactElement, type ReactNode, useId } from 'react';

/** Where clients find a disk: a private socket, or a port on this machine. */
export function HostPlace(props: {
  readonly tcp: boolean;
  readonly port: string;
  readonly wrong: string | null;
  readonly onTcp: (tcp: boolean) => void;
  readonly onPort: (port: string) => void;
}): ReactElement {
  const { tcp, port, wrong } = props;
  return (
    <PlaceChoice
      tcp={tcp}
      unixLabel="a Unix socket that only you can open"
      tcpLabel="TCP on 127.0.0.1, port"
      onTcp={props.onTcp}
      besideTcp={
        <input
          className="field field-port mono"
          aria-label="Port"
          aria-invalid={tcp && wrong !== null}
          inputMode="numeric"
          spellCheck={false}
          autoComplete="off"
          placeholder="any"
          disabled={!tcp}
          value={port}
          onChange={(event) => props.onPort(event.target.value)}
        />
      }
    >
      <p className="form-answer danger field-answer" role="status">
        {wrong}
      </p>
    </PlaceChoice>
  );
}

/** Chooses between the two kinds of places. */
export function PlaceChoice(props: {
  readonly tcp: boolean;
  readonly unixLabel: string;
  readonly tcpLabel: string;
  readonly onTcp: (tcp: boolean) => void;
  readonly besideTcp?: ReactNode;
  readonly children?: ReactNode;
}): ReactElement {
  const { tcp, onTcp } = props;
  const ids = { where: useId(), unix: useId(), tcp: useId() };
  return (
    <fieldset className="form-where" aria-labelledby={ids.where}>
      <span id={ids.where}>Clients come by</span>
      <div className="form-row">
        <input id={ids.unix} type="radio" name={ids.where} checked={!tcp} onChange={() => onTcp(false)} />
        <label htmlFor={ids.unix}>{props.unixLabel}</label>
      </div>
      <div className="form-row">
        <input id={ids.tcp} type="radio" name={ids.where} checked={tcp} onChange={() => onTcp(true)} />
        <label htmlFor={ids.tcp}>{props.tcpLabel}</label>
        {props.besideTcp}
      </div>
      {props.children}
    </fieldset>
  );
}
