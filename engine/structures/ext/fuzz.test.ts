import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImageFolder } from '../testing/images.ts';
import { fuzzOnce, makeSeeds, type Seed } from './testing/fuzz-ext.ts';

/** Of each image; more are tried by `npm run fuzz:structures`. */
const ROUNDS = 100;

const folder = new ImageFolder();
let seeds: readonly Seed[] = [];
beforeAll(async () => {
  seeds = await makeSeeds(folder);
});
afterAll(() => folder.remove());

describe('a damaged file system', () => {
  it('is told of, or refused with a reason, whatever its metadata says', async () => {
    const outcomes = new Set<string>();
    for (const seed of seeds) {
      for (let round = 0; round < ROUNDS; round++) outcomes.add(await fuzzOnce(seed, round));
    }
    // Damage that always went unseen, or always ended all, would try nothing.
    expect(outcomes).toEqual(new Set(['understood', 'refused']));
  });
});
