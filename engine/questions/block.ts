import { joinHalves } from '#shared/bytes/size.ts';
import type { Answer } from '#shared/channel/answer.ts';
import type { BlockAnswer, Question } from '#shared/contract/questions.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { rowSectors, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import { ERRNO_PENDING, ERRNO_UNANSWERED } from '#shared/model/recent-requests.ts';
import type { History, HistoryChunk } from '../history/history.ts';
import { Slices } from '../slices.ts';

type BlockQuestion = Extract<Question, { about: 'block' }>;

/** Rows that are looked through at once where the history does not say how it is kept. */
const STRETCH_ROWS = 8192;

interface Ending {
  readonly errno: number;
  readonly latencyUs: number;
}

/** A request on the blocks, and how it ended. */
interface Touch {
  readonly sequence: number;
  readonly arrivalUs: number;
  readonly op: number;
  readonly flags: number;
  readonly connection: number;
  readonly offsetLow: number;
  readonly offsetHigh: number;
  readonly lengthLow: number;
  readonly lengthHigh: number;
  ending: Ending | null;
}

/**
 * The requests on some blocks, latest first. Looks through the history backwards, only where it may hold such a request,
 * and stops when there are enough: asking for the latest costs little however long the history is.
 */
export async function answerBlock(
  history: History,
  question: BlockQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  const search = new BlockSearch(history, question, signal);
  const { touches, more } = await search.latest();
  const total = question.count ? await search.count() : null;
  const json: BlockAnswer = { total, more };
  return { json, columns: columnsOf(touches) };
}

class BlockSearch {
  readonly #history: History;
  readonly #question: BlockQuestion;
  readonly #signal: AbortSignal;
  readonly #slices: Slices;
  /** All there are, in order. */
  readonly #chunks: readonly HistoryChunk[];
  readonly #range = new Float64Array(2);

  constructor(history: History, question: BlockQuestion, signal: AbortSignal) {
    this.#history = history;
    this.#question = question;
    this.#signal = signal;
    this.#slices = new Slices(signal);
    this.#chunks = chunksOf(history);
  }

  /** The latest requests before `beforeSequence`, latest first, and whether there are more. */
  async latest(): Promise<{ readonly touches: readonly Touch[]; readonly more: boolean }> {
    const { beforeSequence, limit } = this.#question;
    const before = beforeSequence ?? Number.POSITIVE_INFINITY;
    const found: Touch[] = [];
    const open = new Map<number, Touch>();
    // Ends of requests that arrived before what was looked through so far, by slot: a slot has one at most.
    let endings = new Map<number, Ending>();
    for (const chunk of this.#chunks.toReversed()) {
      if (chunk.firstSequence >= before || !(await this.#mayHold(chunk))) continue;
      const part = await this.#part(chunk.firstSequence, Math.min(chunk.lastSequence, before - 1));
      for (const [slot, touch] of part.open) {
        touch.ending = endings.get(slot) ?? null;
        if (touch.ending === null) open.set(slot, touch);
        else endings.delete(slot);
      }
      endings = new Map([...endings, ...part.endings]);
      found.push(...part.touches.reverse());
      if (found.length > limit) break;
    }
    if (before <= this.#history.lastSequence) await this.#endingsFrom(before, open);
    return { touches: found.slice(0, limit), more: found.length > limit };
  }

  /** How many requests there are on the blocks, in the whole history. */
  async count(): Promise<number> {
    let total = 0;
    for (const chunk of this.#chunks) {
      if (!(await this.#mayHold(chunk))) continue;
      await this.#eachRow(chunk.firstSequence, chunk.lastSequence, (batch, i) => {
        if (batch.kind[i] === RowKind.Request) total += 1;
        return true;
      });
    }
    return total;
  }

  /** Whether a stretch may hold a request on the blocks. */
  async #mayHold(chunk: HistoryChunk): Promise<boolean> {
    if (this.#slices.isOver) await this.#slices.rest();
    const { disk, firstBlock, endBlock } = this.#question;
    return chunk.mayTouch(disk, firstBlock, endBlock);
  }

  /** The requests in a stretch, in order; those of them that did not end there, and ends of others, by slot. */
  async #part(first: number, last: number) {
    const touches: Touch[] = [];
    const open = new Map<number, Touch>();
    const endings = new Map<number, Ending>();
    await this.#eachRow(first, last, (batch, i) => {
      const slot = batch.slot[i] ?? 0;
      if (batch.kind[i] === RowKind.Request) {
        const touch = touchOf(batch, i);
        touches.push(touch);
        open.set(slot, touch);
        return true;
      }
      const request = open.get(slot);
      if (request === undefined) {
        endings.set(slot, endingOf(batch, i));
      } else {
        request.ending = endingOf(batch, i);
        open.delete(slot);
      }
      return true;
    });
    return { touches, open, endings };
  }

  /** Finds the ends of requests that were in flight before row `from`. */
  async #endingsFrom(from: number, open: Map<number, Touch>): Promise<void> {
    for (const chunk of this.#chunks) {
      const { firstSequence, lastSequence } = chunk;
      if (open.size === 0) return;
      if (lastSequence < from || !(await this.#mayHold(chunk))) continue;
      await this.#eachRow(Math.max(firstSequence, from), lastSequence, (batch, i) => {
        const slot = batch.slot[i] ?? 0;
        const touch = open.get(slot);
        if (batch.kind[i] !== RowKind.Request && touch !== undefined) {
          touch.ending = endingOf(batch, i);
          open.delete(slot);
        }
        return open.size > 0;
      });
    }
  }

  /** Visits the rows of requests on the blocks and of their ends, until `visit` says that it is enough. */
  async #eachRow(
    first: number,
    last: number,
    visit: (batch: EventBatch, i: number) => boolean,
  ): Promise<void> {
    const { disk } = this.#question;
    for await (const batch of this.#history.rows(first, last, this.#signal)) {
      for (let i = 0; i < batch.count; i += 1) {
        const kind = batch.kind[i];
        if (kind !== RowKind.Request && kind !== RowKind.Completion && kind !== RowKind.Unanswered) continue;
        if (batch.disk[i] !== disk || !this.#touches(batch, i)) continue;
        if (!visit(batch, i)) return;
      }
      if (this.#slices.isOver) await this.#slices.rest();
    }
    this.#signal.throwIfAborted();
  }

  #touches(batch: EventBatch, i: number): boolean {
    const range = this.#range;
    rowSectors(batch, i, range);
    const [first = 0, end = 0] = range;
    const { firstBlock, endBlock } = this.#question;
    return first < end && first < endBlock * SECTORS_PER_BLOCK && end > firstBlock * SECTORS_PER_BLOCK;
  }
}

function chunksOf(history: History): readonly HistoryChunk[] {
  const known = history.chunks?.();
  if (known !== undefined) return known;
  const chunks: HistoryChunk[] = [];
  if (history.lastSequence === 0) return chunks;
  for (let first = history.firstSequence; first <= history.lastSequence; first += STRETCH_ROWS) {
    const lastSequence = Math.min(first + STRETCH_ROWS - 1, history.lastSequence);
    chunks.push({ firstSequence: first, lastSequence, mayTouch: () => true });
  }
  return chunks;
}

function touchOf(batch: EventBatch, i: number): Touch {
  return {
    sequence: batch.firstSequence + i,
    arrivalUs: batch.clockUs[i] ?? Number.NaN,
    op: batch.op[i] ?? 0,
    flags: batch.flags[i] ?? 0,
    connection: batch.connection[i] ?? 0,
    offsetLow: batch.offsetLow[i] ?? 0,
    offsetHigh: batch.offsetHigh[i] ?? 0,
    lengthLow: batch.lengthLow[i] ?? 0,
    lengthHigh: batch.lengthHigh[i] ?? 0,
    ending: null,
  };
}

function endingOf(batch: EventBatch, i: number): Ending {
  return batch.kind[i] === RowKind.Unanswered
    ? { errno: ERRNO_UNANSWERED, latencyUs: Number.NaN }
    : { errno: batch.errno[i] ?? 0, latencyUs: batch.latencyUs[i] ?? Number.NaN };
}

function columnsOf(touches: readonly Touch[]): Answer['columns'] {
  return {
    sequence: Float64Array.from(touches, ({ sequence }) => sequence),
    arrivalUs: Float64Array.from(touches, ({ arrivalUs }) => arrivalUs),
    latencyUs: Float64Array.from(touches, ({ ending }) => ending?.latencyUs ?? Number.NaN),
    op: Uint16Array.from(touches, ({ op }) => op),
    flags: Uint16Array.from(touches, ({ flags }) => flags),
    errno: Uint16Array.from(touches, ({ ending }) => ending?.errno ?? ERRNO_PENDING),
    connection: Uint32Array.from(touches, ({ connection }) => connection),
    offsetBytes: BigUint64Array.from(touches, (t) => joinHalves(t.offsetHigh, t.offsetLow)),
    lengthBytes: BigUint64Array.from(touches, (t) => joinHalves(t.lengthHigh, t.lengthLow)),
  };
}
