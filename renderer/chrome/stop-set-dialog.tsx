import { type ReactElement, useEffect } from 'react';
import { askAbout } from '../control/host-deeds.ts';
import { stopSetNow } from '../control/set-deeds.ts';
import { hostedSet } from '../store/hosted-set.ts';
import { plural } from '../words/format.ts';
import { otherClients } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { Modal } from './modal.tsx';

/** Asks once before clients lose the disks of a set, and lists what would be lost: each can be saved from here. */
export function StopSetDialog(): ReactElement | null {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const asking = useAppState((state) => state.askingAbout);
  const found = hostedSet(session, asking);
  const gone = found === null;
  const close = (): void => app.store.setState({ dialog: null, askingAbout: null });
  useEffect(() => {
    if (gone) app.store.setState({ dialog: null, askingAbout: null });
  }, [app, gone]);
  if (found === null) return null;
  const clients = found.sources.reduce((sum, source) => sum + otherClients(source.host).length, 0);
  const unsaved = found.sources.filter(({ host }) => host.unsaved);
  const count = plural(unsaved.length, 'disk');
  return (
    <Modal
      title={`Stop hosting ${plural(found.sources.length, 'disk')}?`}
      description={[
        ...(clients > 0
          ? [`${plural(clients, 'client')} ${clients === 1 ? 'uses' : 'use'} them now and will get errors.`]
          : []),
        unsaved.length > 0
          ? `${count} ${unsaved.length === 1 ? 'was' : 'were'} written to and not saved: that is lost, unless it is saved first.`
          : 'What is on the disks is lost.',
      ].join(' ')}
    >
      {unsaved.length > 0 && (
        <ul className="unsaved-list" aria-label="Not saved">
          {unsaved.map(({ id, name, host }) => (
            <li key={id} className="unsaved-disk">
              <span className="clip">{host.exportName || name}</span>
              <button
                type="button"
                className="button button-small"
                aria-label={`Save as image… ${host.exportName || name}`}
                onClick={() => askAbout(app, 'saveAndStopHost', id)}
              >
                Save as image…
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="form-row form-end">
        <button type="button" className="button" onClick={close}>
          Go on hosting
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => {
            stopSetNow(app, found.id, true);
            close();
          }}
        >
          {unsaved.length > 0 ? 'Stop and lose them' : 'Stop them'}
        </button>
      </div>
    </Modal>
  );
}
