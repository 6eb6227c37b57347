import { FASTEST, type HistoryInfo } from '#shared/contract/time.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import type { MomentReadout } from '../timeline/moment-readout.ts';
import { secondDigits } from '../timeline/time-ticks.ts';
import {
  formatClockPrecise,
  formatCount,
  formatDay,
  formatDuration,
  formatPosition,
  plural,
} from './format.ts';
import { speedWords } from './speed-words.ts';
import type { Zone } from './zone.ts';

/** A speed in a list of them. */
export function speedTitle(speed: number): string {
  return speed === FASTEST ? 'As fast as it goes' : speedWords(speed);
}

/** A moment to the digit that tells it from its neighbours `apartUs` away, with its day where the history has several. */
export function momentWords(us: number, apartUs: number, history: HistoryInfo, zone: Zone): string {
  const time = formatClockPrecise(us, zone, secondDigits(apartUs));
  const { firstUs, lastUs } = history;
  const several = firstUs !== null && lastUs !== null && formatDay(firstUs, zone) !== formatDay(lastUs, zone);
  return several ? `${formatDay(us, zone)} ${time}` : time;
}

/** What happened about a moment, part by part: `12 reads`, `p50 1.2 ms`. What did not happen is left out. */
export function readoutParts(readout: MomentReadout): string[] {
  const parts = readout.requests.flatMap((count, op) =>
    count === 0 ? [] : [`${formatCount(count)} ${opPlural(op, count)}`],
  );
  if (parts.length === 0) parts.push('nothing');
  if (readout.errors > 0) parts.push(plural(readout.errors, 'error'));
  return parts;
}

/** How long requests took there and how many waited: `p50 1.2 ms · p99 3.0 ms · max 8.0 ms · queue 4`; empty for none. */
export function latencyParts({ p50Us, p99Us, maxUs, depth }: MomentReadout): string[] {
  const parts: string[] = [];
  if (p50Us !== null) parts.push(`p50 ${formatDuration(p50Us)}`);
  if (p99Us !== null) parts.push(`p99 ${formatDuration(p99Us)}`);
  if (maxUs !== null) parts.push(`max ${formatDuration(maxUs)}`);
  if (depth > 0) parts.push(`queue ${depth}`);
  return parts;
}

function opPlural(op: number, count: number): string {
  const name = OP_NAMES[op] ?? 'other';
  if (count === 1 || name === 'extents') return name;
  return name.endsWith('sh') ? `${name}es` : `${name}${name === 'zero' ? 'es' : 's'}`;
}

/** Where a moment stands in the history: `0:33 of 1:02`. */
export function positionWords(us: number, { firstUs, lastUs }: HistoryInfo): string {
  if (firstUs === null || lastUs === null || Number.isNaN(us)) return '';
  return `${formatPosition(us - firstUs)} of ${formatPosition(Math.max(lastUs, us) - firstUs)}`;
}
