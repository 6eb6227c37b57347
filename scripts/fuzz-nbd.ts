import { Command } from '#engine/nbd/protocol.ts';
import { fuzzOnce } from '#engine/nbd/testing/fuzzer.ts';
import { RawClient } from '#engine/nbd/testing/raw-client.ts';
import { serve } from '#engine/nbd/testing/served.ts';

const AT_ONCE = 8;
const REPORT_MS = 10_000;
/** A healthy client that waits longer than this has noticed. */
const NOTICED_MS = 2000;
/** Memory beyond what the disk and the limits explain. */
const GROWTH_BYTES = 400 << 20;

/**
 * `npm run fuzz:nbd [SECONDS [SEED]]`: hostile clients against our NBD server for a minute, or as long as told. Fails
 * when a healthy client has to wait, a connection outlives its client, or memory grows.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 60);
  let seed = Number(args[1] ?? Date.now() % 1_000_000_000);
  console.log(`${seconds} s from seed ${seed}`);
  const served = await serve({ server: { handshakeMs: 1000 }, parameters: [['delay-cache', '2ms']] });
  const until = performance.now() + seconds * 1000;
  const attack = async (): Promise<void> => {
    while (performance.now() < until) {
      seed += 1;
      const mine = seed;
      await fuzzOnce(served.socket, mine).catch((error: unknown) => {
        throw new Error(`seed ${mine}: ${String(error)}`);
      });
    }
  };
  const attacks = Promise.all(Array.from({ length: AT_ONCE }, attack));
  const slowestMs = await watch(served.socket, until);
  await attacks;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const left = served.server.connections.length;
  const rss = process.memoryUsage.rss();
  await served.close();
  console.log(
    `slowest healthy round ${slowestMs.toFixed(0)} ms, connections left ${left}, memory ${rss >> 20} MiB`,
  );
  if (slowestMs > NOTICED_MS || left > 0 || rss > GROWTH_BYTES) process.exitCode = 1;
}

/** A healthy client's slowest round of a write and a read, ms. */
async function watch(socket: string, until: number): Promise<number> {
  const healthy = await RawClient.connect(socket, 10_000);
  await healthy.enter({ structured: true });
  const mine = Buffer.alloc(4096, 0xa5);
  let slowestMs = 0;
  let reportAt = performance.now() + REPORT_MS;
  while (performance.now() < until) {
    const from = performance.now();
    const [written] = await healthy.request(Command.Write, { offset: 8192n }, mine);
    if (written?.errno !== 0) throw new Error(`a healthy write failed with ${written?.errno}`);
    await healthy.readDisk(1n << 25n, 512);
    slowestMs = Math.max(slowestMs, performance.now() - from);
    if (performance.now() > reportAt) {
      reportAt += REPORT_MS;
      console.log(`memory ${process.memoryUsage.rss() >> 20} MiB, slowest ${slowestMs.toFixed(0)} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  healthy.close();
  return slowestMs;
}
