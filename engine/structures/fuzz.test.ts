import { expect, it } from 'vitest';
import { random } from '#engine/nbd/testing/random.ts';
import { fuzzSeeds } from './testing/fuzz-seeds.ts';
import { StructureFuzz } from './testing/structure-fuzz.ts';

/** As many as take some seconds; `npm run fuzz:structures` goes on for as long as one likes. */
const ROUNDS = 250;

it('keeps its promises whatever is done to an image', async () => {
  const fuzz = new StructureFuzz(fuzzSeeds(), random(20_260_101));
  for (let round = 0; round < ROUNDS; round += 1) await fuzz.round();
  // Damage that nobody noticed, or that left nothing to read, would try nothing.
  expect(fuzz.notUnderstood).toBeGreaterThan(15);
  expect(fuzz.structures).toBeGreaterThan(ROUNDS * 10);
});
