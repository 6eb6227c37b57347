import { Pause, Play } from 'lucide-react';
import type { ReactElement } from 'react';
import type { HistoryInfo, View } from '#shared/contract/time.ts';
import { playOrPause } from '../control/time-deeds.ts';
import { shownCaption } from '../store/app-store.ts';
import { formatClock, formatPosition } from '../words/format.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { ActionButton, Tip, TipWords } from './tip.tsx';

/** Speeds that have a button; the keys go through all of them. */
const SPEEDS = [1, 2, 4, 8, 16] as const;

/** Steers how the past is played and says what the person at its shell was doing. */
export function ReplayBar({
  history,
  view,
}: {
  readonly history: HistoryInfo;
  readonly view: View;
}): ReactElement {
  const app = useApp();
  const clockUs = useAppState((state) => state.counters.clockUs);
  const caption = useAppState(shownCaption);
  const firstUs = history.firstUs ?? 0;
  const spanUs = Math.max(1, (history.lastUs ?? 0) - firstUs);
  const shownUs = Number.isNaN(clockUs) ? (view.positionUs ?? firstUs) : clockUs;
  const atUs = Math.min(Math.max(0, shownUs - firstUs), spanUs);
  return (
    <section className="replay" aria-label="Replay">
      <div className="replay-buttons">
        <PlayButton view={view} />
        <ActionButton action="replay.restart" />
      </div>
      <div className="replay-middle">
        <p className="caption" data-testid="caption">
          {caption ?? ''}
        </p>
        <div
          className="track"
          role="progressbar"
          aria-label="Position in the recording"
          aria-valuemin={0}
          aria-valuemax={Math.round(spanUs / 1e6)}
          aria-valuenow={Math.round(atUs / 1e6)}
          aria-valuetext={`${formatPosition(atUs)} of ${formatPosition(spanUs)}`}
        >
          <div className="track-done" style={{ width: `${((atUs / spanUs) * 100).toFixed(2)}%` }} />
          {history.marks.map((mark) => (
            <span
              key={mark.id}
              className="track-mark"
              title={`${mark.text} · ${formatClock(mark.clockUs)}`}
              style={{ left: `${(((mark.clockUs - firstUs) / spanUs) * 100).toFixed(2)}%` }}
            />
          ))}
        </div>
      </div>
      <span className="mono replay-time">
        {formatPosition(atUs)} / {formatPosition(spanUs)}
      </span>
      <fieldset className="speeds">
        <legend className="sr-only">Speed</legend>
        {SPEEDS.map((speed) => (
          <button
            key={speed}
            type="button"
            className="speed mono"
            aria-pressed={view.speed === speed}
            onClick={() => app.send({ command: 'play', speed })}
          >
            {speed}x
          </button>
        ))}
      </fieldset>
    </section>
  );
}

function PlayButton({ view }: { readonly view: View }): ReactElement {
  const app = useApp();
  const action = actionOf('replay.play');
  const { playing } = view;
  const words = playing ? 'Pause' : view.ended ? 'Play again' : 'Play';
  return (
    <Tip words={<TipWords title={words} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className="button button-main play"
        aria-label={words}
        onClick={() => playOrPause(app)}
      >
        {playing ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
      </button>
    </Tip>
  );
}
