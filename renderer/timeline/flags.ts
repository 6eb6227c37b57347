import type { Mark } from '#shared/contract/time.ts';
import { type TimeWindow, xOf } from './time-window.ts';

/** A mark or caption on the timeline. */
export interface Flag {
  readonly mark: Mark;
  /** Where it stands; at the left edge for a caption that began before and still holds. */
  readonly xPx: number;
  /** Whether its moment is in sight. */
  readonly inSight: boolean;
  /** As much of its words as there is room for; empty for none. */
  readonly words: string;
  readonly widthPx: number;
}

/** Flags nearer to each other than this are one flag: the first. */
const APART_PX = 5;
/** Between a flag and its words, and after them. */
export const FLAG_PADDING_PX = 5;
/** Fewer characters say nothing. */
const LEAST_CHARACTERS = 3;

/**
 * Where marks stand in a window drawn `widthPx` wide, and how much of their words fits before the next. `marks` are in the
 * order of their moments; a caption at the left edge is the one that was last before the window.
 *
 * @param textPx how wide words are drawn.
 */
export function placeFlags(
  marks: readonly Mark[],
  window: TimeWindow,
  widthPx: number,
  textPx: (words: string) => number,
): Flag[] {
  const places: { mark: Mark; xPx: number; inSight: boolean }[] = [];
  let before: Mark | null = null;
  for (const mark of marks) {
    if (mark.clockUs < window.fromUs) {
      if (mark.kind === 'caption') before = mark;
      continue;
    }
    if (mark.clockUs >= window.toUs) break;
    // A caption without words only ends the one before.
    if (mark.text === '') continue;
    const xPx = xOf(window, widthPx, mark.clockUs);
    if (xPx - (places.at(-1)?.xPx ?? Number.NEGATIVE_INFINITY) >= APART_PX)
      places.push({ mark, xPx, inSight: true });
  }
  if (before !== null && before.text !== '' && (places[0]?.xPx ?? Number.POSITIVE_INFINITY) >= APART_PX) {
    places.unshift({ mark: before, xPx: 0, inSight: false });
  }
  return places.map((place, i) => {
    const roomPx = (places[i + 1]?.xPx ?? widthPx) - place.xPx - 2 * FLAG_PADDING_PX;
    const words = fitWords(place.mark.text, roomPx, textPx);
    return { ...place, words, widthPx: words === '' ? 0 : textPx(words) + 2 * FLAG_PADDING_PX };
  });
}

/** As much of the words as `roomPx` holds, with `…` for what is left out; empty when that would say nothing. */
export function fitWords(words: string, roomPx: number, textPx: (words: string) => number): string {
  if (roomPx <= 0) return '';
  if (textPx(words) <= roomPx) return words;
  let fits = 0;
  let tooMany = words.length;
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (textPx(shortened(words, middle)) <= roomPx) fits = middle;
    else tooMany = middle;
  }
  return fits < LEAST_CHARACTERS ? '' : shortened(words, fits);
}

function shortened(words: string, characters: number): string {
  return `${words.slice(0, characters).trimEnd()}…`;
}

/** The flag whose words or pole lie at `xPx`; null for none. */
export function flagAt(flags: readonly Flag[], xPx: number): Flag | null {
  return (
    flags.findLast((flag) => xPx >= flag.xPx - 2 && xPx <= flag.xPx + Math.max(flag.widthPx, APART_PX)) ??
    null
  );
}
