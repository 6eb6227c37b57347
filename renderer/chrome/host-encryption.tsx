import { type ReactElement, useEffect, useId, useRef } from 'react';
import { credentialProblem, makingCommands, TLS_MODES, type TlsForm } from '../words/host-tls.ts';
import { CommandButtons } from './client-command-buttons.tsx';
import { TextField } from './field.tsx';
import { TickField } from './select-field.tsx';

interface EncryptionProps {
  readonly form: TlsForm;
  /** What the engine answered when it was asked for this; null for nothing. */
  readonly refusal: string | null;
  readonly onChange: (changed: Partial<TlsForm>) => void;
}

/** Whether clients may or must encrypt. What that takes is asked for only once it is wanted. */
export function HostEncryption({ form, refusal, onChange }: EncryptionProps): ReactElement {
  const id = useId();
  const sentence = useId();
  return (
    <fieldset className="form-where" aria-labelledby={id} data-testid="encryption">
      <div className="form-row">
        <span id={id} className="encryption-name">
          Encryption
        </span>
        {TLS_MODES.map(({ mode, title }) => (
          <ModeChoice
            key={mode}
            group={id}
            title={title}
            sentence={sentence}
            checked={form.mode === mode}
            onChoose={() => onChange({ mode })}
          />
        ))}
      </div>
      <p id={sentence} className="field-answer">
        {TLS_MODES.find(({ mode }) => mode === form.mode)?.sentence}
      </p>
      {form.mode !== 'off' && <Credentials form={form} refusal={refusal} onChange={onChange} />}
    </fieldset>
  );
}

function ModeChoice(props: {
  readonly group: string;
  readonly title: string;
  readonly sentence: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
}): ReactElement {
  const id = useId();
  return (
    <>
      <input
        id={id}
        type="radio"
        name={props.group}
        aria-describedby={props.sentence}
        checked={props.checked}
        onChange={props.onChoose}
      />
      <label htmlFor={id}>{props.title}</label>
    </>
  );
}

/** What the disk proves itself with, in files named as for nbdkit; where they are, and how they are made where there are none. */
function Credentials({ form, refusal, onChange }: EncryptionProps): ReactElement {
  const kindId = useId();
  const wrong = credentialProblem(refusal, form.kind);
  const isPsk = form.kind === 'psk';
  const what = isPsk ? 'keys' : 'certificates';
  const whole = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // What unfolds at the end of a long dialog would be out of sight.
    whole.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div ref={whole} className="encryption-details">
      <div className="encryption-proof">
        <div className="form-field">
          <label htmlFor={kindId}>Credentials</label>
          <select
            id={kindId}
            className="field"
            value={form.kind}
            onChange={(event) => onChange({ kind: event.target.value === 'psk' ? 'psk' : 'certificates' })}
          >
            <option value="certificates">Certificates</option>
            <option value="psk">Shared keys (PSK)</option>
          </select>
        </div>
        {isPsk ? (
          <TextField
            key="file"
            label="File of keys"
            wrong={wrong}
            hint="Lines of USER:KEY, the key in hexadecimal"
            placeholder="/home/me/keys.psk"
            value={form.file}
            onChange={(file) => onChange({ file })}
          />
        ) : (
          <TextField
            key="directory"
            label="Directory of certificates"
            wrong={wrong}
            hint="With ca-cert.pem, server-cert.pem and server-key.pem"
            placeholder="/etc/pki/nbdkit"
            value={form.directory}
            onChange={(directory) => onChange({ directory })}
          />
        )}
      </div>
      {!isPsk && (
        <TickField
          label="Let in only clients with a certificate of the same authority"
          checked={form.verifyPeer}
          onChange={(verifyPeer) => onChange({ verifyPeer })}
        />
      )}
      <div className="form-row encryption-making">
        <span className="quiet">No {what} yet? Copy what makes them:</span>
        <CommandButtons label={`Copy what makes ${what}`} commands={makingCommands(form)} />
      </div>
    </div>
  );
}
