import { type ReactElement, type ReactNode, useId } from 'react';

/** What a field's input takes over. */
export interface FieldProps {
  readonly id: string;
  readonly className: string;
  readonly spellCheck: false;
  readonly autoComplete: 'off';
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby': string;
}

/** A labelled field with a line below it, which says what is wrong or what would do. */
export function LabelledField(props: {
  readonly label: string;
  readonly wrong: string | null;
  readonly hint: string;
  readonly children: (field: FieldProps) => ReactNode;
}): ReactElement {
  const { label, wrong, hint, children } = props;
  const id = useId();
  const answer = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'field mono',
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
