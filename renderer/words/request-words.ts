import { formatBytes, thousands } from '#shared/bytes/size.ts';
import { opName } from '#shared/events/vocabulary.ts';
import type { Selection } from '../store/app-store.ts';
import type { ListedRequest } from '../store/block-list.ts';
import { outcomeWords } from './block-words.ts';
import { formatClockPrecise, formatDay, formatHex } from './format.ts';
import type { Zone } from './zone.ts';
import { zoneName } from './zone.ts';

/** Requests as lines of tab-separated values with a line of names before them; numbers plain, so that sheets can read them. */
export function requestsAsTsv(requests: readonly ListedRequest[], zone: Zone): string {
  const first = requests[0];
  const named = first === undefined ? 'UTC' : zoneName(first.arrivalUs, zone);
  const head = [`time (${named})`, 'operation', 'offset', 'bytes', 'latency (µs)', 'connection', 'result'];
  const lines = requests.map((request) => [
    `${formatDay(request.arrivalUs, zone)} ${formatClockPrecise(request.arrivalUs, zone, 6)}`,
    opName(request.op),
    formatHex(request.offsetBytes),
    String(request.lengthBytes),
    Number.isNaN(request.latencyUs) ? '' : String(Math.round(request.latencyUs)),
    String(request.connection),
    outcomeWords(request.errno),
  ]);
  return `${[head, ...lines].map((cells) => cells.join('\t')).join('\n')}\n`;
}

/** Blocks as a person calls them: `block 4,096` or `blocks 0 to 15 (64 KiB)`. */
export function blocksWords({ firstBlock, endBlock }: Omit<Selection, 'disk'>): string {
  const blocks = endBlock - firstBlock;
  if (blocks === 1) return `block ${thousands(firstBlock)}`;
  return `blocks ${thousands(firstBlock)} to ${thousands(endBlock - 1)} (${formatBytes(BigInt(blocks) * 4096n)})`;
}
