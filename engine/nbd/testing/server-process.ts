import type { ConnectionInfo } from '../connection.ts';
import { type ServeOptions, serve } from './served.ts';

/**
 * The program that {@link serveApart} runs: one server with one disk, its options as JSON in the first argument. It tells
 * its parent where it listens, and answers each message with what it is asked for.
 */

/** What a parent may ask for. `watch` begins to look for peaks, every few ms. */
export type Question = 'connections' | 'memory' | 'watch' | 'peak' | 'close';

/** The process's memory, bytes. */
export interface ProcessMemory {
  /** JavaScript objects and what they keep outside the heap, buffers included. */
  readonly liveBytes: number;
  readonly rssBytes: number;
  /** What requests and replies hold, as the server counts it. */
  readonly heldBytes: number;
}

const WATCH_MS = 5;

const options = JSON.parse(process.argv[2] ?? '{}') as ServeOptions;
const served = await serve(options);
const tcp = await served.server.listen({ kind: 'tcp', port: 0 });

let peakLive = 0;
let peakRss = 0;
let peakHeld = 0;

function memory(): ProcessMemory {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { liveBytes: heapUsed + external, rssBytes: rss, heldBytes: served.server.heldBytes };
}

/** Memory once all that can be given back is: buffers are freed a turn after the collection that finds them. */
async function settledMemory(): Promise<ProcessMemory> {
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return memory();
}

function inWords({ peer, state, tls, requestsInFlight, transactions, connectedMs }: ConnectionInfo): string {
  const age = Date.now() - connectedMs;
  return `${peer}, ${tls ?? 'in the clear'}, in ${state} since ${age} ms, ${transactions} requests, ${requestsInFlight} in flight`;
}

function watch(): void {
  const now = memory();
  peakLive = Math.max(peakLive, now.liveBytes);
  peakRss = Math.max(peakRss, now.rssBytes);
  peakHeld = Math.max(peakHeld, now.heldBytes);
}

async function answer(question: Question): Promise<unknown> {
  switch (question) {
    case 'connections':
      return served.server.connections.map(inWords);
    case 'memory':
      return settledMemory();
    case 'watch':
      setInterval(watch, WATCH_MS).unref();
      return null;
    case 'peak':
      return { liveBytes: peakLive, rssBytes: peakRss, heldBytes: peakHeld };
    case 'close':
      await served.close();
      return null;
  }
}

process.on('message', (question: Question) => {
  void answer(question).then((value) => {
    process.send?.(value);
    if (question === 'close') process.disconnect();
  });
});
process.once('disconnect', () => process.exit());
process.send?.({ socket: served.socket, port: Number(tcp.split(':').at(-1)) });
