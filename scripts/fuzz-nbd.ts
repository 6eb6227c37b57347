import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/**
 * `npm run fuzz:nbd [SECONDS [SEED]]`: hostile clients against our NBD server for a minute, or as long as told. Fails
 * when a healthy client has to wait, a connection outlives its client, or the server's memory grows.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 60);
  const seed = Number(args[1] ?? Date.now() % 1_000_000_000);
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
    console.error(`npm run fuzz:nbd [SECONDS [SEED]], both numbers; not ${args.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  console.log(`${seconds} s from seed ${seed}`);
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
  if (grown || rounds.slowestMs > NOTICED_MS) process.exitCode = 1;
}

function mib(bytes: number): string {
  return (bytes / (1 << 20)).toFixed(1);
}
