import { type ReactElement, useEffect } from 'react';
import { hostedSource } from '../store/hosted.ts';
import { plural } from '../words/format.ts';
import { otherClients } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { Modal } from './modal.tsx';

/** Asks before clients lose their disk and everything on it. */
export function StopHostDialog(): ReactElement | null {
  const app = useApp();
  const stopping = useAppState((state) => state.stopping);
  const session = useAppState((state) => state.session);
  const hosted = hostedSource(session, stopping);
  const gone = hosted === null;
  const close = (): void => app.store.setState({ dialog: null, stopping: null });
  useEffect(() => {
    if (gone) app.store.setState({ dialog: null, stopping: null });
  }, [app, gone]);
  if (hosted === null) return null;
  const clients = otherClients(hosted.host);
  return (
    <Modal
      title={`Stop hosting ${hosted.name}?`}
      description={`${plural(clients.length, 'client')} ${clients.length === 1 ? 'uses' : 'use'} it now and will get errors. What is on the disk is lost.`}
    >
      <div className="form-row form-end">
        <button type="button" className="button" onClick={close}>
          Go on hosting
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: 'stopHost', source: hosted.id, force: true });
            close();
          }}
        >
          Stop it
        </button>
      </div>
    </Modal>
  );
}
