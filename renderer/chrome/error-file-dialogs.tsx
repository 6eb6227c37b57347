import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { removeForeignFile } from '../control/fault-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { Field } from './field.tsx';
import { Modal } from './modal.tsx';

function useDiskAskedAbout() {
  return useAppState(
    (state) => state.session?.disks.find((candidate) => candidate.id === state.askingAbout) ?? null,
  );
}

/** Asks which file makes the error filter behind a log fail. */
export function ErrorFileDialog(): ReactElement | null {
  const app = useApp();
  const disk = useDiskAskedAbout();
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setErrorFile' ? state.refusal.text : null,
  );
  const known = disk?.faults.errorSwitch?.file ?? null;
  const [path, setPath] = useState(known ?? '');
  const asked = useRef<string | null>(null);
  useEffect(() => {
    if (asked.current !== null && known === asked.current) app.store.setState({ dialog: null });
  }, [app, known]);
  if (disk === null) return null;
  const set = (file: string | null): void => {
    asked.current = file;
    app.send({ command: 'setErrorFile', disk: disk.id, path: file });
    if (file === null || file === known) app.store.setState({ dialog: null });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (path.trim() !== '') set(path.trim());
  };
  return (
    <Modal
      title={`Error file of ${disk.name}`}
      description="The file that nbdkit's error filter looks for: requests fail while it is there. The Error switch makes and removes it."
    >
      <form className="form" onSubmit={submit}>
        <Field
          label="Path on this machine"
          wrong={refusal}
          hint="As in error-file=/tmp/error1 of nbdkit's line"
        >
          {(props) => (
            <input
              {...props}
              value={path}
              placeholder="/tmp/error1"
              onChange={(event) => setPath(event.target.value)}
            />
          )}
        </Field>
        <div className="form-row form-end">
          {known !== null && (
            <button type="button" className="button" onClick={() => set(null)}>
              Forget it
            </button>
          )}
          <button type="submit" className="button button-main" disabled={path.trim() === ''}>
            Use it
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Asks before a file is removed that is not nbdscope's own. */
export function RemoveErrorFileDialog(): ReactElement | null {
  const app = useApp();
  const disk = useDiskAskedAbout();
  const file = disk?.faults.errorSwitch?.file ?? null;
  const gone = file === null || disk?.faults.errorSwitch?.on !== true;
  useEffect(() => {
    if (gone) app.store.setState({ dialog: null, askingAbout: null });
  }, [app, gone]);
  if (disk === null || file === null) return null;
  return (
    <Modal
      title={`Remove ${file}?`}
      description={`nbdscope did not make this file: someone else may want ${disk.name} to fail. It is removed, and requests succeed again.`}
    >
      <div className="form-row form-end">
        <button type="button" className="button" onClick={() => app.store.setState({ dialog: null })}>
          Leave it
        </button>
        <button
          type="button"
          className="button button-danger"
          onClick={() => removeForeignFile(app, disk.id)}
        >
          Remove it
        </button>
      </div>
    </Modal>
  );
}
