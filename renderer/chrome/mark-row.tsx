import { Bookmark, Captions, PenLine, Trash2 } from 'lucide-react';
import { type FormEvent, type ReactElement, useEffect, useId, useRef, useState } from 'react';
import { parseMoment } from '#shared/captions/moment.ts';
import { MAX_MARK_TEXT, type Mark } from '#shared/contract/time.ts';
import { editMark, goToMark, removeMark } from '../control/mark-deeds.ts';
import { formatClock } from '../words/format.ts';
import { formatMoment } from '../words/mark-times.ts';
import { useApp, useAppState } from './app-context.ts';

interface MarkRowProps {
  readonly mark: Mark;
  readonly firstUs: number;
}

/** One mark or caption: a press shows its moment, the pen makes fields of it. */
export function MarkRow(props: MarkRowProps): ReactElement {
  const { mark } = props;
  const edited = useAppState((state) => state.markEdit === mark.id);
  return <li className="mark-item">{edited ? <MarkForm {...props} /> : <MarkLine mark={mark} />}</li>;
}

function MarkLine({ mark }: { readonly mark: Mark }): ReactElement {
  const app = useApp();
  const Icon = mark.kind === 'caption' ? Captions : Bookmark;
  const words = mark.text === '' ? 'no caption' : mark.text;
  const called = `${mark.kind} ${words}`;
  return (
    <>
      <button type="button" className="mark-go" title={words} onClick={() => goToMark(app, mark)}>
        <Icon size={14} role="img" aria-label={mark.kind} />
        <time className="mono quiet">{formatClock(mark.clockUs)}</time>
        <span className={mark.text === '' ? 'quiet clip' : 'clip'}>{words}</span>
      </button>
      <button
        type="button"
        className="source-close"
        aria-label={`Change ${called}`}
        onClick={() => app.store.setState({ markEdit: mark.id })}
      >
        <PenLine size={12} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="source-close"
        aria-label={`Remove ${called}`}
        onClick={() => removeMark(app, mark)}
      >
        <Trash2 size={12} aria-hidden="true" />
      </button>
    </>
  );
}

/** Fields of a mark. Escape leaves it as it was. */
function MarkForm({ mark, firstUs }: MarkRowProps): ReactElement {
  const app = useApp();
  const answer = useId();
  const first = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(mark.text);
  const [time, setTime] = useState(formatMoment(mark.clockUs, firstUs));
  const [kind, setKind] = useState(mark.kind);
  useEffect(() => first.current?.select(), []);
  const moment = parseMoment(time, firstUs, mark.clockUs);
  const nameless = kind === 'mark' && text.trim() === '';
  const wrong = 'error' in moment ? moment.error : nameless ? 'a mark needs a name' : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!('error' in moment) && !nameless)
      editMark(app, mark.id, { kind, text: text.trim(), clockUs: moment.us });
  };
  return (
    <form
      className="mark-form"
      aria-label="Change the mark"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        app.store.setState({ markEdit: null });
      }}
    >
      <input
        ref={first}
        className="field"
        aria-label="Words"
        value={text}
        maxLength={MAX_MARK_TEXT}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <div className="mark-form-row">
        <input
          className="field mono"
          aria-label="Time"
          aria-invalid={'error' in moment}
          aria-describedby={answer}
          value={time}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTime(event.target.value)}
        />
        <select
          className="select"
          aria-label="Kind"
          value={kind}
          onChange={(event) => setKind(event.target.value === 'caption' ? 'caption' : 'mark')}
        >
          <option value="mark">mark</option>
          <option value="caption">caption</option>
        </select>
        <button type="submit" className="button button-small button-main" disabled={wrong !== null}>
          Keep
        </button>
      </div>
      <p id={answer} className="danger mark-wrong" role="status">
        {wrong}
      </p>
    </form>
  );
}
