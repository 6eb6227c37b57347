import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { useApp } from './app-context.ts';
import { Modal } from './modal.tsx';

/** What a text that was typed leads to: how that is said, and the way there. */
export type AskedPlace = { readonly words: string; readonly go: () => void } | { readonly error: string };

/** Asks for a place to go to, and says while one types which it is. */
export function AskPlaceDialog(props: {
  readonly title: string;
  readonly label: string;
  readonly examples: string;
  /** Which forms there are; shown while nothing is typed. */
  readonly hint: string;
  readonly read: (text: string) => AskedPlace;
}): ReactElement {
  const app = useApp();
  const [text, setText] = useState('');
  const field = useId();
  const answer = useId();
  const place = text.trim() === '' ? null : props.read(text);
  const wrong = place !== null && 'error' in place;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (place === null || 'error' in place) return;
    app.store.setState({ dialog: null });
    place.go();
  };
  return (
    <Modal title={props.title}>
      <form className="form" onSubmit={submit}>
        <label htmlFor={field}>{props.label}</label>
        <input
          id={field}
          className="field mono"
          value={text}
          placeholder={props.examples}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong}
          aria-describedby={answer}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={answer} className={wrong ? 'form-answer danger' : 'form-answer'} role="status">
          {place === null ? props.hint : 'error' in place ? place.error : place.words}
        </p>
        <div className="form-row form-end">
          <button type="submit" className="button button-main" disabled={place === null || wrong}>
            Go
          </button>
        </div>
      </form>
    </Modal>
  );
}
