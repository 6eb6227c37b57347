import { type KeyboardEvent, type ReactElement, useRef } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { renameDisk, startRenaming } from '../control/disk-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { LogName } from './log-name.tsx';

/** A disk's name: a press takes the disk in hand, a double press or F2 writes another name over it. */
export function PanelName({
  disk,
  size,
}: {
  readonly disk: DiskInfo;
  readonly size: string | null;
}): ReactElement {
  const app = useApp();
  const renaming = useAppState((state) => state.renaming === disk.id);
  const words = size === null ? disk.name : `${disk.name}, ${size}`;
  if (renaming) return <NameField key={disk.id} disk={disk} />;
  return (
    <button
      type="button"
      className="panel-name"
      title={words}
      onClick={() => app.activate(disk.id)}
      onDoubleClick={() => startRenaming(app, disk.id)}
    >
      <LogName name={disk.name} keepNumber />
      {size !== null && <span className="quiet panel-size">{size}</span>}
    </button>
  );
}

function NameField({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const dropped = useRef(false);
  const drop = (): void => {
    dropped.current = true;
    app.store.setState({ renaming: null });
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    event.stopPropagation();
    if (event.key === 'Enter') event.currentTarget.blur();
    else if (event.key === 'Escape') drop();
  };
  return (
    <input
      className="field panel-name-field"
      aria-label={`Name of ${disk.name}`}
      defaultValue={disk.name}
      maxLength={80}
      spellCheck={false}
      autoComplete="off"
      ref={focusAll}
      onKeyDown={onKey}
      onBlur={(event) => {
        if (!dropped.current) renameDisk(app, disk.id, event.currentTarget.value);
      }}
    />
  );
}

function focusAll(field: HTMLInputElement | null): void {
  field?.focus();
  field?.select();
}
