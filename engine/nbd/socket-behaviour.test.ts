import { afterEach, describe, expect, it } from 'vitest';
import { Command } from './protocol.ts';
import { pause, Stage } from './testing/served.ts';

const ROUNDS = 24;

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
    const gaps: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      raw.send(Command.Cache, { length: 1 });
      raw.send(Command.Read, { length: 1 });
      await raw.chunk();
      const from = performance.now();
      await raw.chunk();
      gaps.push(performance.now() - from);
      await pause(1);
    }
    // A second small reply held back for a delayed acknowledgement comes 40 ms after the first.
    const median = gaps.toSorted((a, b) => a - b)[ROUNDS >> 1];
    expect(median).toBeLessThan(20);
  });
});
