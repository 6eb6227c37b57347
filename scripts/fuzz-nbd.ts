import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FUZZ_PARTS, FuzzApart } from '#engine/nbd/testing/fuzz-apart.ts';
import { FUZZ_DISKS } from '#engine/nbd/testing/fuzz-disks.ts';
import type { FuzzPartName } from '#engine/nbd/testing/fuzz-process.ts';
import { FuzzRounds } from '#engine/nbd/testing/fuzz-round.ts';
import { Pki } from '#engine/nbd/testing/pki.ts';
import { serveApart } from '#engine/nbd/testing/served-apart.ts';
import type { ProcessMemory } from '#engine/nbd/testing/server-process.ts';

const ROUND_MS = 10_000;
/** A healthy client that waits longer than this has noticed. */
const NOTICED_MS = 2000;
/** Rounds whose memory is not judged: pools and compiled code get their size. */
const WARM_UP_ROUNDS = 1;
/** More than the memory after those rounds by this much is a leak. */
const LIVE_MARGIN_BYTES = 2 << 20;
const RSS_MARGIN_BYTES = 96 << 20;
/** Of the time: hostile clients to a disk in memory, those to other disks, and each kind of hostile input. */
const MEMORY_SHARE = 0.4;
const DISKS_SHARE = 0.2;
const PART_SHARE = 0.1;
/** Cases of hostile input between two looks at the clock, and how long they may take before they count as hung. */
const BATCH_CASES = 16;
const BATCH_HUNG_MS = 300_000;
/** A case that keeps the processor this long would keep every disk of the process waiting. */
const CASE_NOTICED_MS = 10_000;
const PART_MARGIN_BYTES = 8 << 20;
const PART_PEAK_BYTES = 640 << 20;

/**
 * `npm run fuzz:nbd [SECONDS [SEED [PART]]]`: hostile clients against our NBD server and all its kinds of disks, and hostile
 * input to those that take some, for a minute or as long as told. PART is `clients`, `disks`, `data`, `floppy`, `curl` or
 * `remote`, alone and for all of the time. Fails when a healthy client has to wait, a connection outlives its client, memory
 * grows, or a promise is broken; what it says then has the seed with which it comes again.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 60);
  const seed = Number(args[1] ?? Date.now() % 1_000_000_000);
  const only = args[2] ?? null;
  const names = ['clients', 'disks', ...FUZZ_PARTS];
  if (!(seconds > 0) || !Number.isSafeInteger(seed) || (only !== null && !names.includes(only))) {
    console.error(
      `npm run fuzz:nbd [SECONDS [SEED [PART]]], two numbers and one of ${names.join(', ')}; not ${args.join(' ')}`,
    );
    process.exitCode = 2;
    return;
  }
  console.log(`${seconds} s from seed ${seed}`);
  const share = (name: string, part: number): number =>
    only === null ? seconds * part : only === name ? seconds : 0;
  let good = true;
  if (share('clients', 1) > 0) good = (await toMemory(share('clients', MEMORY_SHARE), seed)) && good;
  if (share('disks', 1) > 0) good = (await toDisks(share('disks', DISKS_SHARE), seed)) && good;
  for (const name of FUZZ_PARTS) {
    if (share(name, 1) > 0) good = (await input(name, share(name, PART_SHARE), seed)) && good;
  }
  if (!good) process.exitCode = 1;
}

/** Hostile clients, some of them encrypting, to a disk in memory. */
async function toMemory(seconds: number, seed: number): Promise<boolean> {
  const pki = new Pki();
  const served = await serveApart({
    server: { handshakeMs: 1000 },
    parameters: [['delay-cache', '2ms']],
    tls: { mode: 'on', files: { kind: 'certificates', directory: pki.server, verifyPeer: false } },
  });
  const ca = readFileSync(join(pki.server, 'ca-cert.pem'));
  const rounds = await FuzzRounds.begin(served, seed, { ca, servername: 'localhost' });
  const until = performance.now() + seconds * 1000;
  const memory: ProcessMemory[] = [];
  while (performance.now() < until) {
    const roundUntil = Math.min(until, performance.now() + ROUND_MS);
    await rounds.run(() => performance.now() < roundUntil);
    const now = await rounds.memory();
    memory.push(now);
    console.log(
      `${rounds.count} clients, slowest healthy round ${rounds.slowestMs.toFixed(0)} ms, in use ${mib(now.liveBytes)} MiB, resident ${mib(now.rssBytes)} MiB`,
    );
  }
  rounds.close();
  await served.close();
  pki.remove();
  const first = memory[WARM_UP_ROUNDS - 1];
  const last = memory.at(-1);
  const grown =
    first !== undefined &&
    last !== undefined &&
    (last.liveBytes - first.liveBytes > LIVE_MARGIN_BYTES ||
      last.rssBytes - first.rssBytes > RSS_MARGIN_BYTES);
  if (grown) console.log('memory has grown');
  return !grown && hasNotNoticed(rounds);
}

/** Hostile clients to every other kind of disk, one after another. */
async function toDisks(seconds: number, seed: number): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-'));
  let good = true;
  for (const { name, readOnly, begin } of FUZZ_DISKS) {
    const disk = await begin(directory);
    const served = await serveApart({ server: { handshakeMs: 1000 }, ...disk.options });
    const rounds = await FuzzRounds.begin(served, seed, null, readOnly);
    const until = performance.now() + (seconds * 1000) / FUZZ_DISKS.length;
    await rounds.run(() => performance.now() < until);
    await rounds.memory();
    rounds.close();
    await served.close();
    await disk.close();
    console.log(`${name}: ${rounds.count} clients, slowest healthy round ${rounds.slowestMs.toFixed(0)} ms`);
    good = hasNotNoticed(rounds) && good;
  }
  rmSync(directory, { recursive: true });
  return good;
}

function hasNotNoticed({ slowestMs }: FuzzRounds): boolean {
  if (slowestMs <= NOTICED_MS) return true;
  console.log('the healthy client has noticed');
  return false;
}

/** Hostile input to one kind of disk. */
async function input(name: FuzzPartName, seconds: number, seed: number): Promise<boolean> {
  const fuzz = new FuzzApart(name, seed);
  const until = performance.now() + seconds * 1000;
  let first: number | null = null;
  try {
    for (;;) {
      const { count, liveBytes, peakBytes, slowestMs, slowestSeed } = await fuzz.run(
        BATCH_CASES,
        BATCH_HUNG_MS,
      );
      first ??= liveBytes;
      if (performance.now() < until) continue;
      console.log(
        `${name}: ${count} cases, the slowest ${slowestMs.toFixed(0)} ms (seed ${slowestSeed}), in use ${mib(liveBytes)} MiB, at most ${mib(peakBytes)} MiB resident`,
      );
      const slow = name === 'data' && slowestMs > CASE_NOTICED_MS;
      const grown = liveBytes - first > PART_MARGIN_BYTES || peakBytes > PART_PEAK_BYTES;
      if (slow) console.log('it takes too long');
      if (grown) console.log('memory has grown');
      return !slow && !grown;
    }
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    await fuzz.close();
  }
}

function mib(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}
