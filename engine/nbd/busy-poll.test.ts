import { describe, expect, it } from 'vitest';
import { BusyPoll } from './busy-poll.ts';

/** A loop whose turns take 2 µs while something is to be done, and that counts them. */
class FakeLoop {
  nowMs = 0;
  turns = 0;
  #work: (() => void) | null = null;

  now(): number {
    return this.nowMs;
  }

  nextTurn(work: () => void): void {
    this.#work = work;
  }

  /** Lets `ms` go by; asleep it takes no turns. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    while (this.#work !== null && this.nowMs < end) {
      const work = this.#work;
      this.#work = null;
      this.nowMs += 0.002;
      this.turns += 1;
      work();
    }
    this.nowMs = Math.max(this.nowMs, end);
  }
}

/** Share of the time awake, of 1000 requests that far apart. */
function awakeShare(gapMs: number): number {
  const loop = new FakeLoop();
  const poll = new BusyPoll(loop);
  for (let i = 0; i < 1000; i += 1) {
    poll.served();
    loop.pass(gapMs);
  }
  return (loop.turns * 0.002) / loop.nowMs;
}

describe('BusyPoll', () => {
  it('stays awake between the requests of a quick client', () => {
    expect(awakeShare(0.03)).toBeGreaterThan(0.9);
  });

  it('hardly tries for a client that is too slow for it, and never for a slow one', () => {
    expect(awakeShare(0.1)).toBeLessThan(0.03);
    expect(awakeShare(1)).toBe(0);
  });

  it('sleeps for a while once others want the processor', () => {
    const loop = new FakeLoop();
    const poll = new BusyPoll(loop);
    poll.served();
    loop.pass(0.01);
    poll.served();
    loop.pass(0.01);
    loop.nowMs += 3;
    loop.pass(0.1);
    const turns = loop.turns;
    for (let i = 0; i < 1000; i += 1) {
      poll.served();
      loop.pass(0.03);
    }
    expect(loop.turns).toBe(turns);
    for (let i = 0; i < 10_000; i += 1) {
      poll.served();
      loop.pass(0.03);
    }
    expect(loop.turns).toBeGreaterThan(turns);
  });

  it('sleeps 60 µs after the last request', () => {
    const loop = new FakeLoop();
    const poll = new BusyPoll(loop);
    poll.served();
    loop.pass(0.01);
    poll.served();
    loop.pass(1000);
    expect(loop.turns * 0.002).toBeLessThan(0.07);
  });
});
