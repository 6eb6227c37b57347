import type { Span } from '#shared/contract/time.ts';
import type { Theme } from '#shared/theme/theme.ts';
import type { Zone } from '../words/zone.ts';
import type { Flag } from './flags.ts';
import type { TimeWindow } from './time-window.ts';
import type { TimelineData } from './timeline-data.ts';
import type { TimelineLayout } from './timeline-layout.ts';

/** Everything that a drawing of the timeline follows from. */
export interface TimelineScene {
  readonly window: TimeWindow;
  /** From the first moment that is kept to the last; null while nothing is. */
  readonly kept: TimeWindow | null;
  /** Whether there was more before the first moment that is kept. */
  readonly hasLostBeginning: boolean;
  /** The last answer there was, of whatever window; null before the first. */
  readonly data: TimelineData | null;
  /** How much of the history has been counted, 0 to 1. */
  readonly countedShare: number;
  /** Names of the lanes by disk; null for one lane that holds them all. */
  readonly lanes: readonly { readonly disk: number; readonly name: string }[] | null;
  readonly layout: TimelineLayout;
  readonly flags: readonly Flag[];
  /** Moments of the requests on what is picked, ascending. */
  readonly pickedUs: readonly number[];
  /** What the window plays. */
  readonly span: Span | null;
  /** The moment shown; null before any time is known. */
  readonly playheadUs: number | null;
  readonly isLive: boolean;
  /** The moment under the pointer; null for none. */
  readonly hoverUs: number | null;
  readonly skipsIdle: boolean;
  readonly zone: Zone;
  readonly theme: Theme;
}
