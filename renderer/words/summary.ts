import { formatBytes, joinHalves, thousands } from '#shared/bytes/size.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import type { RecentRequests } from '#shared/model/recent-requests.ts';
import type { CountersView } from '../store/counters.ts';
import { sum } from '../store/counters.ts';
import { formatOffset, plural } from './format.ts';

const PLURALS = [
  'reads',
  'writes',
  'trims',
  'zeroes',
  'flushes',
  'cache requests',
  'extent queries',
] as const;

/**
 * The picture of the disk in hand in words: "64 MiB disk sda: 316 reads, 189 writes, 2 in flight, no errors; last write at
 * 16 MiB." For screen readers, so short.
 */
export function summarize(
  session: SessionInfo,
  counters: CountersView,
  recent: RecentRequests,
  activeDisk: number | null,
): string {
  const disk = session.disks.find((candidate) => candidate.id === activeDisk);
  if (disk === undefined) {
    const [source] = session.sources;
    return source === undefined
      ? 'Nothing is open.'
      : `${source.name}: ${source.statusText || source.status}.`;
  }
  const size =
    disk.sizeBytes === null ? 'Disk of unknown size' : `${formatBytes(BigInt(disk.sizeBytes))} disk`;
  const view = counters.disks.get(disk.id);
  if (view === undefined || sum(view.requests) === 0) return `${size} ${disk.name}: no requests yet.`;
  const counted = view.requests
    .map((count, op) => (count === 0 ? null : plural(count, OP_NAMES[op] ?? '', PLURALS[op])))
    .filter((words) => words !== null);
  if (view.inFlight > 0) counted.push(`${thousands(view.inFlight)} in flight`);
  const errors = sum(view.errors);
  counted.push(errors === 0 ? 'no errors' : plural(errors, 'error'));
  return `${size} ${disk.name}: ${counted.join(', ')}${lastWords(recent, disk.id)}.`;
}

function lastWords(recent: RecentRequests, disk: number): string {
  for (let age = 0; age < recent.length; age += 1) {
    const at = recent.indexOf(age);
    const op = recent.op[at] ?? 0;
    if (recent.disk[at] !== disk || op > 3) continue;
    const offset = joinHalves(recent.offsetHigh[at] ?? 0, recent.offsetLow[at] ?? 0);
    return `; last ${OP_NAMES[op]} at ${formatOffset(offset)}`;
  }
  return '';
}
