import type { ReactElement } from 'react';
import type { Command } from '#shared/contract/commands.ts';
import type { HostedSource } from '../store/hosted.ts';
import { useApp } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Modal } from './modal.tsx';

/** Asks before what is kept apart is written to the disk below, which nothing brings back. */
export function CommitOverlayDialog(): ReactElement | null {
  return (
    <OverlayQuestion
      command="commitOverlay"
      title={(name) => `Commit the changes of ${name}?`}
      words={({ words }) =>
        `They are written to the disk below, ${words}. What was there is gone then. Clients can go on meanwhile.`
      }
      no="Keep them apart"
      yes="Commit"
    />
  );
}

/** Asks before what is kept apart is forgotten. */
export function DiscardOverlayDialog(): ReactElement | null {
  return (
    <OverlayQuestion
      command="discardOverlay"
      title={(name) => `Discard the changes of ${name}?`}
      words={({ connections }) =>
        `All of them are lost, and the disk is again as it was.${connections.length > 0 ? ' Clients that use it now may keep what they read before.' : ''}`
      }
      no="Keep them"
      yes="Discard"
    />
  );
}

/** Asks about the overlay of a disk, and does what was asked where the answer is yes. */
function OverlayQuestion(props: {
  readonly command: Extract<Command['command'], 'commitOverlay' | 'discardOverlay'>;
  readonly title: (name: string) => string;
  /** What comes of it. */
  readonly words: (host: HostedSource['host']) => string;
  readonly no: string;
  readonly yes: string;
}): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  if (hosted === null) return null;
  const close = (): void => app.store.setState({ dialog: null });
  return (
    <Modal title={props.title(hosted.name)} description={props.words(hosted.host)}>
      <div className="form-row form-end">
        <button type="button" className="button" onClick={close}>
          {props.no}
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: props.command, source: hosted.id });
            close();
          }}
        >
          {props.yes}
        </button>
      </div>
    </Modal>
  );
}
