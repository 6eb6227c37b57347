import { thousands } from '#shared/bytes/size.ts';
import { parseMoment } from '#shared/captions/moment.ts';
import type { HistoryInfo } from '#shared/contract/time.ts';
import { formatDateTime } from './format.ts';
import { fromWallUs, type Zone, zoneOffsetUs } from './zone.ts';

/** Where in time a person wants to go, or the sentence that says what was wrong. */
export type TimeTarget = { readonly us: number } | { readonly sequence: number } | { readonly error: string };

const FORMS =
  'write a time of day (22:20:27.5), a step from here (+5s, −2m), time from the beginning (12.5, 1:02), a date with a time, or a row (#1200)';

const DAY_US = 86_400_000_000;

const UNITS_US: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  μs: 1,
  ms: 1000,
  s: 1e6,
  '': 1e6,
  m: 60e6,
  min: 60e6,
  h: 3600e6,
  d: DAY_US,
};

/**
 * Reads a moment: `22:20:27.5` on the clock of `zone`, `+5s` or `-2m` from the moment shown, `12.5` or `1:02` from the beginning,
 * `2026-05-01 22:20:27`, or `#1200`, which is a row by its sequence number. One outside of what is kept is an error. Never throws.
 */
export function parseGoToTime(text: string, history: HistoryInfo, shownUs: number, zone: Zone): TimeTarget {
  const plain = text.trim().replace(/^[−–]/, '-');
  if (plain === '') return { error: `nothing to go to: ${FORMS}` };
  const { firstUs, lastUs } = history;
  const row = /^#\s*([\d,_]{1,20})$/.exec(plain);
  if (row !== null) return rowTarget(Number((row[1] ?? '').replace(/[,_]/g, '')), history);
  if (firstUs === null || lastUs === null) return { error: 'no moment is known yet: nothing was recorded' };
  const nearUs = Number.isNaN(shownUs) ? lastUs : shownUs;
  const stepUs = readStep(plain);
  if (stepUs !== null) return within(nearUs + stepUs, firstUs, lastUs, plain, zone);
  const wallFirstUs = firstUs + zoneOffsetUs(firstUs, zone);
  const read = parseMoment(plain, wallFirstUs);
  if ('error' in read) return { error: `"${text.trim()}" is no moment: ${FORMS}` };
  if (!/^\d\d?:\d\d:\d\d/.test(plain)) return within(fromWallUs(read.us, zone), firstUs, lastUs, plain, zone);
  const us = nearestDay(read.us, nearUs, firstUs, lastUs, zone);
  return within(us, firstUs, lastUs, plain, zone);
}

/** The moment at which the clock of `zone` shows this time of day: of the days that are kept, the nearest to `nearUs`. */
function nearestDay(wallUs: number, nearUs: number, firstUs: number, lastUs: number, zone: Zone): number {
  const days = Math.round((nearUs + zoneOffsetUs(nearUs, zone) - wallUs) / DAY_US);
  const candidates = [days, days - 1, days + 1].map((day) => fromWallUs(wallUs + day * DAY_US, zone));
  const first = fromWallUs(wallUs, zone);
  // To the second: the history begins within one.
  const kept = candidates.filter((us) => us > firstUs - 1_000_000 && us < lastUs + 1_000_000);
  return kept.toSorted((a, b) => Math.abs(a - nearUs) - Math.abs(b - nearUs))[0] ?? first;
}

/** `+1m30s` in µs; null for what is no step. */
function readStep(plain: string): number | null {
  const match = /^([+-])((?:\d+(?:\.\d+)?\s*(?:us|µs|μs|ms|s|min|m|h|d)?\s*)+)$/i.exec(plain);
  if (match === null) return null;
  let us = 0;
  for (const [, number = '', unit = ''] of (match[2] ?? '').matchAll(/(\d+(?:\.\d+)?)\s*([a-zµμ]*)/gi)) {
    us += Number(number) * (UNITS_US[unit.toLowerCase()] ?? Number.NaN);
  }
  return match[1] === '-' ? -us : us;
}

function rowTarget(sequence: number, { firstSequence, lastSequence }: HistoryInfo): TimeTarget {
  if (lastSequence === 0) return { error: 'there is no row to go to: nothing was recorded yet' };
  if (sequence >= firstSequence && sequence <= lastSequence) return { sequence };
  return {
    error: `row ${thousands(sequence)} is not kept: rows ${thousands(firstSequence)} to ${thousands(lastSequence)} are`,
  };
}

/** A moment within the history, to the second that it was written in: what is off by less is brought there. */
function within(us: number, firstUs: number, lastUs: number, text: string, zone: Zone): TimeTarget {
  if (Number.isNaN(us)) return { error: `"${text}" is no moment: ${FORMS}` };
  if (us > firstUs - 1_000_000 && us < firstUs) return { us: firstUs };
  if (us > lastUs && us < lastUs + 1_000_000) return { us: lastUs };
  if (us >= firstUs && us <= lastUs) return { us: Math.round(us) };
  return {
    error: `"${text}" is not within what is kept: ${formatDateTime(firstUs, zone)} to ${formatDateTime(lastUs, zone)}`,
  };
}
