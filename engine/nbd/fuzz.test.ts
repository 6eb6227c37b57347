import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FUZZ_DISKS } from './testing/fuzz-disks.ts';
import { FuzzRounds } from './testing/fuzz-round.ts';
import { Pki } from './testing/pki.ts';
import { type ServedApart, serveApart } from './testing/served-apart.ts';

/** Clients until pools and compiled code have their size. */
const WARM_UP = 1000;
const CLIENTS = 1500;
/** So many clients, with their handshakes, are half a minute of work: a busy machine takes several. */
const HANG_MS = 600_000;
/** Against disks that take the system's time for every request. */
const OTHER_CLIENTS = 200;
const SERVINGS = 5;
/** Hostile clients come and go eight at a time; the healthy one has its turn at least once in so many of them. */
const HOSTILE_PER_HEALTHY = 100;
/** Differences between two collections of the same state stay below this. */
const LIVE_MARGIN_BYTES = 1 << 20;
const RSS_MARGIN_BYTES = 64 << 20;

const directory = mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pki = new Pki();
let served: ServedApart | null = null;
const after: (() => unknown)[] = [];
afterEach(async () => {
  await served?.close();
  served = null;
  for (const cleanUp of after.splice(0).reverse()) await cleanUp();
  pki.remove();
});

describe('the server among hostile clients', () => {
  it(
    'neither crashes, hangs nor grows, and a healthy client never notices',
    async () => {
      served = await serveApart({
        server: { handshakeMs: 3_000 },
        parameters: [['delay-cache', '2ms']],
        tls: { mode: 'on', files: { kind: 'certificates', directory: pki.server, verifyPeer: false } },
      });
      const ca = readFileSync(join(pki.server, 'ca-cert.pem'));
      const rounds = await FuzzRounds.begin(served, 1, { ca, servername: 'localhost' });
      await rounds.run(() => rounds.count < WARM_UP);
      const before = await rounds.memory();
      await rounds.run(() => rounds.count < WARM_UP + CLIENTS);
      const after = await rounds.memory();
      rounds.close();
      expect(rounds.servings).toBeGreaterThan(rounds.count / HOSTILE_PER_HEALTHY);
      expect(after.liveBytes - before.liveBytes).toBeLessThan(LIVE_MARGIN_BYTES);
      expect(after.rssBytes - before.rssBytes).toBeLessThan(RSS_MARGIN_BYTES);
    },
    HANG_MS,
  );

  it.each(FUZZ_DISKS)(
    'does not crash or hang with $name either, and the healthy client reads what is there',
    async ({ readOnly, begin }) => {
      const disk = await begin(directory);
      after.push(disk.close);
      served = await serveApart({ server: { handshakeMs: 3_000 }, ...disk.options });
      const rounds = await FuzzRounds.begin(served, 10_000, null, readOnly);
      // They come until the healthy client was served so often, or for ever.
      await rounds.run(() => rounds.count < OTHER_CLIENTS || rounds.servings < SERVINGS);
      await rounds.memory();
      rounds.close();
    },
    HANG_MS,
  );
});
