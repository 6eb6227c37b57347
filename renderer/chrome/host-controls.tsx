import { type ReactElement, useId } from 'react';
import type { HostedSource } from '../store/hosted.ts';
import {
  delayInForce,
  errorNameInForce,
  errorPercentInForce,
  INJECTED_ERRORS,
  MAX_DELAY_MS,
  readPercent,
  readWhole,
} from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { LiveNumber } from './live-number.tsx';

const readMs = (text: string) => readWhole(text, MAX_DELAY_MS, 'use whole ms');

/** Delays, errors and read-only, changed while clients are connected. What is shown is what the engine says is in force. */
export function HostControls({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const app = useApp();
  const ids = { error: useId(), readOnly: useId() };
  const refusal = useAppState((state) =>
    state.refusal?.command === 'setHostParameter' || state.refusal?.command === 'setHostReadOnly'
      ? state.refusal.text
      : null,
  );
  const { parameters, readOnly } = hosted.host;
  const set = (key: string, value: string): void =>
    app.send({ command: 'setHostParameter', source: hosted.id, key, value });
  const errorName = errorNameInForce(parameters);
  const names: readonly string[] = INJECTED_ERRORS;
  return (
    <fieldset className="host-controls" aria-label="How it behaves">
      {(['rdelay', 'wdelay'] as const).map((key) => (
        <LiveNumber
          key={key}
          label={key === 'rdelay' ? 'Read delay' : 'Write delay'}
          unit="ms"
          step={10}
          most={MAX_DELAY_MS}
          value={delayInForce(parameters, key)}
          read={readMs}
          onSet={(ms) => set(key, `${ms}ms`)}
          refused={refusal?.startsWith(`${key}=`) === true}
        />
      ))}
      <LiveNumber
        label="Errors"
        unit="%"
        step={1}
        most={100}
        value={errorPercentInForce(parameters)}
        read={readPercent}
        onSet={(percent) => set('error-rate', `${percent}%`)}
        refused={refusal?.startsWith('error-rate=') === true}
      />
      <div className="live-number">
        <label htmlFor={ids.error}>Error sent</label>
        <select
          id={ids.error}
          className="select mono live-select"
          value={errorName}
          onChange={(event) => set('error', event.target.value)}
        >
          {(names.includes(errorName) ? names : [...names, errorName]).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <div className="live-number">
        <label htmlFor={ids.readOnly}>Read-only</label>
        <input
          id={ids.readOnly}
          type="checkbox"
          checked={readOnly}
          onChange={(event) =>
            app.send({ command: 'setHostReadOnly', source: hosted.id, on: event.target.checked })
          }
        />
      </div>
      {refusal !== null && (
        <p className="danger host-refusal" role="status">
          {refusal}
        </p>
      )}
    </fieldset>
  );
}
