import { thousands } from '#shared/bytes/size.ts';
import { parseMoment } from '#shared/captions/moment.ts';
import type { HistoryInfo } from '#shared/contract/time.ts';
import { formatClockPrecise, formatDateTime } from './format.ts';
import { fromWallUs, type Zone, zoneOffsetUs } from './zone.ts';

/** Where in time a person wants to go, or the sentence that says what was wrong. */
export type TimeTarget = { readonly us: number } | { readonly sequence: number } | { readonly error: string };

const FORMS =
  'write a time of day (22:20:27.5), a step from here (+5s, −2m), time from the beginning (12.5, 1:02), a date with a time, or a row (#1200)';

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
  d: 86_400e6,
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
  const wall = (us: number): number => us + zoneOffsetUs(us, zone);
  const read = parseMoment(plain, wall(firstUs), wall(nearUs));
  if ('error' in read) return { error: `"${text.trim()}" is no moment: ${FORMS}` };
  return within(fromWallUs(read.us, zone), firstUs, lastUs, plain, zone);
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
    error: `"${text}" is ${us < firstUs ? 'before' : 'after'} what is kept: ${formatDateTime(firstUs, zone)} to ${formatClockPrecise(lastUs, zone, 0)}`,
  };
}
