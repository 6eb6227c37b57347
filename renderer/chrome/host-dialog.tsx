import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { parseSize } from '#shared/bytes/size.ts';
import { hostDisk } from '../control/host-deeds.ts';
import { type HostField, MAX_DELAY_MS, readWhole, refusedField } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { errorOf, Field } from './field.tsx';
import { Modal } from './modal.tsx';
import { useCloseOnceServed } from './use-served.ts';

/** The port that NBD has by its own right. */
const NBD_PORT = '10809';

/** Asks for the disk to host. It stays until the engine serves the disk, so that a refusal stands where it belongs. */
export function HostDialog(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) => (state.refusal?.command === 'hostDisk' ? state.refusal.text : null));
  const [size, setSize] = useState('64M');
  const [exportName, setExportName] = useState('');
  const [readDelay, setReadDelay] = useState('40');
  const [writeDelay, setWriteDelay] = useState('40');
  const [readOnly, setReadOnly] = useState(false);
  const [tcp, setTcp] = useState(false);
  const [port, setPort] = useState(NBD_PORT);
  const ids = { readOnly: useId(), unix: useId(), tcp: useId(), where: useId() };
  const asked = useCloseOnceServed('host');

  const refused = refusal === null ? null : (refusedField(refusal) ?? 'other');
  const wrongAt = (field: HostField, own: string | null): string | null =>
    own ?? (refused === field ? refusal : null);
  const parsedSize = parseSize(size.trim());
  const parsedRead = readWhole(readDelay, MAX_DELAY_MS, 'use whole ms');
  const parsedWrite = readWhole(writeDelay, MAX_DELAY_MS, 'use whole ms');
  const parsedPort = readWhole(port, 65_535, 'use a whole number');
  const bad =
    'error' in parsedSize ||
    'error' in parsedRead ||
    'error' in parsedWrite ||
    (tcp && 'error' in parsedPort);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if ('error' in parsedSize || 'error' in parsedRead || 'error' in parsedWrite) return;
    if (tcp && 'error' in parsedPort) return;
    asked();
    const delays = [
      { key: 'rdelay', ms: parsedRead.value },
      { key: 'wdelay', ms: parsedWrite.value },
    ];
    hostDisk(app, {
      size: size.trim(),
      exportName: exportName.trim(),
      parameters: delays.filter(({ ms }) => ms > 0).map(({ key, ms }) => ({ key, value: `${ms}ms` })),
      readOnly,
      tcpPort: tcp && 'value' in parsedPort ? parsedPort.value : null,
    });
  };
  return (
    <Modal
      title="Host a disk"
      description="A disk in memory that any NBD client can use. It is gone once it is stopped."
    >
      <form className="form" onSubmit={submit} data-testid="host-dialog">
        <div className="form-columns">
          <Field label="Size" wrong={wrongAt('size', errorOf(parsedSize))} hint="As in 64M, 10G or 7E">
            {(props) => <input {...props} value={size} onChange={(event) => setSize(event.target.value)} />}
          </Field>
          <Field
            label="Export name"
            wrong={wrongAt('exportName', null)}
            hint="Clients that ask for no name get it too"
          >
            {(props) => (
              <input
                {...props}
                value={exportName}
                placeholder="none"
                maxLength={1024}
                onChange={(event) => setExportName(event.target.value)}
              />
            )}
          </Field>
          <Field label="Read delay, ms" wrong={wrongAt('rdelay', errorOf(parsedRead))} hint="0 is full speed">
            {(props) => (
              <input
                {...props}
                inputMode="numeric"
                value={readDelay}
                onChange={(event) => setReadDelay(event.target.value)}
              />
            )}
          </Field>
          <Field
            label="Write delay, ms"
            wrong={wrongAt('wdelay', errorOf(parsedWrite))}
            hint="Trims and zeroes wait as long"
          >
            {(props) => (
              <input
                {...props}
                inputMode="numeric"
                value={writeDelay}
                onChange={(event) => setWriteDelay(event.target.value)}
              />
            )}
          </Field>
        </div>
        <p className="quiet">
          Slow on purpose: with 40 ms people can see what happens. It can be changed at any time.
        </p>
        <fieldset className="form-where" aria-labelledby={ids.where}>
          <span id={ids.where}>Clients come by</span>
          <div className="form-row">
            <input
              id={ids.unix}
              type="radio"
              name={ids.where}
              checked={!tcp}
              onChange={() => setTcp(false)}
            />
            <label htmlFor={ids.unix}>a Unix socket that only you can open</label>
          </div>
          <div className="form-row">
            <input id={ids.tcp} type="radio" name={ids.where} checked={tcp} onChange={() => setTcp(true)} />
            <label htmlFor={ids.tcp}>TCP on 127.0.0.1, port</label>
            <input
              className="field field-port mono"
              aria-label="Port"
              aria-invalid={tcp && wrongAt('port', errorOf(parsedPort)) !== null}
              inputMode="numeric"
              spellCheck={false}
              autoComplete="off"
              placeholder="any"
              disabled={!tcp}
              value={port}
              onChange={(event) => setPort(event.target.value)}
            />
          </div>
          <p className="form-answer danger field-answer" role="status">
            {tcp ? wrongAt('port', errorOf(parsedPort)) : refused === 'port' && refusal}
          </p>
        </fieldset>
        <div className="form-row">
          <input
            id={ids.readOnly}
            type="checkbox"
            checked={readOnly}
            onChange={(event) => setReadOnly(event.target.checked)}
          />
          <label htmlFor={ids.readOnly}>Read-only</label>
        </div>
        <div className="form-row form-end">
          <p className="form-answer danger form-grow" role="status">
            {refused === 'other' && refusal}
          </p>
          <button
            type="button"
            className="link"
            onClick={() => app.store.setState({ dialog: 'hostSet', refusal: null })}
          >
            A set of disks for RAID…
          </button>
          <button type="submit" className="button button-main" disabled={bad}>
            Start
          </button>
        </div>
      </form>
    </Modal>
  );
}
