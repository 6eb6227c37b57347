import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { asksForAgreement } from '#shared/contract/agreement.ts';
import { startNbdkit } from '../control/set-deeds.ts';
import {
  NBDKIT_PLUGINS,
  type NbdkitField,
  type NbdkitForm,
  NEW_NBDKIT,
  nbdkitLine,
  PLUGIN_WORDS,
} from '../words/nbdkit-line.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandLine } from './copy-command.tsx';
import { Field } from './field.tsx';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { useCloseOnceServed } from './use-served.ts';

/** Runs nbdkit and follows its log: chosen from a form, or pasted. What will be run is shown before it is. */
export function NbdkitDialog(): ReactElement {
  const version = useAppState((state) => state.nbdkit);
  return (
    <Modal
      title="Run nbdkit"
      description={
        version === null
          ? 'nbdkit is not installed on this machine, so nbdscope cannot run it.'
          : `nbdkit ${version} of this machine is started, its log is followed, and it ends with nbdscope.`
      }
    >
      {version === null ? <NotInstalled /> : <RunForm />}
    </Modal>
  );
}

function NotInstalled(): ReactElement {
  return (
    <div className="form">
      <p>Install it and start nbdscope again, or host a disk here: that takes no nbdkit.</p>
      <CommandLine command="sudo apt-get install nbdkit" />
      <CommandLine command="sudo dnf install nbdkit" />
    </div>
  );
}

function RunForm(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) =>
    state.refusal?.command === 'startNbdkit' ? state.refusal.text : null,
  );
  const [form, setForm] = useState(NEW_NBDKIT);
  /** The line as pasted; null while the form makes it. */
  const [pasted, setPasted] = useState<string | null>(null);
  /** The line whose programs a person has agreed to. */
  const [agreed, setAgreed] = useState<string | null>(null);
  const ids = { plugin: useId(), line: useId(), answer: useId() };
  const asked = useCloseOnceServed('nbdkit');
  const made = nbdkitLine(form);
  const errors = 'errors' in made ? made.errors : {};
  const line = pasted ?? ('line' in made ? made.line : null);
  const wantsYes = refusal !== null && asksForAgreement(refusal);
  const bad = line === null || line.trim() === '' || (wantsYes && agreed !== line);
  const change = (part: Partial<NbdkitForm>): void => setForm({ ...form, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (line === null || bad) return;
    asked();
    startNbdkit(app, line.trim().replace(/^nbdkit\s+/, ''), agreed === line);
  };
  const text = (field: NbdkitField, label: string, hint: string): ReactElement => (
    <Field label={label} wrong={pasted === null ? (errors[field] ?? null) : null} hint={hint}>
      {(props) => (
        <input
          {...props}
          value={form[field]}
          disabled={pasted !== null}
          onChange={(event) => change({ [field]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form className="form" onSubmit={submit} data-testid="nbdkit-dialog">
      <div className="form-columns">
        <div className="form-field">
          <label htmlFor={ids.plugin}>Plugin</label>
          <select
            id={ids.plugin}
            className="select select-wide select-tall"
            value={form.plugin}
            disabled={pasted !== null}
            onChange={(event) => {
              const plugin = NBDKIT_PLUGINS.find((one) => one === event.target.value);
              if (plugin !== undefined) change({ plugin });
            }}
          >
            {NBDKIT_PLUGINS.map((plugin) => (
              <option key={plugin}>{plugin}</option>
            ))}
          </select>
          <p className="field-answer">Serves {PLUGIN_WORDS[form.plugin]}</p>
        </div>
        {form.plugin === 'file'
          ? text('path', 'File or device', 'As in /tmp/disk.img')
          : text('size', 'Size', 'As in 64M, 10G or 7E')}
        {text('delayMs', 'Delay, ms', 'Of reads and writes; 0 for none')}
        {text('errorFile', 'Error file', 'Empty: no Error switch')}
      </div>
      <TickField
        label="Read-only"
        checked={form.readOnly}
        disabled={pasted !== null}
        onChange={(readOnly) => change({ readOnly })}
      />
      <div className="form-field">
        <label htmlFor={ids.line}>Arguments of nbdkit: change them or paste others</label>
        <textarea
          id={ids.line}
          className="field mono line-field"
          rows={3}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={ids.answer}
          aria-invalid={refusal !== null}
          value={line ?? ''}
          onChange={(event) => {
            setPasted(event.target.value);
            // What was refused is no longer what stands here.
            app.store.setState({ refusal: null });
          }}
        />
        <p
          id={ids.answer}
          className={refusal === null ? 'field-answer' : 'field-answer danger'}
          role="status"
        >
          {refusal ?? 'The socket and the log are added where the line names none.'}
        </p>
      </div>
      {wantsYes && (
        <TickField
          label="I know what it runs"
          checked={agreed === line}
          onChange={(agrees) => setAgreed(agrees ? line : null)}
        />
      )}
      <div className="form-row form-end">
        {pasted !== null && (
          <button type="button" className="button" onClick={() => setPasted(null)}>
            Back to the form
          </button>
        )}
        <button type="submit" className="button button-main" disabled={bad}>
          Run it
        </button>
      </div>
    </form>
  );
}
