import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { BlockList, PAGE_REQUESTS } from './block-list.ts';

const BLOCKS = { disk: 1, firstBlock: 8, endBlock: 9 };

interface Asked {
  readonly question: Extract<Question, { about: 'block' }>;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => Promise<void>;
  readonly refuse: (reason: string) => Promise<void>;
}

/** An answer with these requests, by their sequence numbers. */
function page(sequences: readonly number[], more: boolean, total: number | null = null): Answer {
  const columns = {
    sequence: Float64Array.from(sequences),
    arrivalUs: Float64Array.from(sequences, (sequence) => sequence * 10),
    latencyUs: new Float64Array(sequences.length).fill(Number.NaN),
    op: new Uint16Array(sequences.length).fill(1),
    errno: new Uint16Array(sequences.length).fill(0xffff),
    connection: new Uint32Array(sequences.length).fill(2),
    offsetBytes: new BigUint64Array(sequences.length).fill(1n << 63n),
    lengthBytes: new BigUint64Array(sequences.length).fill(4096n),
  };
  return { json: { total, more }, columns };
}

describe('BlockList', () => {
  let asked: Asked[] = [];
  let list: BlockList;
  let changes = 0;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    changes = 0;
    list = new BlockList(
      (question, signal) =>
        new Promise((resolve, reject) => {
          if (question.about !== 'block') throw new Error(`asked about ${question.about}`);
          asked.push({
            question,
            signal,
            answer: async (answer) => {
              resolve(answer);
              await vi.advanceTimersByTimeAsync(0);
            },
            refuse: async (reason) => {
              reject(new Error(reason));
              await vi.advanceTimersByTimeAsync(0);
            },
          });
        }),
      () => {
        changes += 1;
      },
    );
  });

  afterEach(() => {
    list.dispose();
    vi.useRealTimers();
  });

  const sequences = (): readonly number[] => list.state.requests.map(({ sequence }) => sequence);

  it('lists the latest of some blocks, whole where there are no more', async () => {
    list.show(BLOCKS);
    expect(list.state).toMatchObject({ blocks: BLOCKS, loading: true, requests: [] });
    expect(asked[0]?.question).toMatchObject({ ...BLOCKS, beforeSequence: null, limit: PAGE_REQUESTS });
    await asked[0]?.answer(page([9, 4], false));
    expect(list.state).toMatchObject({ more: false, total: 2, loading: false, trouble: null });
    expect(list.state.requests[0]).toEqual({
      sequence: 9,
      arrivalUs: 90,
      latencyUs: Number.NaN,
      op: 1,
      errno: 0xffff,
      connection: 2,
      offsetBytes: 1n << 63n,
      lengthBytes: 4096n,
    });
    expect(changes).toBeGreaterThan(1);
    list.show({ ...BLOCKS });
    list.loadMore();
    expect(asked).toHaveLength(1);
  });

  it('shows a page before all are counted, and adds earlier pages to it', async () => {
    list.show(BLOCKS);
    await asked[0]?.answer(page([9, 8], true));
    expect(list.state).toMatchObject({ more: true, total: null, loading: false });
    expect(asked[1]?.question).toMatchObject({ count: true, limit: 1 });
    list.loadMore();
    list.loadMore();
    expect(asked).toHaveLength(3);
    expect(asked[2]?.question).toMatchObject({ beforeSequence: 8, count: false });
    await asked[2]?.answer(page([7], false));
    expect(sequences()).toEqual([9, 8, 7]);
    await asked[1]?.answer(page([9], true, 3));
    expect(list.state.total).toBe(3);
    expect(sequences()).toEqual([9, 8, 7]);
  });

  it('forgets what was asked of other blocks, whenever that comes', async () => {
    list.show(BLOCKS);
    list.show({ ...BLOCKS, disk: 2 });
    expect(asked[0]?.signal.aborted).toBe(true);
    await asked[0]?.answer(page([9], false));
    expect(list.state).toMatchObject({ blocks: { disk: 2 }, requests: [], loading: true });
    list.show(null);
    expect(list.state).toMatchObject({ blocks: null, requests: [] });
  });

  it('is brought up to date as the history grows, once for many rows', async () => {
    list.show(BLOCKS);
    await asked[0]?.answer(page([4], false));
    for (let i = 0; i < 10; i += 1) list.grown();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
    await asked[1]?.answer(page([12, 4], false));
    expect(sequences()).toEqual([12, 4]);
    expect(list.state.total).toBe(2);
  });

  it('says why it could not be had, and keeps what it has', async () => {
    list.show(BLOCKS);
    await asked[0]?.answer(page([4], false));
    list.grown();
    await vi.advanceTimersByTimeAsync(60_000);
    await asked[1]?.refuse('the history begins later now');
    expect(list.state).toMatchObject({ trouble: 'the history begins later now', loading: false });
    expect(sequences()).toEqual([4]);
  });
});
