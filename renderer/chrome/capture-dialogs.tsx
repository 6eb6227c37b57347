import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import type { Command } from '#shared/contract/commands.ts';
import { withEnd } from '../control/capture-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { Field } from './field.tsx';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { Progress } from './task-progress.tsx';

/** The engine's words for a path where something is; it is asked about, not refused for good. */
const IS_THERE = / is there already; /;

const CAPTURE_ENDS = ['.nbdscope', '.arrows', '.arrow'];
const TABLE_ENDS = ['.parquet', '.csv'];

interface FileFormProps {
  readonly title: string;
  readonly description: string;
  readonly hint: string;
  readonly ends: readonly string[];
  readonly choice: { readonly label: string; readonly initially: boolean } | null;
  readonly submit: string;
  /** What is sent; its refusals are shown here. */
  readonly command: 'startCapture' | 'saveCapture';
  readonly ask: (path: string, chosen: boolean, replace: boolean) => Command;
}

/** Asks for the name of a file; goes once the engine has begun to record there, or has saved it. */
function FileDialog(props: FileFormProps): ReactElement {
  const app = useApp();
  const captures = useAppState((state) => state.session?.captures) ?? NO_CAPTURES;
  const refusal = useAppState((state) =>
    state.refusal?.command === props.command ? state.refusal.text : null,
  );
  const [path, setPath] = useState('');
  const [chosen, setChosen] = useState(props.choice?.initially ?? false);
  const [askedPath, setAskedPath] = useState('');
  const whole = withEnd(path, props.ends);
  const isHere = whole === askedPath;
  const mayReplace = refusal !== null && IS_THERE.test(refusal) && isHere;
  const { saving } = captures;
  const done = props.command === 'saveCapture' ? captures.saved : Number(captures.recording !== null);
  const begin = useOnceMore(done, refusal, () => app.store.setState({ dialog: null }));
  const ask = (replace: boolean): void => {
    setAskedPath(whole);
    begin();
    app.send(props.ask(whole, chosen, replace));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (whole !== '' && saving === null) ask(false);
  };
  return (
    <Modal title={props.title} description={props.description}>
      <form className="form" onSubmit={submit} data-testid="capture-dialog">
        <Field label="Path" wrong={isHere ? refusal : null} hint={props.hint}>
          {(field) => <input {...field} value={path} onChange={(event) => setPath(event.target.value)} />}
        </Field>
        {props.choice !== null && (
          <TickField label={props.choice.label} checked={chosen} onChange={setChosen} />
        )}
        {saving !== null && (
          <Progress
            words={`Saving ${saving.path}`}
            done={saving.done}
            cancel="Break off the save"
            onCancel={() => app.send({ command: 'cancelSave' })}
          />
        )}
        <div className="form-row form-end">
          {mayReplace && (
            <button type="button" className="button button-danger" onClick={() => ask(true)}>
              Replace what is there
            </button>
          )}
          <button
            type="submit"
            className="button button-main"
            disabled={whole === '' || saving !== null || mayReplace}
          >
            {props.submit}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Returns what to call when something is asked for; `onDone` is called once `done` is more than it was then. */
function useOnceMore(done: number, refusal: string | null, onDone: () => void): () => void {
  const before = useRef<number | null>(null);
  const latest = useRef(onDone);
  useEffect(() => {
    latest.current = onDone;
  });
  useEffect(() => {
    if (before.current === null) return;
    if (refusal !== null) {
      before.current = null;
    } else if (done > before.current) {
      before.current = null;
      latest.current();
    }
  }, [done, refusal]);
  return () => {
    before.current = done;
  };
}

export function RecordDialog(): ReactElement {
  return (
    <FileDialog
      title="Record to a file"
      description="Every request from here on, as it happens, until you stop; what is written survives a crash."
      hint="On the machine that nbdscope runs on, as in /home/me/demo.nbdscope"
      ends={CAPTURE_ENDS}
      choice={{ label: 'With all that has happened so far', initially: true }}
      submit="Record"
      command="startCapture"
      ask={(path, fromBeginning, replace) => ({ command: 'startCapture', path, fromBeginning, replace })}
    />
  );
}

export function SaveCaptureDialog(): ReactElement {
  return (
    <SpanFileDialog
      title="Save a capture"
      description="All that nbdscope knows of the session, to be played again or read by pandas, polars and DuckDB."
      hint="On the machine that nbdscope runs on, as in /home/me/demo.nbdscope"
      ends={CAPTURE_ENDS}
    />
  );
}

export function ExportRequestsDialog(): ReactElement {
  return (
    <SpanFileDialog
      title="Export requests"
      description="One row for each request, with its reply: a Parquet file, or a CSV file for a spreadsheet."
      hint="A name that ends in .parquet or .csv, as in /home/me/demo.csv"
      ends={TABLE_ENDS}
    />
  );
}

/** Saves what is kept, or of it the span that is selected. */
function SpanFileDialog(props: Pick<FileFormProps, 'title' | 'description' | 'hint' | 'ends'>): ReactElement {
  const span = useAppState((state) => state.span);
  return (
    <FileDialog
      {...props}
      choice={span === null ? null : { label: 'Only the stretch of time that is selected', initially: true }}
      submit="Save"
      command="saveCapture"
      ask={(path, chosen, replace) => ({
        command: 'saveCapture',
        path,
        span: chosen ? span : null,
        replace,
      })}
    />
  );
}
