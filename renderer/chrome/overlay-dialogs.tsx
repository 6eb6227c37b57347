import type { ReactElement, ReactNode } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { useApp } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Modal } from './modal.tsx';

/** Asks before what is kept apart is written to the disk below, which nothing brings back. */
export function CommitOverlayDialog(): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  if (hosted === null) return null;
  const size = formatBytes(hosted.host.overlay?.usedBytes ?? 0);
  return (
    <Modal
      title={`Commit the changes of ${hosted.name}?`}
      description={`${size} are written to ${hosted.host.words}. What was there is gone then. Clients can go on meanwhile.`}
    >
      <Choice no="Keep them apart">
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: 'commitOverlay', source: hosted.id });
            app.store.setState({ dialog: null });
          }}
        >
          Commit
        </button>
      </Choice>
    </Modal>
  );
}

/** Asks before what is kept apart is forgotten. */
export function DiscardOverlayDialog(): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  if (hosted === null) return null;
  const size = formatBytes(hosted.host.overlay?.usedBytes ?? 0);
  const { connections } = hosted.host;
  return (
    <Modal
      title={`Discard the changes of ${hosted.name}?`}
      description={`${size} of changes are lost, and the disk is again as it was.${connections.length > 0 ? ' Clients that use it now may keep what they read before.' : ''}`}
    >
      <Choice no="Keep them">
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: 'discardOverlay', source: hosted.id });
            app.store.setState({ dialog: null });
          }}
        >
          Discard
        </button>
      </Choice>
    </Modal>
  );
}

function Choice(props: { readonly no: string; readonly children: ReactNode }): ReactElement {
  const app = useApp();
  return (
    <div className="form-row form-end">
      <button type="button" className="button" onClick={() => app.store.setState({ dialog: null })}>
        {props.no}
      </button>
      {props.children}
    </div>
  );
}
