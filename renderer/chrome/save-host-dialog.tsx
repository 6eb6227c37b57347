import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { HostInfo } from '#shared/contract/messages.ts';
import { stopOnceSaved } from '../control/host-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { useAskedHost } from './asked-host.ts';
import { Field } from './field.tsx';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { TaskProgress } from './task-progress.tsx';

/** The engine's words for a path where something is; it is asked about, not refused for good. */
const IS_THERE = / is there already; /;

/**
 * Saves a hosted disk as a raw image. With `thenStop` it stays until all is saved, and the disk is stopped then; else it
 * goes once the save has begun, which the card shows.
 */
export function SaveHostDialog({ thenStop }: { readonly thenStop: boolean }): ReactElement | null {
  const app = useApp();
  const hosted = useAskedHost();
  const refusal = useAppState((state) => (state.refusal?.command === 'saveHost' ? state.refusal.text : null));
  const [path, setPath] = useState('');
  const [sparse, setSparse] = useState(true);
  const [askedPath, setAskedPath] = useState('');
  const host = hosted?.host ?? null;
  const onSaved = (): void => {
    app.store.setState({ dialog: null });
    // Written to meanwhile, or in use: it is asked about again.
    if (hosted !== null && thenStop) stopOnceSaved(app, hosted.id);
  };
  const ask = useOnceSaved(host, refusal, onSaved, thenStop);
  if (hosted === null || host === null) return null;

  const whole = path.trim();
  const mayReplace = refusal !== null && IS_THERE.test(refusal) && whole === askedPath;
  const save = (replace: boolean): void => {
    setAskedPath(whole);
    ask();
    app.send({ command: 'saveHost', source: hosted.id, path: whole, sparse, replace });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (whole !== '' && host.task === null) save(false);
  };
  return (
    <Modal
      title={thenStop ? `Save ${hosted.name}, then stop it` : `Save ${hosted.name} as an image`}
      description="A raw image, byte for byte what clients see; any NBD server, qemu or dd can read it."
    >
      <form className="form" onSubmit={submit} data-testid="save-dialog">
        <Field
          label="Path"
          wrong={whole === askedPath ? refusal : null}
          hint="On the machine that hosts the disk, as in /home/me/disk.img"
        >
          {(props) => <input {...props} value={path} onChange={(event) => setPath(event.target.value)} />}
        </Field>
        <TickField
          label="Leave zeroes out, as holes that take no room"
          checked={sparse}
          onChange={setSparse}
        />
        {host.task !== null && <TaskProgress source={hosted.id} task={host.task} />}
        <div className="form-row form-end">
          {mayReplace && (
            <button type="button" className="button button-danger" onClick={() => save(true)}>
              Replace what is there
            </button>
          )}
          <button
            type="submit"
            className="button button-main"
            disabled={whole === '' || host.task !== null || mayReplace}
          >
            {thenStop ? 'Save and stop' : 'Save'}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Returns what to call when a save is asked for; `onSaved` is called once it is done, or has begun unless `whole`. */
function useOnceSaved(
  host: HostInfo | null,
  refusal: string | null,
  onSaved: () => void,
  whole: boolean,
): () => void {
  const before = useRef<number | null>(null);
  const latest = useRef(onSaved);
  useEffect(() => {
    latest.current = onSaved;
  });
  useEffect(() => {
    if (before.current === null || host === null) return;
    if (refusal !== null) {
      before.current = null;
    } else if (host.tasksDone > before.current || (!whole && host.task?.kind === 'save')) {
      before.current = null;
      latest.current();
    }
  }, [host, refusal, whole]);
  return () => {
    before.current = host?.tasksDone ?? null;
  };
}
