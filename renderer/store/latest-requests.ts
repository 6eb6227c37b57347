import { joinHalves } from '#shared/bytes/size.ts';
import { opName } from '#shared/events/vocabulary.ts';
import type { RecentRequests } from '#shared/model/recent-requests.ts';
import { outcomeWords } from '../words/block-words.ts';
import { formatClockPrecise } from '../words/format.ts';

/** Which of the latest requests are listed; null lets every one through. */
export interface RequestFilter {
  readonly disk: number | null;
  readonly connection: number | null;
  readonly op: number | null;
}

/** Indexes into the columns of `recent`, the latest request first, of those that the filter lets through. */
export function listRequests(recent: RecentRequests, filter: RequestFilter): Int32Array {
  const found = new Int32Array(recent.length);
  let count = 0;
  for (let age = 0; age < recent.length; age += 1) {
    const at = recent.indexOf(age);
    if (filter.disk !== null && recent.disk[at] !== filter.disk) continue;
    if (filter.connection !== null && recent.connection[at] !== filter.connection) continue;
    if (filter.op !== null && recent.op[at] !== filter.op) continue;
    found[count] = at;
    count += 1;
  }
  return found.subarray(0, count);
}

/** Connections among the latest requests of a disk (null: of all), ascending. */
export function listConnections(recent: RecentRequests, disk: number | null): number[] {
  const found = new Set<number>();
  for (let age = 0; age < recent.length; age += 1) {
    const at = recent.indexOf(age);
    if (disk === null || recent.disk[at] === disk) found.add(recent.connection[at] ?? 0);
  }
  return [...found].sort((a, b) => a - b);
}

const HEADINGS = [
  'time',
  'disk',
  'connection',
  'id',
  'operation',
  'offset',
  'length',
  'latency_us',
  'outcome',
];

/** The requests at `indexes` as tab-separated text with headings, to paste into a table. */
export function requestsAsText(
  recent: RecentRequests,
  indexes: Int32Array,
  diskName: (disk: number) => string,
): string {
  const lines = [HEADINGS.join('\t')];
  for (const at of indexes) {
    const latencyUs = recent.latencyUs[at] ?? Number.NaN;
    lines.push(
      [
        formatClockPrecise(recent.clockUs[at] ?? Number.NaN),
        diskName(recent.disk[at] ?? 0).replace(/[\t\r\n]/g, ' '),
        recent.connection[at] ?? 0,
        joinHalves(recent.cookieHigh[at] ?? 0, recent.cookieLow[at] ?? 0),
        opName(recent.op[at] ?? 0),
        joinHalves(recent.offsetHigh[at] ?? 0, recent.offsetLow[at] ?? 0),
        joinHalves(recent.lengthHigh[at] ?? 0, recent.lengthLow[at] ?? 0),
        Number.isNaN(latencyUs) ? '' : Math.round(latencyUs),
        outcomeWords(recent.errno[at] ?? 0),
      ].join('\t'),
    );
  }
  return `${lines.join('\n')}\n`;
}
