import { CircleDot, Square } from 'lucide-react';
import type { ReactElement } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { isRecording } from '../control/capture-deeds.ts';
import { actionOf, isAvailable } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { Tip, TipWords } from './tip.tsx';

/** Begins to record to a file; while that goes on, says how long the file is and ends it. */
export function RecordButton(): ReactElement {
  const app = useApp();
  const action = actionOf('capture.record');
  const available = useAppState((state) => isAvailable(action, state));
  const recording = useAppState((state) => state.session?.captures.recording ?? null);
  const on = useAppState(isRecording);
  const title = on ? `Stop recording to ${recording?.path ?? ''}` : 'Record to a file';
  return (
    <Tip words={<TipWords title={title} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className={on ? 'button button-quiet recording' : 'button button-quiet'}
        aria-label={on ? 'Stop recording' : 'Record to a file'}
        disabled={!available}
        onClick={() => action.run(app)}
      >
        {on ? <Square size={12} aria-hidden="true" /> : <CircleDot size={16} aria-hidden="true" />}
        {recording !== null && <span className="mono">{formatBytes(recording.bytes)}</span>}
      </button>
    </Tip>
  );
}
