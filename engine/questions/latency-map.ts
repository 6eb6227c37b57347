import type { Answer } from '#shared/channel/answer.ts';
import { LATENCY_MAP_ROWS, type Question } from '#shared/contract/questions.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import type { History } from '../history/history.ts';
import { RefusedError } from '../refused-error.ts';
import { columnOf } from './span-columns.ts';
import { walkSpan } from './span-walk.ts';

/** Counts of all disks' maps together: some 64 MB. */
const MOST_COUNTS = 1 << 24;

/** The row in which a latency of `latencyUs` stands: bucket r holds those from 2^(r/2) µs on. */
export function latencyRow(latencyUs: number): number {
  if (!(latencyUs > 1)) return 0;
  return Math.min(LATENCY_MAP_ROWS - 1, Math.floor(2 * Math.log2(latencyUs)));
}

/** How long the requests that arrived in a span took, over time, disk by disk. @throws RefusedError for too large a map. */
export async function answerLatencyMap(
  history: History,
  question: Extract<Question, { about: 'latencyMap' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { span, columns } = question;
  const cells = LATENCY_MAP_ROWS * columns;
  const most = Math.floor(MOST_COUNTS / cells);
  const maps = new Map<number, Uint32Array>();
  const mapOf = (disk: number): Uint32Array => {
    const known = maps.get(disk);
    if (known !== undefined) return known;
    if (maps.size === most) {
      throw new RefusedError(
        `${columns} columns can be told of at most ${most} disks; ask for fewer of either`,
      );
    }
    const map = new Uint32Array(cells);
    maps.set(disk, map);
    return map;
  };
  for (const disk of question.disks ?? []) mapOf(disk);

  await walkSpan(
    history,
    question,
    {
      arrived: (batch, i) => void mapOf(batch.disk[i] ?? 0),
      ended(batch, i, _sequence, arrivalUs) {
        const latencyUs = batch.latencyUs[i] ?? Number.NaN;
        if (batch.kind[i] !== RowKind.Completion || Number.isNaN(latencyUs)) return;
        const map = mapOf(batch.disk[i] ?? 0);
        const at = latencyRow(latencyUs) * columns + columnOf(span, columns, arrivalUs);
        map[at] = (map[at] ?? 0) + 1;
      },
    },
    signal,
  );
  const disks = [...maps.keys()].sort((a, b) => a - b);
  const counts = new Uint32Array(disks.length * cells);
  disks.forEach((disk, n) => {
    counts.set(mapOf(disk), n * cells);
  });
  return { json: { disks }, columns: { counts } };
}
