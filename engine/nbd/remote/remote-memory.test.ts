import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Command } from '../protocol.ts';
import { pause, Stage } from '../testing/served.ts';
import { serveApart } from '../testing/served-apart.ts';
import { OtherServer } from './testing/other-server.ts';

const MIB = 1 << 20;
const stage = new Stage();
afterEach(() => stage.end());

it('a slow server and greedy clients take no more memory than the clients may have', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'nbdscope-slow-'));
  stage.after(() => rmSync(directory, { recursive: true }));
  const words = ['--filter=delay', 'memory', '1G', 'wdelay=2', 'rdelay=2'];
  const slow = await OtherServer.nbdkit(join(directory, 's'), ...words);
  stage.after(() => slow.kill());
  const apart = await serveApart({ plugin: 'remote', parameters: [['uri', slow.uri()]] });
  stage.after(() => apart.close());
  const before = await apart.memory();
  await apart.watch();
  const payload = Buffer.alloc(4 * MIB, 3);
  for (let i = 0; i < 4; i += 1) {
    const client = await stage.client(apart.socket);
    for (let n = 0; n < 100; n += 1) {
      client.send(Command.Write, { offset: BigInt(n * payload.length) }, payload);
      client.send(Command.Read, { length: payload.length });
    }
  }
  let peak = await apart.peak();
  await expect
    .poll(
      async () => {
        peak = await apart.peak();
        return peak.heldBytes;
      },
      { interval: 100, timeout: 60_000 },
    )
    .toBeGreaterThan(200 * MIB);
  // And what more comes while the server is as slow as before.
  await pause(2_000);
  peak = await apart.peak();
  expect(peak.heldBytes).toBeLessThanOrEqual(4 * 132 * MIB);
  // What requests hold is theirs; the rest is what it takes to pass them on.
  expect(peak.liveBytes - before.liveBytes).toBeLessThan(1.5 * peak.heldBytes + 64 * MIB);
});
