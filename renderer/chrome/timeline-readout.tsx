import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { clearSpan } from '../control/time-deeds.ts';
import { type AppState, shownAligned } from '../store/app-store.ts';
import { formatDuration } from '../words/format.ts';
import { latencyParts, momentWords, positionWords, readoutParts } from '../words/time-words.ts';
import { actionOf } from './actions.ts';
import { useApp, useAppState } from './app-context.ts';
import { isMac, keyLabel } from './keys.ts';
import { Tip, TipWords } from './tip.tsx';

/** The line over the timeline: what is under the pointer, else the span and where the moment shown stands. */
export function TimelineReadout(): ReactElement {
  const pointed = useAppState((state) => state.pointedMoment !== null);
  const trouble = useAppState((state) => state.timelineTrouble);
  return (
    <div className="timeline-readout" data-pointed={pointed} data-testid="timeline-readout">
      {pointed ? <Pointed /> : <Standing />}
      {trouble !== null && (
        <span className="danger clip" role="status">
          The timeline is not up to date: {trouble}
        </span>
      )}
    </div>
  );
}

const LAYERS = ['read', 'write', 'trim', 'zero'] as const;

/** The moment under the pointer and what happened about it. */
function Pointed(): ReactElement | null {
  const pointed = useAppState((state) => state.pointedMoment);
  const history = useAppState((state) => state.session?.history ?? NO_HISTORY);
  const zone = useAppState((state) => state.zone);
  if (pointed === null) return null;
  const { us, readout } = pointed;
  return (
    <>
      <time className="mono">{momentWords(us, readout?.lengthUs ?? 1000, history, zone)}</time>
      {readout !== null && (
        <>
          {/* Whoever reads the line without seeing it needs its words apart. */}{' '}
          <span className="timeline-counts mono">
            {readoutParts(readout).map((words) => (
              <span key={words} className={words.includes('error') ? 'danger' : undefined}>
                <Swatch words={words} />
                {words}
              </span>
            ))}
          </span>{' '}
          <span className="quiet mono">{latencyParts(readout).join(' · ')}</span>
        </>
      )}
    </>
  );
}

function Swatch({ words }: { readonly words: string }): ReactElement | null {
  const layer = LAYERS.find((name) => words.includes(` ${name}`));
  return layer === undefined ? null : (
    <span className="swatch swatch-small" data-layer={layer} aria-hidden="true" />
  );
}

function spanLength({ span }: AppState): number | null {
  return span === null ? null : span.toUs - span.fromUs;
}

/** With no pointer over it: the span that is looked at, and where the moment shown stands. */
function Standing(): ReactElement {
  const app = useApp();
  const lengthUs = useAppState(spanLength);
  const begun = useAppState((state) => state.spanEdgeUs !== null);
  const selects = useAppState((state) => state.selectsSpan);
  const position = useAppState((state) =>
    positionWords(state.counters.clockUs, state.session?.history ?? NO_HISTORY),
  );
  const aligned = useAppState(shownAligned);
  const clear = actionOf('time.spanClear');
  return (
    <>
      {aligned !== null && (
        <Tip words="Time from the moment at which the two recordings coincide">
          <span className="mono" data-testid="aligned-clock">
            {aligned}
          </span>
        </Tip>
      )}
      {lengthUs === null && begun && <span className="quiet">A span begins: go to its other end</span>}
      {lengthUs === null && !begun && selects && <span className="quiet">Drag over the timeline</span>}
      {lengthUs !== null && (
        <span className="span-chip">
          <span>
            Span <span className="mono">{formatDuration(lengthUs)}</span>
          </span>
          <Tip words={<TipWords title={clear.title} keys={keyLabel(clear, isMac())} />}>
            <button
              type="button"
              className="span-clear"
              aria-label={clear.title}
              onClick={() => clearSpan(app)}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </Tip>
        </span>
      )}
      <span className="mono quiet timeline-position">{position}</span>
    </>
  );
}
