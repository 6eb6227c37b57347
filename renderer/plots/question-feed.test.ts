import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { QuestionFeed } from './question-feed.ts';

type SpanQuestion = Extract<Question, { about: 'span' }>;
const about = (toUs: number): SpanQuestion => ({ about: 'span', span: { fromUs: 0, toUs }, disks: null });
const ANSWER: Answer = { json: null, columns: {} };

interface Asked {
  readonly question: Question;
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
  readonly refuse: (reason: string) => void;
}

describe('QuestionFeed', () => {
  let asked: Asked[] = [];
  let answered: SpanQuestion[] = [];
  let troubles: (string | null)[] = [];
  let feed: QuestionFeed<SpanQuestion>;

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    answered = [];
    troubles = [];
    feed = new QuestionFeed<SpanQuestion>({
      ask: (question, signal) =>
        new Promise((resolve, reject) => {
          asked.push({ question, signal, answer: resolve, refuse: (reason) => reject(new Error(reason)) });
        }),
      onAnswer: (_, question) => answered.push(question),
      onTrouble: (words) => troubles.push(words),
    });
  });

  afterEach(() => {
    feed.dispose();
    vi.useRealTimers();
  });

  const answer = async (): Promise<void> => {
    asked.at(-1)?.answer(ANSWER);
    await vi.advanceTimersByTimeAsync(0);
  };

  it('asks again once more is known of the same rows, whatever it counts them by', async () => {
    feed.want(about(1), 'all', '5/9');
    await vi.advanceTimersByTimeAsync(500);
    await answer();
    feed.want(about(2), 'all', '5/9');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(1);
    feed.want(about(2), 'all', '9/9');
    await vi.advanceTimersByTimeAsync(10_000);
    await answer();
    expect(answered).toEqual([about(1), about(2)]);
  });

  it('asks once for what changes many times while somebody drags', async () => {
    for (let i = 1; i <= 20; i += 1) {
      feed.want(about(i), String(i), 5);
      await vi.advanceTimersByTimeAsync(5);
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.map(({ question }) => question)).toEqual([about(20)]);
    await answer();
    expect(answered).toEqual([about(20)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  it('calls off what nobody needs any more, and takes no answer to it', async () => {
    feed.want(about(1), 'a', 5);
    await vi.advanceTimersByTimeAsync(200);
    feed.want(about(2), 'b', 5);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked[0]?.signal.aborted).toBe(true);
    asked[0]?.answer(ANSWER);
    await vi.advanceTimersByTimeAsync(0);
    expect(answered).toEqual([]);
    feed.want(null);
    expect(asked[1]?.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('asks the same again as the history grows, but seldom, and rests in proportion to what it cost', async () => {
    feed.want(about(1), 'a', 5);
    await vi.advanceTimersByTimeAsync(200);
    await vi.advanceTimersByTimeAsync(3000);
    await answer();
    for (let sequence = 6; sequence < 40; sequence += 1) {
      feed.want(about(1), 'a', sequence);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(asked).toHaveLength(2);
  });

  it('says why there is no answer, tries again, and says when there is one', async () => {
    feed.want(about(1), 'a', 5);
    await vi.advanceTimersByTimeAsync(200);
    asked[0]?.refuse('the engine has no such disk');
    await vi.advanceTimersByTimeAsync(0);
    expect(troubles).toEqual(['the engine has no such disk']);
    feed.want(about(1), 'a', 6);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(2);
    await answer();
    expect(troubles.at(-1)).toBeNull();
  });

  it('asks anew where the engine may know other things', async () => {
    feed.want(about(1), 'a', 5);
    await vi.advanceTimersByTimeAsync(200);
    feed.restart();
    expect(asked[0]?.signal.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
  });
});
