import { type ReactElement, useEffect, useId, useRef, useState } from 'react';

/** How long typing rests before what was typed takes force. */
const REST_MS = 400;

interface LiveNumberProps {
  readonly label: string;
  readonly unit: string;
  /** What is in force now. */
  readonly value: number;
  readonly step: number;
  readonly most: number;
  readonly read: (text: string) => { readonly value: number } | { readonly error: string };
  readonly onSet: (value: number) => void;
  /** The engine has refused what was set. */
  readonly refused: boolean;
}

/**
 * A number that takes force while it is changed: after a short rest, at once with Enter or when it is left. It shows
 * what is in force, save while a person is at it.
 */
export function LiveNumber(props: LiveNumberProps): ReactElement {
  const { label, unit, value, step, most, read, onSet, refused } = props;
  const id = useId();
  const answer = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const [asked, setAsked] = useState<number | null>(null);
  const parsed = read(typed ?? '');
  const wrong = typed === null || 'value' in parsed ? null : parsed.error;

  // What was asked for has taken force, or something else has: the field shows that.
  useEffect(() => {
    if (asked === value) {
      setAsked(null);
      setTyped(null);
    }
  }, [asked, value]);

  const set = (text: string | null): void => {
    if (text === null) return;
    const whole = read(text);
    if ('error' in whole) return;
    if (whole.value === value) {
      setTyped(null);
    } else if (whole.value !== asked) {
      setAsked(whole.value);
      onSet(whole.value);
    }
  };
  const latestSet = useRef(set);
  latestSet.current = set;
  // Only typing begins the rest anew: what is in force is told many times a second.
  useEffect(() => {
    if (typed === null) return undefined;
    const timer = setTimeout(() => latestSet.current(typed), REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  const stepBy = (direction: 1 | -1): void => {
    const from = 'value' in parsed && typed !== null ? parsed.value : value;
    setTyped(String(Math.min(most, Math.max(0, from + direction * step))));
  };
  return (
    <div className="live-number">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="field mono"
        role="spinbutton"
        inputMode="decimal"
        spellCheck={false}
        autoComplete="off"
        aria-invalid={wrong !== null || refused}
        aria-describedby={wrong === null ? undefined : answer}
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={most}
        aria-valuetext={`${typed ?? value} ${unit}`}
        data-in-force={value}
        value={typed ?? String(value)}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => (wrong === null ? set(typed) : setTyped(null))}
        onKeyDown={(event) => {
          if (event.key === 'Enter') set(typed);
          else if (event.key === 'Escape') setTyped(null);
          else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
            event.preventDefault();
            stepBy(event.key === 'ArrowUp' ? 1 : -1);
          }
        }}
      />
      <span className="quiet">{unit}</span>
      {wrong !== null && (
        <p id={answer} className="live-answer danger" role="status">
          {wrong}
        </p>
      )}
    </div>
  );
}
