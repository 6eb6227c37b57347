import { Circle, Film, Square, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { formatPosition } from '../words/format.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { Tip, TipWords } from './tip.tsx';

/** Begins and ends a recording of the window; while a film is exported, how far that is and a way to call it off. */
export function FilmButton(): ReactElement {
  const app = useApp();
  const kind = useAppState((state) => state.film?.kind ?? null);
  const action = actionOf('film.record');
  if (kind === 'export') {
    return (
      <span className="film-work">
        <button
          type="button"
          className="button button-quiet"
          aria-label="Show the film that is exported"
          onClick={() => app.store.setState({ dialog: 'exportFilm' })}
        >
          <Film size={14} aria-hidden="true" />
          <ExportPercent />
        </button>
        <button
          type="button"
          className="button button-quiet"
          aria-label="Call off the film"
          onClick={() => app.films.cancel()}
        >
          <X size={14} aria-hidden="true" />
        </button>
      </span>
    );
  }
  const isRecording = kind === 'record';
  return (
    <Tip words={<TipWords title={action.title} keys={keyLabel(action, isMac())} />}>
      <button
        type="button"
        className={isRecording ? 'button film-recording' : 'button button-quiet'}
        aria-label={isRecording ? 'End the recording and save it' : 'Record the window'}
        aria-pressed={isRecording}
        onClick={() => action.run(app)}
      >
        {isRecording ? (
          <Square size={12} fill="currentColor" aria-hidden="true" />
        ) : (
          <Circle size={14} aria-hidden="true" />
        )}
        {isRecording ? <RecordedLength /> : <span className="wide-only">Record</span>}
      </button>
    </Tip>
  );
}

function ExportPercent(): ReactElement {
  const percent = useAppState((state) => Math.floor((state.film?.fraction ?? 0) * 100));
  return <span className="mono">{percent} %</span>;
}

function RecordedLength(): ReactElement {
  const words = useAppState((state) => formatPosition((state.film?.lengthMs ?? 0) * 1000));
  return <span className="mono">{words}</span>;
}
