import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import { readTime } from '../control/time-deeds.ts';
import { formatClockPrecise, formatDay } from '../words/format.ts';
import { zoneName } from '../words/zone.ts';
import { useApp, useAppState } from './app-context.ts';
import { Modal } from './modal.tsx';

/** Asks for a moment and says, while one types, which it is. */
export function GoToTimeDialog(): ReactElement {
  const app = useApp();
  const [text, setText] = useState('');
  const zone = useAppState((state) => state.zone);
  const field = useId();
  const answer = useId();
  const target = text.trim() === '' ? null : readTime(app, text);
  const wrong = target !== null && 'error' in target;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (target === null || 'error' in target) return;
    app.store.setState({ dialog: null });
    app.time.seek(target);
  };
  return (
    <Modal title="Go to a time">
      <form className="form" onSubmit={submit}>
        <label htmlFor={field}>Time of day, step, or row</label>
        <input
          id={field}
          className="field mono"
          value={text}
          placeholder="22:20:27.5   +5s   -2m   1:02   #1200"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong}
          aria-describedby={answer}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={answer} className={wrong ? 'form-answer danger' : 'form-answer'} role="status">
          {target === null
            ? `A time of day in ${zone === 'utc' ? 'UTC' : 'local time'}, +5s or -2m from here, 12.5 or 1:02 from the beginning, or #1200, a row by its number.`
            : 'error' in target
              ? target.error
              : 'sequence' in target
                ? `row ${thousands(target.sequence)}`
                : `${formatDay(target.us, zone)} ${formatClockPrecise(target.us, zone)} ${zoneName(target.us, zone)}`}
        </p>
        <div className="form-row form-end">
          <button type="submit" className="button button-main" disabled={target === null || wrong}>
            Go
          </button>
        </div>
      </form>
    </Modal>
  );
}
