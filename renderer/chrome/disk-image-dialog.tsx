import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { structuresOf } from '../control/structure-control.ts';
import { useApp, useAppState } from './app-context.ts';
import { FormEnd, TextField } from './field.tsx';
import { Modal } from './modal.tsx';
import { useRefusedField } from './use-refused-field.ts';

/** Asks where the bytes of a disk can be read that is not hosted here, so that what lies on it can be named. */
export function DiskImageDialog(): ReactElement {
  const app = useApp();
  const disk = useAppState((state) => state.askingAbout ?? state.activeDisk);
  const name = useAppState((state) => state.session?.disks.find(({ id }) => id === disk)?.name ?? 'the disk');
  const known = useAppState((state) => structuresOf(state, disk));
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setDiskImage' ? state.refusal.text : null,
  );
  const source = known?.source ?? null;
  const [from, setFrom] = useState(source?.kind === 'image' || source?.kind === 'uri' ? source.name : '');
  const asked = useRef<string | null | undefined>(undefined);
  const sourceBefore = useRef(source);
  const form = useRefusedField('setDiskImage');

  // The dialog stays until the engine has taken it, so that a refusal stands where it was asked.
  useEffect(() => {
    if (asked.current !== undefined && JSON.stringify(source) !== JSON.stringify(sourceBefore.current)) {
      app.store.setState({ dialog: null });
    }
  }, [app, source]);

  const send = (wanted: string | null): void => {
    if (disk === null) return;
    asked.current = wanted;
    app.send({ command: 'setDiskImage', disk, from: wanted });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (from.trim() !== '') send(from.trim());
  };
  return (
    <Modal
      title={`What lies on ${name}`}
      description="A log says where requests went, not what lies there. Where the same disk can be read, its partitions, file systems and files are named."
    >
      <form className="form" ref={form} onSubmit={submit}>
        <TextField
          label="Path of an image file on this machine, or an NBD URI"
          wrong={refusal}
          hint="It is read, never written, and read again when what the log tells of was written."
          value={from}
          placeholder="/tmp/disk.img   nbd+unix:///?socket=/tmp/sock"
          onChange={setFrom}
        />
        {known !== null && <p className="quiet">{known.words}</p>}
        {source !== null && source.kind !== 'host' && source.kind !== 'capture' && (
          <button type="button" className="link" onClick={() => send(null)}>
            Forget {source.name}
          </button>
        )}
        <FormEnd answer={null} submit="Read it" disabled={from.trim() === ''} />
      </form>
    </Modal>
  );
}
