import { afterEach, describe, expect, it } from 'vitest';
import { Command } from './protocol.ts';
import { fuzzOnce } from './testing/fuzzer.ts';
import { RawClient } from './testing/raw-client.ts';
import { type Served, serve } from './testing/served.ts';

const SEEDS = 1500;
const AT_ONCE = 8;

let served: Served | null = null;
afterEach(() => served?.close());

describe('the server among hostile clients', () => {
  it('neither crashes, hangs nor grows, and a healthy client never notices', async () => {
    served = await serve({ server: { handshakeMs: 500 }, parameters: [['delay-cache', '2ms']] });
    const { socket, server } = served;
    const healthy = await RawClient.connect(socket, 5000);
    await healthy.enter({ structured: true });
    const mine = Buffer.alloc(4096, 0xa5);
    let seed = 1;
    const attack = async (): Promise<void> => {
      while (seed <= SEEDS) {
        const mineNow = seed;
        seed += 1;
        await fuzzOnce(socket, mineNow);
      }
    };
    let done = false;
    const attacks = Promise.all(Array.from({ length: AT_ONCE }, attack)).finally(() => {
      done = true;
    });
    let slowestMs = 0;
    while (!done) {
      const from = performance.now();
      const [written] = await healthy.request(Command.Write, { offset: 8192n }, mine);
      expect(written?.errno).toBe(0);
      expect((await healthy.readDisk(1n << 25n, 512)).length).toBe(512);
      slowestMs = Math.max(slowestMs, performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await attacks;
    expect(slowestMs).toBeLessThan(2000);
    const until = performance.now() + 3000;
    while (server.connections.length > 1 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(server.connections.map((connection) => connection.transactions > 0)).toEqual([true]);
    expect((await healthy.readDisk(8192n, 4096)).equals(mine)).toBe(true);
    expect(served.disk.memory.usedBytes).toBeLessThanOrEqual(64 << 20);
    healthy.close();
  });
});
