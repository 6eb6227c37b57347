import { afterEach, describe, expect, it } from 'vitest';
import { FuzzApart } from './testing/fuzz-apart.ts';
import type { FuzzPartName } from './testing/fuzz-process.ts';

/** What a part's process may hold more after the second batch than after the first, and the most it may ever have. */
const MARGIN_BYTES = 8 << 20;
const PEAK_BYTES = 640 << 20;
/** A busy machine takes several times the seconds that they are. */
const HANG_MS = 600_000;
/** Cases for each of two batches. */
const CASES: [FuzzPartName, number][] = [
  ['data', 150],
  ['floppy', 15],
  ['curl', 24],
  ['remote', 24],
];

let fuzz: FuzzApart | null = null;
afterEach(() => fuzz?.close());

describe('hostile input from elsewhere than from clients', () => {
  it.each(CASES)(
    'to %s breaks no promise in %i cases and as many again, and is held in little memory',
    async (name, count) => {
      fuzz = new FuzzApart(name, 1);
      const before = await fuzz.run(count);
      const now = await fuzz.run(count);
      expect(now.count).toBe(2 * count);
      expect(now.liveBytes - before.liveBytes).toBeLessThan(MARGIN_BYTES);
      expect(now.peakBytes).toBeLessThan(PEAK_BYTES);
    },
    HANG_MS,
  );
});
