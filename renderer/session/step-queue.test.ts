import { describe, expect, it } from 'vitest';
import { StepQueue } from './step-queue.ts';

/** A queue whose later steps are taken by hand, and what has been done. */
class Bench {
  readonly done: string[] = [];
  readonly waiting: (() => void)[] = [];
  nowMs = 0;
  stepMs = 10;
  readonly queue = new StepQueue(
    () => this.nowMs,
    (run) => this.waiting.push(run),
  );

  add(name: string, steps: number, during: () => void = () => {}): void {
    this.queue.add(this.#piece(name, steps, during));
  }

  *#piece(name: string, steps: number, during: () => void): Generator<void, void> {
    for (let i = 1; i <= steps; i += 1) {
      if (i > 1) yield;
      this.done.push(`${name}${i}`);
      this.nowMs += this.stepMs;
      during();
    }
  }

  /** Takes the next step; false when none is due. */
  next(): boolean {
    const run = this.waiting.shift();
    run?.();
    return run !== undefined;
  }
}

describe('StepQueue', () => {
  it('does at once what takes one step and waits for nothing', () => {
    const bench = new Bench();
    bench.add('a', 1);
    bench.add('b', 1);
    expect(bench.done).toEqual(['a1', 'b1']);
    expect(bench.next()).toBe(false);
  });

  it('takes short steps together, until they have taken too long for one task', () => {
    const bench = new Bench();
    bench.stepMs = 1;
    bench.add('a', 5);
    expect(bench.done).toEqual(['a1', 'a2', 'a3']);
    bench.add('b', 1);
    expect(bench.next()).toBe(true);
    expect(bench.done).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'b1']);
    expect(bench.next()).toBe(false);
  });

  it('takes one long step a task, piece by piece, in the order in which they came', () => {
    const bench = new Bench();
    bench.add('a', 3);
    bench.add('b', 1);
    bench.add('c', 2);
    expect(bench.done).toEqual(['a1']);
    const seen: number[] = [];
    while (bench.next()) seen.push(bench.done.length);
    expect(bench.done).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'c2']);
    expect(Math.max(...seen.map((count, i) => count - (seen[i - 1] ?? 1)))).toBe(1);
  });

  it('takes what comes while a step is being taken after it', () => {
    const bench = new Bench();
    bench.add('a', 1, () => {
      if (bench.done.length === 1) bench.add('b', 1);
    });
    while (bench.next());
    expect(bench.done).toEqual(['a1', 'b1']);
  });

  it('forgets what is dropped, in the middle too, and goes on with what comes then', () => {
    const bench = new Bench();
    bench.add('a', 3);
    bench.add('b', 1);
    bench.queue.drop();
    bench.add('c', 2);
    while (bench.next());
    expect(bench.done).toEqual(['a1', 'c1', 'c2']);
  });

  it('goes on by itself, in tasks between which others have their turn', async () => {
    let nowMs = 0;
    const queue = new StepQueue(() => nowMs);
    const seen: string[] = [];
    function* piece(): Generator<void, void> {
      for (let i = 0; i < 3; i += 1) {
        seen.push('step');
        nowMs += 10;
        yield;
      }
    }
    queue.add(piece());
    setImmediate(() => seen.push('other'));
    await expect.poll(() => seen.filter((what) => what === 'step').length).toBe(3);
    await expect.poll(() => seen).toContain('other');
    queue.dispose();
  });
});
