import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { rowSectors, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import type { History } from '../history/history.ts';
import { columnOf } from './span-columns.ts';
import { walkSpan } from './span-walk.ts';

/** Where on a disk the requests of a span went, over time. */
export async function answerSeekPlot(
  history: History,
  question: Extract<Question, { about: 'seekPlot' }>,
  signal: AbortSignal,
): Promise<Answer> {
  const { span, columns, rows, disk, firstBlock, endBlock } = question;
  const blocksPerRow = Math.max(1, Math.ceil((endBlock - firstBlock) / rows));
  const counts = new Uint32Array(2 * rows * columns);
  const range = new Float64Array(2);
  await walkSpan(
    history,
    { span, disks: [disk] },
    {
      arrived(batch, i) {
        const op = batch.op[i];
        if (op !== Op.Read && op !== Op.Write && op !== Op.Trim && op !== Op.Zero) return;
        rowSectors(batch, i, range);
        const from = Math.max(Math.floor((range[0] ?? 0) / SECTORS_PER_BLOCK), firstBlock);
        const to = Math.min(Math.ceil((range[1] ?? 0) / SECTORS_PER_BLOCK), endBlock);
        if (from >= to) return;
        const column = columnOf(span, columns, batch.clockUs[i] ?? Number.NaN);
        const base = (op === Op.Read ? 0 : rows * columns) + column;
        const first = Math.floor((from - firstBlock) / blocksPerRow);
        const last = Math.floor((to - 1 - firstBlock) / blocksPerRow);
        for (let row = first; row <= last; row += 1) {
          const at = base + row * columns;
          counts[at] = (counts[at] ?? 0) + 1;
        }
      },
    },
    signal,
  );
  return { json: { blocksPerRow }, columns: { counts } };
}
