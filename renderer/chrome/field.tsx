import { type ReactElement, type ReactNode, useId } from 'react';

/** The sentence in what a reader of fields gave back; null when it could read the field. */
export function errorOf(parsed: object): string | null {
  return 'error' in parsed && typeof parsed.error === 'string' ? parsed.error : null;
}

export interface FieldProps {
  readonly id: string;
  readonly className: string;
  readonly spellCheck: false;
  readonly autoComplete: 'off';
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

/** A labelled field with a line below it, which says what is wrong or what would do. */
export function Field(props: {
  readonly label: string;
  readonly wrong: string | null;
  readonly hint: string;
  /** Words rather than numbers or names stand in it. */
  readonly words?: boolean;
  readonly children: (field: FieldProps) => ReactNode;
}): ReactElement {
  const { label, wrong, hint, words = false, children } = props;
  const id = useId();
  const answer = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: words ? 'field' : 'field mono',
        spellCheck: false,
        autoComplete: 'off',
        'aria-invalid': wrong !== null,
        'aria-describedby': answer,
      })}
      <p id={answer} className={wrong === null ? 'field-answer' : 'field-answer danger'} role="status">
        {wrong ?? hint}
      </p>
    </div>
  );
}

/** A {@link Field} of one line of text, or (`numeric`) of digits. */
export function TextField(props: {
  readonly label: string;
  readonly wrong: string | null;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly numeric?: boolean;
  readonly placeholder?: string;
}): ReactElement {
  const { label, wrong, hint, value, onChange, numeric = false, placeholder } = props;
  return (
    <Field label={label} wrong={wrong} hint={hint}>
      {(field) => (
        <input
          {...field}
          inputMode={numeric ? 'numeric' : 'text'}
          value={value}
          placeholder={placeholder}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** The last line of a form: what the engine answered, and the button that asks it. */
export function FormEnd(props: {
  readonly answer: string | null;
  readonly submit: string;
  readonly disabled: boolean;
}): ReactElement {
  return (
    <div className="form-row form-end">
      <p className="form-answer danger form-grow" role="status">
        {props.answer}
      </p>
      <button type="submit" className="button button-main" disabled={props.disabled}>
        {props.submit}
      </button>
    </div>
  );
}
