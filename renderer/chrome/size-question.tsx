import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { parseSize, shortSize } from '#shared/bytes/size.ts';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { useApp, useAppState } from './app-context.ts';

/** Asks for the size of a disk whose log does not tell it, with a guess to take or to mend. */
export function SizeQuestion({ disk }: { readonly disk: DiskInfo }): ReactElement {
  const app = useApp();
  const guess = disk.guessedSizeBytes === null ? '' : shortSize(BigInt(disk.guessedSizeBytes));
  const [typed, setTyped] = useState<string | null>(null);
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setDiskSize' ? state.refusal.text : null,
  );
  const field = useId();
  const answer = useId();
  const text = typed ?? guess;
  const parsed = parseSize(text);
  const wrong = 'error' in parsed ? parsed.error : refusal;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!('error' in parsed)) app.send({ command: 'setDiskSize', disk: disk.id, size: text });
  };
  return (
    <div className="panel-body">
      <form className="form card" onSubmit={submit} data-testid="size-question">
        <h2>How large is this disk?</h2>
        <p className="quiet">
          The log does not say: it was begun after the client had connected. Requests so far reach to {guess}.
        </p>
        <label htmlFor={field}>Size, as nbdkit writes it</label>
        <div className="form-row">
          <input
            id={field}
            className="field mono"
            value={text}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={wrong !== null}
            aria-describedby={answer}
            onChange={(event) => setTyped(event.target.value)}
          />
          <button type="submit" className="button button-main" disabled={'error' in parsed}>
            Show it
          </button>
        </div>
        <p id={answer} className={wrong === null ? 'form-answer' : 'form-answer danger'} role="status">
          {wrong ?? 'A whole number with a suffix, as in 64M or 7E.'}
        </p>
      </form>
    </div>
  );
}
