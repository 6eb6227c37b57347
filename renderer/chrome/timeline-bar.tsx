import type { ReactElement } from 'react';
import { lanesOf } from '../control/time-control.ts';
import { hasPast, shownCaption } from '../store/app-store.ts';
import { timelineLayout } from '../timeline/timeline-layout.ts';
import { useAppState } from './app-context.ts';
import { TimeControls } from './time-controls.tsx';
import { TimelineReadout } from './timeline-readout.tsx';
import { TimelineSlider } from './timeline-slider.tsx';
import { useMedia } from './use-media.ts';

/** There is no room for all that the timeline can show. */
const COMPACT = '(max-width: 720px), (max-height: 560px)';

/** Time under the picture: what steers it, the words of the moment, and activity over all of it. */
export function TimelineBar(): ReactElement {
  const compact = useMedia(COMPACT);
  const narrow = useAppState((state) => state.narrow);
  const past = useAppState(hasPast);
  const lanes = useAppState((state) => lanesOf(state)?.length ?? 1);
  return (
    <section className="timeline-bar" aria-label="Timeline">
      <TimeControls inOneRow={narrow} />
      <div className="timeline-side">
        <div className="timeline-head">
          <Caption />
          <TimelineReadout />
        </div>
        <div className="timeline-place" style={{ height: timelineLayout(lanes, compact).heightPx }}>
          <TimelineSlider compact={compact} />
          {!past && <EmptyTimeline />}
        </div>
      </div>
    </section>
  );
}

/** The words that belong to the moment shown. */
function Caption(): ReactElement {
  const caption = useAppState(shownCaption);
  return (
    <p className="caption" data-testid="caption">
      {caption ?? ''}
    </p>
  );
}

/** What will stand here, while there is nothing yet. */
function EmptyTimeline(): ReactElement {
  return (
    <p className="timeline-empty">
      Nothing has happened yet. Every request will stand here in its time: drag over it to see the disks as
      they were at any moment, and come back with Live.
    </p>
  );
}
