import { type FormEvent, type ReactElement, useId, useRef, useState } from 'react';
import { parseSize } from '#shared/bytes/size.ts';
import { askForComparison } from '../control/compare-deeds.ts';
import { asCopy } from '../control/dropped.ts';
import { openFiles, openPaths, openSample, opensInstead } from '../control/log-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { useCloseOnceOpened } from './use-opened.ts';

/** Opens logs in a browser: by path, which the host can follow live, or as a copy of a chosen file. */
export function OpenDialog(): ReactElement {
  const app = useApp();
  const recent = useAppState((state) => state.session?.recentLogs) ?? [];
  const refusal = useAppState((state) => (state.refusal?.command === 'openLogs' ? state.refusal.text : null));
  const [path, setPath] = useState('');
  const [size, setSize] = useState('');
  const [instead, setInstead] = useState(opensInstead(app));
  const chooser = useRef<HTMLInputElement>(null);
  const begin = useCloseOnceOpened();
  const ids = { path: useId(), size: useId(), answer: useId() };
  const parsedSize = size.trim() === '' ? null : parseSize(size.trim());
  const sizeError = parsedSize !== null && 'error' in parsedSize ? parsedSize.error : null;
  const wrong = sizeError ?? refusal;
  const close = (): void => app.store.setState({ dialog: null });

  const open = (paths: readonly string[]): void => {
    begin();
    openPaths(app, paths, instead, size.trim());
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (path.trim() !== '' && sizeError === null) open([path.trim()]);
  };
  return (
    <Modal title="Open a log">
      <form className="form" onSubmit={submit}>
        <label htmlFor={ids.path}>Path on this machine: it is followed live</label>
        <input
          id={ids.path}
          className="field mono"
          value={path}
          placeholder="/tmp/log"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={refusal !== null}
          aria-describedby={ids.answer}
          onChange={(event) => setPath(event.target.value)}
        />
        <label htmlFor={ids.size}>Size of the disk, only where the log does not tell it</label>
        <input
          id={ids.size}
          className="field field-short mono"
          value={size}
          placeholder="64M"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={sizeError !== null}
          onChange={(event) => setSize(event.target.value)}
        />
        <p id={ids.answer} className={wrong === null ? 'form-answer' : 'form-answer danger'} role="status">
          {wrong ?? 'A log that is not there yet is waited for.'}
        </p>
        <TickField label="Close what is open" checked={instead} onChange={setInstead} />
        <div className="form-row form-end">
          <button type="button" className="button" onClick={() => chooser.current?.click()}>
            Choose a file (a copy, not live)…
          </button>
          <button
            type="submit"
            className="button button-main"
            disabled={path.trim() === '' || sizeError !== null}
          >
            Open
          </button>
        </div>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label="Log files"
          onChange={(event) => {
            openFiles(app, [...(event.target.files ?? [])].map(asCopy), instead);
            close();
          }}
        />
      </form>
      {recent.length > 0 && (
        <>
          <div className="recent-head">
            <h3>Opened before</h3>
            <button type="button" className="link" onClick={() => app.send({ command: 'forgetRecent' })}>
              Forget them
            </button>
          </div>
          <ul className="recent">
            {recent.map((log) => (
              <li key={log.path}>
                <button type="button" className="link mono clip" onClick={() => open([log.path])}>
                  {log.path}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <p className="quiet">
        <button
          type="button"
          className="link"
          onClick={() => {
            openSample(app);
            close();
          }}
        >
          Watch the sample recording
        </button>
        {' · '}
        <button
          type="button"
          className="link"
          onClick={() => app.store.setState({ dialog: 'openSet', refusal: null })}
        >
          Open a set of logs…
        </button>
        {' · '}
        <button type="button" className="link" onClick={() => askForComparison(app)}>
          Compare two recordings…
        </button>
        {' · '}
        <button
          type="button"
          className="link"
          onClick={() => app.store.setState({ dialog: 'nbdkit', refusal: null })}
        >
          Run nbdkit…
        </button>
      </p>
    </Modal>
  );
}
