import { Pause, Play } from 'lucide-react';
import type { ReactElement } from 'react';
import { REPLAY_SPEEDS } from '#shared/contract/commands.ts';
import type { ReplayInfo } from '#shared/contract/messages.ts';
import { playOrPause } from '../control/picture-deeds.ts';
import { shownCaption } from '../store/app-store.ts';
import { formatClock, formatPosition } from '../words/format.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { ActionButton, Tip, TipWords } from './tip.tsx';

/** Steers the replay of a recording and says what the person at its shell was doing. */
export function ReplayBar({ replay }: { readonly replay: ReplayInfo }): ReactElement {
  const app = useApp();
  const clockUs = useAppState((state) => state.counters.clockUs);
  const caption = useAppState(shownCaption);
  const spanUs = Math.max(1, replay.lastUs - replay.firstUs);
  const shownUs = Number.isNaN(clockUs) ? replay.positionUs : clockUs;
  const atUs = Math.min(Math.max(0, shownUs - replay.firstUs), spanUs);
  return (
    <section className="replay" aria-label="Replay">
      <div className="replay-buttons">
        <PlayButton replay={replay} />
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
          {replay.captions.map((mark) => (
            <span
              key={`${mark.clockUs}${mark.text}`}
              className="track-mark"
              title={`${mark.text} · ${formatClock(mark.clockUs)}`}
              style={{ left: `${(((mark.clockUs - replay.firstUs) / spanUs) * 100).toFixed(2)}%` }}
            />
          ))}
        </div>
      </div>
      <span className="mono replay-time">
        {formatPosition(atUs)} / {formatPosition(spanUs)}
      </span>
      <fieldset className="speeds">
        <legend className="sr-only">Speed</legend>
        {REPLAY_SPEEDS.map((speed) => (
          <button
            key={speed}
            type="button"
            className="speed mono"
            aria-pressed={replay.speed === speed}
            onClick={() => app.send({ command: 'replay', speed })}
          >
            {speed}x
          </button>
        ))}
      </fieldset>
    </section>
  );
}

function PlayButton({ replay }: { readonly replay: ReplayInfo }): ReactElement {
  const app = useApp();
  const action = actionOf('replay.play');
  const playing = replay.playing && !replay.ended;
  const words = playing ? 'Pause' : replay.ended ? 'Play again' : 'Play';
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
