import { type FormEvent, type ReactElement, useState } from 'react';
import { parseSize } from '#shared/bytes/size.ts';
import { opensInstead } from '../control/log-deeds.ts';
import { openSet } from '../control/set-deeds.ts';
import { patternWords } from '../words/pattern-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { errorOf, FormEnd, TextField } from './field.tsx';
import { readCount } from './host-set-dialog.tsx';
import { Modal } from './modal.tsx';
import { TickField } from './select-field.tsx';
import { useCloseOnceOpened } from './use-opened.ts';

/** Asks for the logs of a set of disks, as the original's command line named them: %d is 1, 2, and so on. */
export function OpenSetDialog(): ReactElement {
  const app = useApp();
  const refusal = useAppState((state) => (state.refusal?.command === 'openSet' ? state.refusal.text : null));
  const [count, setCount] = useState('5');
  const [size, setSize] = useState('');
  const [logs, setLogs] = useState('/tmp/log%d');
  const [errorFiles, setErrorFiles] = useState('');
  const [instead, setInstead] = useState(opensInstead(app));
  const begin = useCloseOnceOpened();

  const parsedCount = readCount(count);
  const parsedSize = size.trim() === '' ? {} : parseSize(size.trim());
  const wrongLogs = patternWords(logs, parsedCount);
  const wrongErrors =
    errorFiles.trim() === '' ? { hint: 'Empty: no Error switches' } : patternWords(errorFiles, parsedCount);
  const bad = [parsedCount, parsedSize, wrongLogs, wrongErrors].some((parsed) => 'error' in parsed);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (bad || 'error' in parsedCount) return;
    begin();
    openSet(app, {
      count: parsedCount.value,
      size: size.trim() === '' ? null : size.trim(),
      logs: logs.trim(),
      errorFiles: errorFiles.trim() === '' ? null : errorFiles.trim(),
      replace: instead,
    });
  };
  return (
    <Modal title="Open a set of logs" description="One nbdkit for each disk of an array, followed live.">
      <form className="form" onSubmit={submit} data-testid="open-set-dialog">
        <div className="form-columns">
          <TextField
            label="Disks"
            wrong={errorOf(parsedCount)}
            hint="How many logs there are"
            numeric
            value={count}
            onChange={setCount}
          />
          <TextField
            label="Size of each"
            wrong={errorOf(parsedSize)}
            hint="Empty: the logs tell it"
            placeholder="64M"
            value={size}
            onChange={setSize}
          />
        </div>
        <TextField
          label="Logs"
          wrong={errorOf(wrongLogs)}
          hint={hintOf(wrongLogs)}
          value={logs}
          onChange={setLogs}
        />
        <TextField
          label="Error files"
          wrong={errorOf(wrongErrors)}
          hint={hintOf(wrongErrors)}
          placeholder="/tmp/error%d"
          value={errorFiles}
          onChange={setErrorFiles}
        />
        <TickField label="Close what is open" checked={instead} onChange={setInstead} />
        <FormEnd answer={refusal} submit="Open" disabled={bad} />
      </form>
    </Modal>
  );
}

function hintOf(words: object): string {
  return 'hint' in words && typeof words.hint === 'string' ? words.hint : '';
}
