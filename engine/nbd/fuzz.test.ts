import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FuzzRounds } from './testing/fuzz-round.ts';
import { Pki } from './testing/pki.ts';
import { type ServedApart, serveApart } from './testing/served-apart.ts';

/** Clients until pools and compiled code have their size. */
const WARM_UP = 1000;
const CLIENTS = 1500;
/** So many clients, with their handshakes, are half a minute of work: a busy machine takes several. */
const HANG_MS = 600_000;
/** Against disks that take the system's time for every request. */
const FILE_CLIENTS = 300;
/** Hostile clients come and go eight at a time; the healthy one has its turn at least once in so many of them. */
const HOSTILE_PER_HEALTHY = 100;
/** Differences between two collections of the same state stay below this. */
const LIVE_MARGIN_BYTES = 1 << 20;
const RSS_MARGIN_BYTES = 64 << 20;

const directory = mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pki = new Pki();
let served: ServedApart | null = null;
afterEach(async () => {
  await served?.close();
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

  it.each([
    ['a file', []],
    ['an overlay over a file', ['cow']],
  ])(
    'does not crash or hang with %s either, and a healthy client reads what it wrote',
    async (_name, filters) => {
      const path = join(directory, 'disk.img');
      writeFileSync(path, '');
      truncateSync(path, 64 << 20);
      served = await serveApart({
        server: { handshakeMs: 3_000 },
        plugin: 'file',
        filters,
        parameters: [['file', path]],
      });
      const rounds = await FuzzRounds.begin(served, 10_000, null);
      await rounds.run(() => rounds.count < FILE_CLIENTS);
      await rounds.memory();
      rounds.close();
      expect(rounds.servings).toBeGreaterThan(rounds.count / HOSTILE_PER_HEALTHY);
      expect(statSync(path).size).toBe(64 << 20);
    },
  );
});
