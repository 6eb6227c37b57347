import { type ReactElement, useId } from 'react';
import { HOST_KINDS, type HostKind, type KindField } from '../words/host-kinds.ts';
import { Field } from './field.tsx';

/** Chooses the kind of disk, and says what it is. */
export function KindChoice(props: {
  readonly kind: HostKind;
  readonly onChoose: (plugin: string) => void;
}): ReactElement {
  const id = useId();
  const sentence = useId();
  return (
    <div className="form-field">
      <label htmlFor={id}>Kind of disk</label>
      <select
        id={id}
        className="field"
        aria-describedby={sentence}
        value={props.kind.plugin}
        onChange={(event) => props.onChoose(event.target.value)}
      >
        {HOST_KINDS.map(({ plugin, title }) => (
          <option key={plugin} value={plugin}>
            {title}
          </option>
        ))}
      </select>
      <p id={sentence} className="field-answer">
        {props.kind.sentence}
      </p>
    </div>
  );
}

/** The fields of one kind of disk. A kind's first field has the whole width, since it holds a path, an address or a text. */
export function KindFields(props: {
  readonly kind: HostKind;
  readonly values: Readonly<Record<string, string>>;
  readonly wrongAt: (key: string) => string | null;
  readonly onChange: (key: string, value: string) => void;
}): ReactElement {
  const { kind, values, wrongAt, onChange } = props;
  const field = (one: KindField): ReactElement => (
    <KindFieldInput
      key={`${kind.plugin} ${one.key}`}
      field={one}
      value={values[one.key] ?? ''}
      wrong={wrongAt(one.key)}
      onChange={(value) => onChange(one.key, value)}
    />
  );
  const [main, ...more] = kind.fields;
  return (
    <>
      {main !== undefined && field(main)}
      {more.length > 0 && <div className="form-columns">{more.map(field)}</div>}
    </>
  );
}

function KindFieldInput(props: {
  readonly field: KindField;
  readonly value: string;
  readonly wrong: string | null;
  readonly onChange: (value: string) => void;
}): ReactElement {
  const { field, value, wrong, onChange } = props;
  return (
    <Field label={field.label} wrong={wrong} hint={field.hint}>
      {(given) =>
        field.long === true ? (
          <textarea
            {...given}
            className="field field-long mono"
            rows={2}
            required={field.needed}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : (
          <input
            {...given}
            type={field.secret === true ? 'password' : 'text'}
            required={field.needed}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}
