import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { SAMPLES } from '#shared/contract/samples.ts';
import { compare, comparisonBegun } from '../control/compare-deeds.ts';
import { alignChoices, type CompareForm, openRecording } from '../words/compare-form.ts';
import { useApp, useAppState } from './app-context.ts';
import { Field, FormEnd } from './field.tsx';
import { Modal } from './modal.tsx';
import { useCloseOnceOpened } from './use-opened.ts';

const SAMPLE_NAMES = SAMPLES.map(({ id }) => id);

/** Asks for two recordings and for what is to coincide in them. */
export function CompareDialog(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) => (state.refusal?.command === 'compare' ? state.refusal.text : null));
  const recent = useAppState((state) => state.session?.recentLogs) ?? [];
  const open = useAppState((state) => state.session);
  const [form, setForm] = useState(() => comparisonBegun(app.state));
  const begin = useCloseOnceOpened();
  const paths = [...new Set([...recent.map(({ path }) => path), ...SAMPLE_NAMES])];
  const shown = openRecording(open);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (form.a.trim() === '' || form.b.trim() === '') return;
    begin();
    compare(app, form);
  };
  const change = (part: Partial<CompareForm>): void => setForm({ ...form, ...part });
  return (
    <Modal
      title="Compare two recordings"
      description="Side by side and in step: what is to coincide does, and one clock moves both."
    >
      <form className="form" onSubmit={submit} data-testid="compare-dialog">
        <div className="form-columns compare-columns">
          <OfferedField
            label="Recording A"
            hint={`A log, a capture, a folder with logs, or ${SAMPLE_NAMES.join(' or ')}`}
            offered={paths}
            value={form.a}
            onChange={(a) => change({ a })}
          />
          <OfferedField
            label="Aligned at"
            hint="A mark, a step or a time"
            placeholder="first row"
            offered={alignChoices(form.a, shown)}
            value={form.alignA}
            onChange={(alignA) => change({ alignA })}
          />
          <OfferedField
            label="Recording B"
            hint="Its times are shifted, to keep step with A"
            offered={paths}
            value={form.b}
            onChange={(b) => change({ b })}
          />
          <OfferedField
            label="With B at"
            hint="Another name or time, if it differs"
            placeholder={form.alignA.trim() === '' ? 'first row' : form.alignA.trim()}
            offered={alignChoices(form.b, shown)}
            value={form.alignB}
            onChange={(alignB) => change({ alignB })}
          />
        </div>
        <p className="quiet">
          Times are times of day in UTC, as 22:20:05.5, or seconds from the first row, as +12.5. What is open
          now is closed.
        </p>
        <FormEnd answer={refusal} submit="Compare" disabled={form.a.trim() === '' || form.b.trim() === ''} />
      </form>
    </Modal>
  );
}

/** A field with words to choose from beside what can be typed. */
function OfferedField(props: {
  readonly label: string;
  readonly hint: string;
  readonly offered: readonly string[];
  readonly value: string;
  readonly placeholder?: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  const list = useId();
  return (
    <Field label={props.label} wrong={null} hint={props.hint}>
      {(field) => (
        <>
          <input
            {...field}
            list={list}
            value={props.value}
            placeholder={props.placeholder}
            onChange={(event) => props.onChange(event.target.value)}
          />
          <datalist id={list}>
            {props.offered.map((words) => (
              <option key={words} value={words} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
