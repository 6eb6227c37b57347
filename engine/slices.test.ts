import { describe, expect, it } from 'vitest';
import { nextTurn, Slices } from './slices.ts';

describe('turns', () => {
  it('let one of those who wait go on at a time, and everything else between them', async () => {
    const order: string[] = [];
    const rounds: number[] = [];
    let round = 0;
    const tick = (): void => {
      round += 1;
      if (order.length < 9) setImmediate(tick);
    };
    setImmediate(tick);
    const work = async (name: string): Promise<void> => {
      for (let n = 0; n < 3; n += 1) {
        await nextTurn();
        order.push(name);
        rounds.push(round);
      }
    };
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
    expect(new Set(rounds).size, 'none has gone on in the same round of the event loop').toBe(9);
  });

  it('are the end of work that was called off', async () => {
    const work = new AbortController();
    const slices = new Slices(work.signal);
    work.abort();
    await expect(slices.rest()).rejects.toThrow('aborted');
  });
});
