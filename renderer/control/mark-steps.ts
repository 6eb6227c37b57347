import { FASTEST, type Mark } from '#shared/contract/time.ts';

/** So long after a mark, by a person's clock, one step back goes to the mark before it, not to this one again. */
const REACH_US = 500_000;

/** The stretch of the session's clock that {@link REACH_US} is while it is played at `speed`. */
export function reachUs(speed: number): number {
  return REACH_US * (speed === FASTEST ? 1 : speed);
}

/**
 * The mark that a step leads to from a moment: the next (1) or the one before (-1); null where there is none. Where there are
 * captions with words only these count.
 *
 * @param marks in the order of their moments. @param us the moment, on the session's clock.
 * @param behindUs so near behind a mark as this a step back passes it; 0 while time stands still.
 */
export function markBeside(marks: readonly Mark[], us: number, by: 1 | -1, behindUs: number): Mark | null {
  const captions = marks.filter(({ kind, text }) => kind === 'caption' && text !== '');
  const stops = captions.length > 0 ? captions : marks;
  const found =
    by === 1
      ? stops.find(({ clockUs }) => clockUs > us)
      : stops.findLast(({ clockUs }) => clockUs < us - behindUs);
  return found ?? null;
}
