import { describe, expect, it } from 'vitest';
import { decodeAnswer } from '#shared/channel/answer.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { RowsGoneError } from '../history/rows-gone-error.ts';
import { Questions } from './questions.ts';
import { MemoryHistory } from './testing/memory-history.ts';

/** A history from which the rows that are asked for have just gone, so many times. */
class ShrinkingHistory extends MemoryHistory {
  left: number;

  constructor(times: number) {
    const batch = new EventBatch(1);
    const row = { kind: RowKind.Request, op: Op.Read, slot: 0, lengthBytes: 4096 };
    batch.push({ ...row, timeUs: 1e15, clockUs: 1e15 });
    batch.firstSequence = 1;
    super([batch]);
    this.left = times;
  }

  override async *rows(from: number, to: number, signal?: AbortSignal): AsyncGenerator<EventBatch> {
    this.left -= 1;
    if (this.left >= 0) throw new RowsGoneError(from, from + 1);
    yield* super.rows(from, to, signal);
  }
}

/** What becomes of a question about the first block. */
async function asked(history: MemoryHistory): Promise<string | number> {
  return new Promise((resolve) => {
    const input = { past: { history }, structures: { answer: () => Promise.reject(new Error('none here')) } };
    const questions = new Questions(input, {
      answer: (_id, payload) => resolve(decodeAnswer(payload).columns['sequence']?.length ?? 0),
      unanswered: (_id, text) => resolve(text),
    });
    const block = { about: 'block' as const, disk: 0, firstBlock: 0, endBlock: 1 };
    questions.ask(1, { ...block, beforeSequence: null, limit: 9, count: false });
  });
}

describe('questions', () => {
  it('are begun anew when rows leave the history before they are looked at', async () => {
    expect(await asked(new ShrinkingHistory(2))).toBe(1);
  });

  it('come to words when that goes on', async () => {
    expect(await asked(new ShrinkingHistory(100))).toMatch(/row 1 is not kept any more/);
  });
});
