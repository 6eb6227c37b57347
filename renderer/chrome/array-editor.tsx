import { type FormEvent, type ReactElement, useId } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { COPY_LAYOUTS, PARITY_LAYOUTS, RAID_LEVELS } from '#shared/contract/arrays.ts';
import {
  type ArrayDraft,
  CHUNK_CHOICES,
  hasChunks,
  hasCopies,
  hasParityLayout,
  LEVEL_WORDS,
  readArray,
  withMember,
  withMemberCount,
  withSpare,
} from '../words/array-form.ts';
import { useAppState } from './app-context.ts';
import { Field } from './field.tsx';

interface ArrayEditorProps {
  readonly draft: ArrayDraft;
  /** Disks that other arrays have. */
  readonly taken: ReadonlySet<number>;
  readonly refusal: string | null;
  readonly onChange: (draft: ArrayDraft) => void;
  readonly onKeep: () => void;
  readonly onCancel: () => void;
}

/** How one array is built: level, chunk, layout, and which disk plays which part. */
export function ArrayEditor(props: ArrayEditorProps): ReactElement {
  const { draft, taken, refusal, onChange } = props;
  const disks = (useAppState((state) => state.session?.disks) ?? []).filter((disk) => !taken.has(disk.id));
  const read = readArray(draft, taken);
  const errors = 'errors' in read ? read.errors : {};
  const change = (part: Partial<ArrayDraft>): void => onChange({ ...draft, ...part });
  const ids = disks.map((disk) => disk.id);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onKeep();
  };
  const members = draft.members.map((member, role) => ({ member, role }));
  return (
    <form className="form" onSubmit={submit} data-testid="array-editor">
      <div className="form-columns">
        <Field label="Name" wrong={errors.name ?? null} hint="What you call it" words>
          {(field) => (
            <input
              {...field}
              value={draft.name}
              maxLength={80}
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <Choice
          label="Level"
          value={draft.level}
          options={RAID_LEVELS.map((level) => [level, LEVEL_WORDS[level]])}
          onChoose={(level) => change({ level })}
        />
        {hasChunks(draft.level) && (
          <Choice
            label="Chunk"
            value={draft.chunkBytes}
            options={CHUNK_CHOICES.map((bytes) => [bytes, chunkWords(bytes)])}
            onChoose={(chunkBytes) => change({ chunkBytes })}
          />
        )}
        {hasParityLayout(draft.level) && (
          <Choice
            label="Parity goes round"
            value={draft.parityLayout}
            options={PARITY_LAYOUTS.map((layout) => [
              layout,
              layout === 'left-symmetric' ? "left-symmetric, md's own choice" : layout,
            ])}
            onChoose={(parityLayout) => change({ parityLayout })}
          />
        )}
        {hasCopies(draft.level) && (
          <>
            <Choice
              label="Copies stand"
              value={draft.copyLayout}
              options={COPY_LAYOUTS.map((layout) => [layout, layout])}
              onChoose={(copyLayout) => change({ copyLayout })}
            />
            <Choice
              label="Copies"
              value={draft.copies}
              options={[2, 3, 4].map((copies) => [copies, String(copies)])}
              onChoose={(copies) => change({ copies })}
            />
          </>
        )}
        <Field
          label="Data begins at"
          wrong={errors.dataOffset ?? null}
          hint="On each disk; mdadm --examine says it"
        >
          {(field) => (
            <input
              {...field}
              value={draft.dataOffset}
              onChange={(event) => change({ dataOffset: event.target.value })}
            />
          )}
        </Field>
        <Choice
          label="Members"
          value={draft.members.length}
          options={memberCounts(Math.max(disks.length, draft.members.length)).map((n) => [n, String(n)])}
          onChoose={(count) => onChange(withMemberCount(draft, count, ids))}
        />
      </div>
      <fieldset className="array-members" aria-label="Which disk plays which part">
        {members.map(({ member, role }) => (
          <label key={role} className="array-member">
            <span className="mono quiet">{role}</span>
            <select
              className="select select-wide"
              aria-label={`Member ${role}`}
              value={member ?? ''}
              onChange={(event) => {
                const { value } = event.target;
                onChange(withMember(draft, role, value === '' ? null : Number(value)));
              }}
            >
              {disks.map((disk) => (
                <option key={disk.id} value={disk.id}>
                  {disk.name}
                </option>
              ))}
              <option value="">missing</option>
            </select>
          </label>
        ))}
      </fieldset>
      <fieldset className="rule-ops" aria-label="Spares">
        {disks
          .filter((disk) => !draft.members.includes(disk.id))
          .map((disk) => (
            <label key={disk.id} className="chip">
              <input
                type="checkbox"
                checked={draft.spares.includes(disk.id)}
                onChange={(event) => onChange(withSpare(draft, disk.id, event.target.checked))}
              />
              {disk.name} is a spare
            </label>
          ))}
      </fieldset>
      <div className="form-row form-end">
        <p className="form-answer danger form-grow" role="status">
          {errors.members ?? refusal}
        </p>
        <button type="button" className="button" onClick={props.onCancel}>
          Cancel
        </button>
        <button type="submit" className="button button-main" disabled={'errors' in read}>
          Keep
        </button>
      </div>
    </form>
  );
}

function chunkWords(bytes: number): string {
  return bytes === 524_288 ? `${formatBytes(bytes)}, md's own choice` : formatBytes(bytes);
}

function memberCounts(most: number): readonly number[] {
  return Array.from({ length: Math.max(1, Math.min(64, most + 1) - 1) }, (_, i) => i + 2);
}

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly onChoose: (value: T) => void;
}

function Choice<T extends string | number>({
  label,
  value,
  options,
  onChoose,
}: ChoiceProps<T>): ReactElement {
  const id = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="select select-wide select-tall"
        value={value}
        onChange={(event) => {
          const chosen = options.find(([option]) => String(option) === event.target.value);
          if (chosen !== undefined) onChoose(chosen[0]);
        }}
      >
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
