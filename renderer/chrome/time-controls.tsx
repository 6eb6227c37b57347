import { Pause, Play } from 'lucide-react';
import type { ReactElement } from 'react';
import { behindUs, goLive, playOrPause } from '../control/time-deeds.ts';
import { hasPast } from '../store/app-store.ts';
import { formatDuration } from '../words/format.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { SpeedMenu } from './speed-menu.tsx';
import { TimelineMenu } from './timeline-menu.tsx';
import { ActionButton, Tip, TipWords } from './tip.tsx';

/** What steers time: play, step, speed, and the way back to where rows are added. */
export function TimeControls({ inOneRow }: { readonly inOneRow: boolean }): ReactElement {
  const steps = (
    <>
      <ActionButton action="time.restart" />
      <ActionButton action="time.back" />
      <PlayButton />
      <ActionButton action="time.forward" />
    </>
  );
  const rest = (
    <>
      <SpeedMenu />
      <LiveButton />
      <TimelineMenu />
    </>
  );
  if (!inOneRow) {
    return (
      <div className="time-controls">
        <div className="time-row">{steps}</div>
        <div className="time-row">{rest}</div>
      </div>
    );
  }
  return (
    <div className="time-controls time-row">
      {steps}
      {rest}
    </div>
  );
}

function PlayButton(): ReactElement {
  const app = useApp();
  const action = actionOf('time.play');
  const playing = useAppState((state) => {
    const { view, paused, session } = state;
    if (view.mode === 'past') return view.playing;
    return !paused && hasPast(state) && session?.history.growing === true;
  });
  const ended = useAppState((state) => state.view.ended);
  const words = playing ? 'Pause' : ended ? 'Play again' : 'Play';
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

/** Pressed while the window is live; else it says how far behind the window is. */
function LiveButton(): ReactElement {
  const app = useApp();
  const action = actionOf('time.live');
  const past = useAppState(hasPast);
  const live = useAppState((state) => state.view.mode === 'live');
  const growing = useAppState((state) => state.session?.history.growing === true);
  const behind = useAppState((state) => {
    const us = behindUs(state);
    // To whole seconds, so that it does not flicker.
    return us === null ? null : us < 1e6 ? 0 : Math.floor(us / 1e6) * 1e6;
  });
  const name = growing ? 'Live' : 'End';
  return (
    <Tip words={<TipWords title={action.title} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className="button live-button"
        aria-pressed={live}
        disabled={!past}
        data-growing={growing}
        onClick={() => goLive(app)}
      >
        <span className="live-dot" aria-hidden="true" />
        {name}
        {behind !== null && behind > 0 && (
          <span className="mono live-behind">
            <span className="sr-only">, behind by </span>
            <span aria-hidden="true">−</span>
            {formatDuration(behind)}
          </span>
        )}
      </button>
    </Tip>
  );
}
