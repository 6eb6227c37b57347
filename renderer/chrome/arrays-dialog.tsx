import { Plus, Trash2 } from 'lucide-react';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import * as v from 'valibot';
import { formatBytes } from '#shared/bytes/size.ts';
import { type ArrayLayout, ArrayLayoutSchema } from '#shared/contract/arrays.ts';
import { setArrays } from '../control/set-deeds.ts';
import { type ArrayDraft, draftFor, draftOfArray, readArray } from '../words/array-form.ts';
import { useApp, useAppState } from './app-context.ts';
import { ArrayEditor } from './array-editor.tsx';
import { Modal } from './modal.tsx';

const MOST_ARRAYS = 16;

interface Editing {
  /** Its place among the arrays; their number for a new one. */
  readonly index: number;
  readonly draft: ArrayDraft;
}

/** Which disks make up arrays: what is told here lets the picture mark stripes and name parity. */
export function ArraysDialog(): ReactElement {
  const app = useApp();
  const arrays = useAppState((state) => state.session?.arrays) ?? [];
  const disks = useAppState((state) => state.session?.disks) ?? [];
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setArrays' ? state.refusal.text : null,
  );
  const taken = new Set(
    arrays.flatMap((array) => [...array.members.filter((m) => m !== null), ...array.spares]),
  );
  const free = disks.map((disk) => disk.id).filter((disk) => !taken.has(disk));
  const begin = (): Editing => ({ index: arrays.length, draft: draftFor(free, arrays.length) });
  const [editing, setEditing] = useState<Editing | null>(arrays.length === 0 ? begin() : null);
  const asked = useRef<readonly ArrayLayout[] | null>(null);

  // The form goes once the engine has taken what was told: a refusal stands beside it.
  useEffect(() => {
    if (asked.current === null || JSON.stringify(asked.current) !== JSON.stringify(arrays)) return;
    asked.current = null;
    setEditing(null);
  }, [arrays]);

  const tell = (next: readonly ArrayLayout[]): void => {
    // Members in the order in which the engine tells them, so that the two can be compared.
    asked.current = v.parse(v.array(ArrayLayoutSchema), next);
    setArrays(app, next);
  };
  const others = new Set(
    arrays.flatMap((array, i) =>
      i === editing?.index ? [] : [...array.members.filter((m) => m !== null), ...array.spares],
    ),
  );
  const keep = (): void => {
    if (editing === null) return;
    const read = readArray(editing.draft, others);
    if ('array' in read) tell(arrays.toSpliced(editing.index, 1, read.array));
  };
  return (
    <Modal
      title="Disks make up an array"
      description="Tell how, and the picture marks the same stripe on every disk. Nothing is read from the disks, and nothing is written."
    >
      {arrays.length > 0 && (
        <ul className="arrays" aria-label="Arrays">
          {arrays.map((array, i) => (
            <li key={array.name} className="array-row">
              <button
                type="button"
                className="rule-words"
                aria-label={`Change ${array.name}`}
                onClick={() => setEditing({ index: i, draft: draftOfArray(array) })}
              >
                <span className="rule-name">{array.name}</span>
                <span className="quiet">{arrayWords(array)}</span>
              </button>
              <button
                type="button"
                className="source-close"
                aria-label={`Forget ${array.name}`}
                onClick={() => tell(arrays.filter((_, other) => other !== i))}
              >
                <Trash2 size={14} aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {editing === null ? (
        <div className="form-row form-end">
          <button
            type="button"
            className="button"
            disabled={arrays.length >= MOST_ARRAYS || free.length === 0}
            onClick={() => setEditing(begin())}
          >
            <Plus size={14} aria-hidden="true" /> Another array
          </button>
          <button
            type="button"
            className="button button-main"
            onClick={() => app.store.setState({ dialog: null })}
          >
            Done
          </button>
        </div>
      ) : (
        <ArrayEditor
          key={editing.index}
          draft={editing.draft}
          taken={others}
          refusal={refusal}
          onChange={(draft) => setEditing({ ...editing, draft })}
          onKeep={keep}
          onCancel={() => (arrays.length === 0 ? app.store.setState({ dialog: null }) : setEditing(null))}
        />
      )}
    </Modal>
  );
}

function arrayWords(array: ArrayLayout): string {
  const chunk = array.level === 1 ? '' : `, ${formatBytes(array.chunkBytes)} chunks`;
  const spares = array.spares.length === 0 ? '' : ` and ${array.spares.length} spare`;
  return `RAID ${array.level} of ${array.members.length}${spares}${chunk}`;
}
