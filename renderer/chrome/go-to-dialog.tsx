import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import { goToByte, readPlace } from '../control/picture-deeds.ts';
import { formatHex, formatOffset } from '../words/format.ts';
import { useApp } from './app-context.ts';
import { Modal } from './modal.tsx';

/** Asks for a place on the disk in hand and says, while one types, what it means. */
export function GoToDialog(): ReactElement {
  const app = useApp();
  const [text, setText] = useState('');
  const field = useId();
  const answer = useId();
  const target = text.trim() === '' ? null : readPlace(app, text);
  const wrong = target !== null && 'error' in target;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (target === null || 'error' in target) return;
    app.store.setState({ dialog: null });
    goToByte(app, target.offsetBytes);
  };
  return (
    <Modal title={`Go to a place on ${app.diskInHand()?.name ?? 'the disk'}`}>
      <form className="form" onSubmit={submit}>
        <label htmlFor={field}>Block, sector or byte offset</label>
        <input
          id={field}
          className="field mono"
          value={text}
          placeholder="4096   s32768   16M   0x1000000"
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong}
          aria-describedby={answer}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={answer} className={wrong ? 'form-answer danger' : 'form-answer'} role="status">
          {target === null
            ? 'A bare number is a block of 4 KiB, s123 a sector of 512 bytes, 16M or 0x… a byte offset.'
            : 'error' in target
              ? target.error
              : `block ${thousands(target.offsetBytes >> 12n)} · sector ${thousands(target.offsetBytes >> 9n)} · ${formatHex(target.offsetBytes)} · ${formatOffset(target.offsetBytes)}`}
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
