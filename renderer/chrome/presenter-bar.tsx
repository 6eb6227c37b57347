import type { ReactElement } from 'react';
import type { Mark } from '#shared/contract/time.ts';
import { shownAligned, shownCaption } from '../store/app-store.ts';
import { formatClock } from '../words/format.ts';
import { useAppState } from './app-context.ts';

const LAYERS = [
  ['read', 'read'],
  ['write', 'write'],
  ['trim', 'trim'],
  ['zero', 'zero'],
  ['error', 'error'],
  ['inFlight', 'in flight'],
] as const;

/** So many characters stand in one line in any window, by the sizes in style/presenter.css. */
const LINE_CHARS = 72;

function longestCaption(marks: readonly Mark[]): number {
  return Math.max(0, ...marks.map(({ kind, text }) => (kind === 'caption' ? text.length : 0)));
}

/** All the words that an audience needs: what happens, what the colours mean, when it is. */
export function PresenterBar(): ReactElement {
  const caption = useAppState(shownCaption);
  const longest = useAppState((state) => longestCaption(state.session?.history.marks ?? []));
  const filter = useAppState((state) => state.filter);
  const paused = useAppState((state) => state.paused);
  const aligned = useAppState(shownAligned);
  const clock = useAppState((state) => formatClock(state.counters.clockUs));
  return (
    <footer className="presenter-bar">
      {longest > 0 && (
        <p
          className="presenter-caption"
          data-lines={longest > LINE_CHARS ? 2 : 1}
          data-testid="caption"
          aria-live="polite"
        >
          {caption ?? ''}
        </p>
      )}
      <div className="presenter-line">
        <ul className="presenter-legend" aria-label="Legend">
          {LAYERS.filter(([layer]) => filter[layer]).map(([layer, name]) => (
            <li key={layer}>
              <span className="swatch" data-layer={layer} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
        {paused && <span className="presenter-frozen">frozen</span>}
        {aligned !== null && <span className="mono presenter-aligned">{aligned}</span>}
        <time className="mono presenter-clock" data-testid="clock">
          {clock}
        </time>
      </div>
    </footer>
  );
}
