import { afterEach, describe, expect, it } from 'vitest';
import { Command } from './protocol.ts';
import { pause, Stage } from './testing/served.ts';

/** A second small reply that is held back for a delayed acknowledgement comes 40 ms after the first. */
const HELD_BACK_MS = 35;
/** Where replies are held back, only a machine that stands still at the right moment makes a round look prompt. */
const PROMPT_ROUNDS = 20;
const MOST_ROUNDS = 400;

const stage = new Stage();
afterEach(() => stage.end());

describe('small replies over TCP', () => {
  it('leave one by one as they are ready, not when the client acknowledges the one before', async () => {
    const { server } = await stage.serve({
      parameters: [
        ['delay-read', '4ms'],
        ['delay-cache', '8ms'],
      ],
    });
    const port = Number((await server.listen({ kind: 'tcp', port: 0 })).split(':').at(-1));
    const raw = await stage.client(port);
    raw.socket.setNoDelay(true);
    let prompt = 0;
    for (let round = 0; round < MOST_ROUNDS && prompt < PROMPT_ROUNDS; round += 1) {
      raw.send(Command.Cache, { length: 1 });
      raw.send(Command.Read, { length: 1 });
      await raw.chunk();
      const from = performance.now();
      await raw.chunk();
      const gapMs = performance.now() - from;
      // Both at once, as after a pause of the whole machine, tell nothing.
      if (gapMs > 1 && gapMs < HELD_BACK_MS) prompt += 1;
      await pause(1);
    }
    expect(prompt).toBe(PROMPT_ROUNDS);
  });
});
