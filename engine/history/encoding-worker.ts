import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { EncodingJob, EncodingResult } from './encoding-thread.ts';
import { encoded } from './encodings.ts';

/** The thread that an EncodingThread starts: encodes what it is sent, one after another. */

// Linux takes this for the thread alone: whoever serves a disk, or uses one, goes first.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

const port = parentPort;
port?.on('message', ({ number, kind, raw }: EncodingJob) => {
  // A copy: what zlib gives may lie in a buffer that it shares with others.
  const bytes = new Uint8Array(encoded(kind, raw));
  const result: EncodingResult = { number, bytes };
  port.postMessage(result, [bytes.buffer]);
});
