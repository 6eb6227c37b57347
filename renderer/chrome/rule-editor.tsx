import { type FormEvent, type ReactElement, useId } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { changeDraft, closeDraft, keepDraft } from '../control/fault-deeds.ts';
import type { RuleEdit } from '../store/app-store.ts';
import {
  RULE_DEEDS,
  RULE_ERRORS,
  RULE_OPS,
  type RuleDraft,
  type RuleField,
  readRule,
  withDeed,
} from '../words/rule-form.ts';
import { useApp } from './app-context.ts';
import { Field } from './field.tsx';
import { RuleRange } from './rule-range.tsx';

interface RuleEditorProps {
  readonly edit: RuleEdit;
  readonly disk: DiskInfo;
}

/** The form of a rule. It stands beside the picture, not over it: the blocks it holds for are chosen there. */
export function RuleEditor({ edit, disk }: RuleEditorProps): ReactElement {
  const app = useApp();
  const ids = { does: useId(), error: useId() };
  const { draft } = edit;
  const read = readRule(draft, disk.sizeBytes === null ? null : BigInt(disk.sizeBytes));
  const errors = 'errors' in read ? read.errors : {};
  const change = (part: Partial<RuleDraft>): void => changeDraft(app, part);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keepDraft(app);
  };
  const text = (field: TextField, label: string, hint: string, words = false): ReactElement => (
    <Field label={label} hint={hint} wrong={errors[field] ?? null} words={words}>
      {(props) => (
        <input
          {...props}
          value={draft[field]}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      className="form rule-editor"
      ref={focusFirst}
      onSubmit={submit}
      onKeyDown={(event) => event.key === 'Escape' && closeDraft(app)}
      data-testid="rule-editor"
      aria-label={edit.index === null ? 'A new rule' : `The rule ${draft.name}`}
    >
      {text('name', 'Name', 'What you call it', true)}
      <fieldset className="rule-ops" aria-label="Operations">
        {RULE_OPS.map((op) => (
          <label key={op} className="chip">
            <input
              type="checkbox"
              checked={draft.ops.includes(op)}
              onChange={(event) =>
                change({
                  ops: RULE_OPS.filter((one) =>
                    one === op ? event.target.checked : draft.ops.includes(one),
                  ),
                })
              }
            />
            {op}
          </label>
        ))}
      </fieldset>
      {errors.ops !== undefined && <p className="field-answer danger">{errors.ops}</p>}
      <RuleRange draft={draft} errors={errors} disk={disk.id} change={change} />
      <div className="form-field">
        <label htmlFor={ids.does}>It makes the disk</label>
        <select
          id={ids.does}
          className="select select-wide"
          value={draft.does}
          onChange={(event) => {
            const deed = RULE_DEEDS.find((one) => one.does === event.target.value);
            if (deed !== undefined) change(withDeed(deed.does));
          }}
        >
          {RULE_DEEDS.map(({ does, words }) => (
            <option key={does} value={does}>
              {words}
            </option>
          ))}
        </select>
      </div>
      {draft.does === 'fail' && (
        <div className="form-field">
          <label htmlFor={ids.error}>Error</label>
          <select
            id={ids.error}
            className="select select-wide mono"
            value={draft.error}
            onChange={(event) => {
              const error = RULE_ERRORS.find((one) => one === event.target.value);
              if (error !== undefined) change({ error });
            }}
          >
            {RULE_ERRORS.map((error) => (
              <option key={error}>{error}</option>
            ))}
          </select>
        </div>
      )}
      <div className="form-columns">
        {draft.does === 'delay' && (
          <>
            {text('delay', 'So much later', 'As in 40ms or 2s')}
            {text('jitter', 'And at random', 'Up to so much more')}
          </>
        )}
        {text('percent', 'Percent', 'Drawn at random')}
        {text('times', 'Only the first', 'Empty: always')}
        {text('after', 'Begins after', 'As in 10s; or at once')}
        {text('lasts', 'Lasts', 'As in 30s; or for ever')}
      </div>
      <div className="form-row form-end">
        <button type="button" className="button button-small" onClick={() => closeDraft(app)}>
          Cancel
        </button>
        <button type="submit" className="button button-small button-main" disabled={'errors' in read}>
          {edit.index === null ? 'Add the rule' : 'Keep'}
        </button>
      </div>
    </form>
  );
}

function focusFirst(form: HTMLFormElement | null): void {
  form?.querySelector('input')?.focus();
}

type TextField = Exclude<RuleField, 'ops' | 'from' | 'to'>;
