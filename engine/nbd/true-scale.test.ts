import { afterEach, describe, expect, it } from 'vitest';
import { Command } from './protocol.ts';
import { RawClient } from './testing/raw-client.ts';
import { pause } from './testing/served.ts';
import { type ServedApart, serveApart } from './testing/served-apart.ts';

const MIB = 1 << 20;
const PAYLOAD_BYTES = 64 * MIB;
const CLIENTS = 12;
const WRITES_EACH = 2;
const LIMIT_BYTES = 1024 * MIB;
/** The limit, the disk's 64 MiB, what the server is without any, and payloads that are free and not yet collected. */
const RSS_BOUND_BYTES = LIMIT_BYTES + 768 * MIB;
/** The disk and the server once all is done. */
const LEFT_BOUND_BYTES = 128 * MIB;

let served: ServedApart | null = null;
const clients: RawClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await served?.close();
});

describe('payloads of many clients at once', () => {
  it('never hold more than 1 GiB between them, and all are written in the end', async () => {
    const apart = await serveApart({ parameters: [['size', '64M']] });
    served = apart;
    await apart.watch();
    await apart.hold();
    const payload = Buffer.alloc(PAYLOAD_BYTES, 7);
    for (let i = 0; i < CLIENTS; i += 1) {
      const client = await RawClient.connect(served.socket);
      clients.push(client);
      await client.enter();
    }
    for (const client of clients) {
      for (let i = 0; i < WRITES_EACH; i += 1) {
        client.send(Command.Write, { length: PAYLOAD_BYTES });
        client.socket.write(payload);
      }
    }
    const heldBytes = async (): Promise<number> => (await apart.peak()).heldBytes;
    await expect.poll(heldBytes, { timeout: 60_000 }).toBeGreaterThan(512 * MIB);
    await pause(1_000);
    await apart.release();
    for (const client of clients) {
      for (let i = 0; i < WRITES_EACH; i += 1) expect((await client.chunk()).errno).toBe(0);
    }
    const peak = await apart.peak();
    expect(peak.heldBytes).toBeLessThanOrEqual(LIMIT_BYTES);
    expect(peak.rssBytes).toBeLessThan(RSS_BOUND_BYTES);
    const after = await apart.memory();
    expect(after.heldBytes).toBe(0);
    expect(after.liveBytes).toBeLessThan(LEFT_BOUND_BYTES);
  });
});
