import { random } from '#engine/nbd/testing/random.ts';
import { fuzzOnce, makeSeeds } from '#engine/structures/ext/testing/fuzz-ext.ts';
import { fuzzSeeds } from '#engine/structures/testing/fuzz-seeds.ts';
import { ImageFolder } from '#engine/structures/testing/images.ts';
import { StructureFuzz } from '#engine/structures/testing/structure-fuzz.ts';

const SAID_EVERY_MS = 10_000;
/** A damaged image of some MiB that takes longer than this to read is as good as a hang. */
const TOO_SLOW_MS = 10_000;

/** Rounds in which damage falls anywhere, for one with damage to the metadata of each ext image. */
const ROUNDS_A_TURN = 8;

/**
 * `npm run fuzz:structures [SECONDS [SEED]]`: shows damaged images to the parsers of structures for a minute, or as long as
 * told. Fails when one of their promises is broken, or an image takes long.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 60);
  const seed = Number(args[1] ?? Date.now() % 1_000_000_000);
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
    console.error(`npm run fuzz:structures [SECONDS [SEED]], both numbers; not ${args.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  console.log(`${seconds} s from seed ${seed}`);
  const fuzz = new StructureFuzz(fuzzSeeds(), random(seed));
  const folder = new ImageFolder();
  const extSeeds = await makeSeeds(folder);
  folder.remove();
  const until = performance.now() + seconds * 1000;
  let nextWord = 0;
  while (performance.now() < until) {
    await fuzz.round();
    if (fuzz.rounds % ROUNDS_A_TURN === 0) {
      for (const one of extSeeds) await fuzzOnce(one, seed + fuzz.rounds);
    }
    if (performance.now() < nextWord) continue;
    nextWord = performance.now() + SAID_EVERY_MS;
    console.log(
      `${fuzz.rounds} rounds, ${fuzz.structures} structures, ${fuzz.notUnderstood} not understood, slowest ${fuzz.slowest.name}: ${fuzz.slowest.ms.toFixed(0)} ms`,
    );
  }
  if (fuzz.slowest.ms > TOO_SLOW_MS) process.exitCode = 1;
}
