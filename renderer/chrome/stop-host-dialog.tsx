import type { ReactElement } from 'react';
import { askAbout } from '../control/host-deeds.ts';
import { canCommit, lossWords } from '../words/host-words.ts';
import { useApp } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Modal } from './modal.tsx';

/** Asks before clients lose their disk, and before what was written to it is lost. */
export function StopHostDialog(): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  if (hosted === null) return null;
  const { id, name, host } = hosted;
  const close = (): void => app.store.setState({ dialog: null });
  return (
    <Modal title={`Stop hosting ${name}?`} description={lossWords(host)}>
      <div className="form-row form-end">
        <button type="button" className="button" onClick={close}>
          {host.unsaved ? 'Keep it' : 'Go on hosting'}
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: 'stopHost', source: id, force: true });
            close();
          }}
        >
          {host.unsaved ? 'Stop and lose it' : 'Stop it'}
        </button>
        {canCommit(host.overlay) && (
          <button type="button" className="button" onClick={() => askAbout(app, 'commitOverlay', id)}>
            Commit…
          </button>
        )}
        {host.unsaved && host.task === null && (
          <button
            type="button"
            className="button button-main"
            onClick={() => askAbout(app, 'saveAndStopHost', id)}
          >
            Save as image…
          </button>
        )}
      </div>
    </Modal>
  );
}
