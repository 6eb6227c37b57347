import { Bookmark } from 'lucide-react';
import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { MAX_MARK_TEXT } from '#shared/contract/time.ts';
import { keepMark } from '../control/mark-deeds.ts';
import { formatMoment } from '../words/mark-times.ts';
import { useApp, useAppState } from './app-context.ts';

/** The name of a moment that was just marked, asked over the picture. Escape, or going elsewhere, keeps its number. */
export function MarkField(): ReactElement | null {
  const marking = useAppState((state) => state.marking);
  return marking === null ? null : <Asked key={marking.us} us={marking.us} name={marking.name} />;
}

function Asked({ us, name }: { readonly us: number; readonly name: string }): ReactElement {
  const app = useApp();
  const firstUs = useAppState((state) => state.session?.history.firstUs ?? us);
  const [text, setText] = useState('');
  const [isCaption, setIsCaption] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    keepMark(app, text, isCaption ? 'caption' : 'mark');
  };
  return (
    <form
      ref={form}
      className="mark-field"
      aria-label="Name the mark"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        keepMark(app, '', 'mark');
      }}
      onBlur={(event) => {
        if (form.current?.contains(event.relatedTarget) !== true) {
          keepMark(app, text, isCaption ? 'caption' : 'mark');
        }
      }}
    >
      <Bookmark size={16} aria-hidden="true" />
      <time className="mono">{formatMoment(us, firstUs)}</time>
      <input
        ref={field}
        className="field"
        value={text}
        placeholder={name}
        maxLength={MAX_MARK_TEXT}
        aria-label="Name of the mark"
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <label className="mark-shown">
        <input type="checkbox" checked={isCaption} onChange={(event) => setIsCaption(event.target.checked)} />
        Caption in the picture
      </label>
      <kbd>Enter</kbd>
    </form>
  );
}
