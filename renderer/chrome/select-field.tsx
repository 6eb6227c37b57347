import { type ReactElement, useId } from 'react';
import { Field } from './field.tsx';

/** A labelled choice among a few, with a line below it. */
export function SelectField(props: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly onChange: (value: string) => void;
}): ReactElement {
  const { label, hint, value, options, onChange } = props;
  return (
    <Field label={label} wrong={null} hint={hint} words>
      {({ spellCheck: _, autoComplete: __, ...field }) => (
        <select {...field} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A choice between yes and no. */
export function TickField(props: {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}): ReactElement {
  const id = useId();
  return (
    <div className="form-row">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled === true}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <label htmlFor={id}>{props.label}</label>
    </div>
  );
}
