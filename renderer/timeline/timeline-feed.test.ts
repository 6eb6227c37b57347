import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { OP_COUNT } from '#shared/events/vocabulary.ts';
import { requestsIn, type TimelineData } from './timeline-data.ts';
import { TimelineFeed, type Wish } from './timeline-feed.ts';

interface Asked {
  readonly question: Question;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
  readonly refuse: (reason: string) => void;
}

const wish = (change: Partial<Wish> = {}): Wish => ({
  window: { fromUs: 0, toUs: 100 },
  columns: 10,
  disks: null,
  perDisk: false,
  lastSequence: 1,
  ...change,
});

/** An answer in which every column holds as many reads. */
function answerOf(columns: number, reads: number): Answer {
  const requests = new Uint32Array(OP_COUNT * columns);
  requests.fill(reads, 0, columns);
  const none = new Float32Array(columns).fill(Number.NaN);
  const zeros = new Uint32Array(columns);
  return {
    json: null,
    columns: { requests, errors: zeros, p50Us: none, p99Us: none, maxUs: none, depth: zeros },
  };
}

describe('TimelineFeed', () => {
  let asked: Asked[] = [];
  let answers: TimelineData[] = [];
  let troubles: string[] = [];
  let feed: TimelineFeed;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    answers = [];
    troubles = [];
    feed = new TimelineFeed({
      ask: (question, signal) =>
        new Promise((resolve, reject) => {
          asked.push({ question, signal, answer: resolve, refuse: (reason) => reject(new Error(reason)) });
        }),
      onAnswer: (data) => answers.push(data),
      onTrouble: (words) => troubles.push(words),
    });
  });

  afterEach(() => {
    feed.dispose();
    vi.useRealTimers();
  });

  it('asks for what is wanted, once', async () => {
    feed.want(wish());
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.question).toMatchObject({
      about: 'timeline',
      columns: 10,
      span: { fromUs: 0, toUs: 100 },
    });
    asked[0]?.answer(answerOf(10, 3));
    await vi.advanceTimersByTimeAsync(5000);
    expect(answers.map((data) => requestsIn(data.together, 4))).toEqual([3]);
    expect(asked).toHaveLength(1);
  });

  it('calls off a question that a zoom has overtaken, and asks for the last of many windows', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1);
    for (let i = 1; i <= 20; i += 1) feed.want(wish({ window: { fromUs: i, toUs: 100 } }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(asked[1]?.question).toMatchObject({ span: { fromUs: 20 } });
    asked[0]?.answer(answerOf(10, 1));
    asked[1]?.answer(answerOf(10, 2));
    await vi.advanceTimersByTimeAsync(0);
    expect(answers.map((data) => data.window.fromUs)).toEqual([20]);
  });

  it('waits for the answer while the history only grows, then asks for more, a few times a second', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1);
    for (let sequence = 2; sequence < 4; sequence += 1) {
      feed.want(wish({ lastSequence: sequence }));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1);
    expect(asked[0]?.signal.aborted).toBe(false);
    asked[0]?.answer(answerOf(10, 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toHaveLength(1);
    for (let sequence = 40; sequence < 70; sequence += 1) {
      feed.want(wish({ lastSequence: sequence }));
      await vi.advanceTimersByTimeAsync(100);
      asked.at(-1)?.answer(answerOf(10, sequence));
    }
    // Three seconds at 2.5 a second.
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.length).toBeLessThan(9);
  });

  it('leaves the engine to other things while answers take long', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1000);
    asked[0]?.answer(answerOf(10, 1));
    await vi.advanceTimersByTimeAsync(0);
    feed.want(wish({ lastSequence: 2 }));
    await vi.advanceTimersByTimeAsync(2900);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toHaveLength(2);
  });

  it('asks nothing while nobody looks, and again when somebody does', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1);
    feed.want(null);
    expect(asked[0]?.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(1);
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(2);
  });

  it('says why there is no answer, and does not press the engine for it', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1);
    asked[0]?.refuse('nothing was recorded yet');
    await vi.advanceTimersByTimeAsync(0);
    expect(troubles).toEqual(['nothing was recorded yet']);
    for (let i = 0; i < 19; i += 1) {
      feed.want(wish());
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toHaveLength(2);
    asked[1]?.answer(answerOf(10, 5));
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toHaveLength(1);
  });

  it('refuses an answer of another shape, in words', async () => {
    feed.want(wish());
    await vi.advanceTimersByTimeAsync(1);
    asked[0]?.answer(answerOf(9, 1));
    await vi.advanceTimersByTimeAsync(0);
    expect(answers).toEqual([]);
    expect(troubles[0]).toContain('"requests" should be 70 whole numbers');
  });
});
