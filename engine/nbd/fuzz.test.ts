import { afterEach, describe, expect, it } from 'vitest';
import { FuzzRounds } from './testing/fuzz-round.ts';
import { type ServedApart, serveApart } from './testing/served-apart.ts';

/** Clients until pools and compiled code have their size. */
const WARM_UP = 1000;
const CLIENTS = 1500;
/** Differences between two collections of the same state stay below this. */
const LIVE_MARGIN_BYTES = 1 << 20;
const RSS_MARGIN_BYTES = 64 << 20;

let served: ServedApart | null = null;
afterEach(() => served?.close());

describe('the server among hostile clients', () => {
  it('neither crashes, hangs nor grows, and a healthy client never notices', async () => {
    served = await serveApart({ server: { handshakeMs: 500 }, parameters: [['delay-cache', '2ms']] });
    const rounds = await FuzzRounds.begin(served, 1);
    await rounds.run(() => rounds.count < WARM_UP);
    const before = await rounds.memory();
    await rounds.run(() => rounds.count < WARM_UP + CLIENTS);
    const after = await rounds.memory();
    rounds.close();
    expect(rounds.slowestMs).toBeLessThan(2000);
    expect(after.liveBytes - before.liveBytes).toBeLessThan(LIVE_MARGIN_BYTES);
    expect(after.rssBytes - before.rssBytes).toBeLessThan(RSS_MARGIN_BYTES);
  });
});
