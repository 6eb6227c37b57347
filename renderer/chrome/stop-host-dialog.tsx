import type { ReactElement } from 'react';
import type { HostInfo } from '#shared/contract/messages.ts';
import { askAbout } from '../control/host-deeds.ts';
import { plural } from '../words/format.ts';
import { isUnsaved, otherClients } from '../words/host-words.ts';
import { useApp } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Modal } from './modal.tsx';

/** Asks before clients lose their disk, and before what was written to it is lost. */
export function StopHostDialog(): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  if (hosted === null) return null;
  const unsaved = isUnsaved(hosted.host);
  const close = (): void => app.store.setState({ dialog: null });
  return (
    <Modal title={`Stop hosting ${hosted.name}?`} description={whatIsLost(hosted.host)}>
      <div className="form-row form-end">
        <button type="button" className="button" onClick={close}>
          {unsaved ? 'Keep it' : 'Go on hosting'}
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            app.send({ command: 'stopHost', source: hosted.id, force: true });
            close();
          }}
        >
          {unsaved ? 'Stop and lose it' : 'Stop it'}
        </button>
        {unsaved && (
          <button
            type="button"
            className="button button-main"
            onClick={() => askAbout(app, 'saveAndStopHost', hosted.id)}
          >
            Save as image…
          </button>
        )}
      </div>
    </Modal>
  );
}

/** What comes of stopping it, in sentences. */
function whatIsLost(host: HostInfo): string {
  const sentences: string[] = [];
  const clients = otherClients(host).length;
  if (clients > 0) {
    const use = clients === 1 ? 'uses' : 'use';
    sentences.push(`${plural(clients, 'client')} ${use} it now and will get errors.`);
  }
  if (isUnsaved(host)) {
    sentences.push(
      host.overlay === null
        ? 'What was written to it is in memory only and is lost, unless it is saved.'
        : 'What was written to it is kept apart, not committed, and is lost, unless it is committed or saved first.',
    );
  } else if (host.volatile && clients > 0) {
    sentences.push('What is on the disk is lost.');
  }
  if (host.task !== null) sentences.push(`The ${host.task.kind} to ${host.task.to} is broken off.`);
  return sentences.join(' ');
}
