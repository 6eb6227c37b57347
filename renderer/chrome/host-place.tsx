import { type ReactElement, useId } from 'react';

/** Where clients find the disk: a private socket, or a port on this machine. */
export function HostPlace(props: {
  readonly tcp: boolean;
  readonly port: string;
  readonly wrong: string | null;
  readonly onTcp: (tcp: boolean) => void;
  readonly onPort: (port: string) => void;
}): ReactElement {
  const { tcp, port, wrong } = props;
  const ids = { where: useId(), unix: useId(), tcp: useId() };
  return (
    <fieldset className="form-where" aria-labelledby={ids.where}>
      <span id={ids.where}>Clients come by</span>
      <div className="form-row">
        <input
          id={ids.unix}
          type="radio"
          name={ids.where}
          checked={!tcp}
          onChange={() => props.onTcp(false)}
        />
        <label htmlFor={ids.unix}>a Unix socket that only you can open</label>
      </div>
      <div className="form-row">
        <input id={ids.tcp} type="radio" name={ids.where} checked={tcp} onChange={() => props.onTcp(true)} />
        <label htmlFor={ids.tcp}>TCP on 127.0.0.1, port</label>
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
      </div>
      <p className="form-answer danger field-answer" role="status">
        {wrong}
      </p>
    </fieldset>
  );
}
