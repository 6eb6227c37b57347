import { formatBytes } from '#shared/bytes/size.ts';
import { describeDisks } from '#shared/model/activity/describe-disks.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { type ActivityTone, activityTone } from '../words/activity-words.ts';
import { type Alignment, sinceWords } from '../words/compare-form.ts';
import { formatClock, formatClockPrecise, plural } from '../words/format.ts';
import { type Zone, zoneName } from '../words/zone.ts';
import type { FilmDisk, FilmLayout } from './film-layout.ts';

/** From this speed on tenths of a second only flicker. */
const WHOLE_SECONDS_FROM = 4;

/** What the clock of a frame says: the time, and in smaller words what it is counted by. */
export interface ClockWords {
  /** Before the time: the name of the moment at which two compared recordings coincide; empty where none are. */
  readonly since: string;
  readonly time: string;
  /** Behind the time: `UTC`; empty where it is counted from a moment. */
  readonly zone: string;
}

/** `22:20:05.3` `UTC`, in whole seconds where time flies; `mkfs` `+0:12.3` where two recordings are compared, as the window has it. */
export function clockWords(
  clockUs: number,
  speed: number,
  { zone, alignment }: { readonly zone: Zone; readonly alignment: Alignment | null },
): ClockWords {
  if (alignment !== null)
    return { since: alignment.name, time: sinceWords(clockUs - alignment.us), zone: '' };
  const isFast = speed >= WHOLE_SECONDS_FROM;
  const time = isFast ? formatClock(clockUs, zone) : formatClockPrecise(clockUs, zone, 1);
  return { since: '', time, zone: zoneName(clockUs, zone) };
}

/** The title that a film has when it is given none. */
export function defaultTitle(disks: readonly FilmDisk[]): string {
  const [first] = disks;
  if (first === undefined) return '';
  return disks.length === 1 ? first.name : plural(disks.length, 'disk');
}

function speedWords(speed: number): string | null {
  if (speed === 1) return null;
  if (speed > 1) return `${Number(speed.toFixed(2))}× speed`;
  const slower = 1 / speed;
  return Number.isInteger(slower) ? `1/${slower} speed` : `${Number(speed.toFixed(2))}× speed`;
}

/** What must be known to read the picture: sizes, what a cell stands for, how time passes. */
export function factsWords(
  { panels }: FilmLayout,
  time: { readonly speed: number; readonly skipIdle: boolean },
): string {
  const sizes = new Set(panels.map(({ disk }) => formatBytes(disk.sizeBytes)));
  const cells = new Set(
    panels.map(({ grid }) => formatBytes(4 ** grid.view.level * 2 ** grid.view.cellShift)),
  );
  const [size] = sizes;
  const [cell] = cells;
  const facts = [
    sizes.size === 1 && size !== undefined ? (panels.length > 1 ? `${size} each` : size) : null,
    cells.size === 1 && cell !== undefined ? `a cell is ${cell}` : 'cells differ from disk to disk',
    speedWords(time.speed),
    time.skipIdle ? 'idle time left out' : null,
  ];
  return facts.filter((fact) => fact !== null).join(' · ');
}

/** A disk's line over its grid: its name, and what it is doing where that is more than being used. */
export interface DiskLine {
  readonly name: string;
  readonly state: string;
  readonly tone: ActivityTone;
}

export function diskLines(
  state: SessionState,
  clockUs: number,
  disks: readonly FilmDisk[],
): readonly DiskLine[] {
  const known = Number.isNaN(clockUs) ? [] : describeDisks(state, clockUs, disks);
  return disks.map(({ id, name }) => {
    const activity = known.find(({ disk }) => disk === id);
    if (activity === undefined) return { name, state: '', tone: 'quiet' };
    return { name, state: activity.badge, tone: activityTone(activity) };
  });
}
