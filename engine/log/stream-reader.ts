import type { LogFeed } from './log-feed.ts';
import { Unpacker } from './unpack.ts';

/**
 * Decodes all that a stream brings, packed or plain, as fast as the session takes it. Resolves when the stream has come
 * to its end; rejects when the stream or the archive in it breaks, or the stream is destroyed.
 */
export async function readStream(stream: AsyncIterable<unknown>, feed: LogFeed): Promise<void> {
  const unpacker = new Unpacker((bytes) => feed.push(bytes));
  let bytesRead = 0;
  try {
    for await (const piece of stream) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      if (!(bytes instanceof Uint8Array)) continue;
      await unpacker.push(bytes);
      await feed.pressure();
      bytesRead += bytes.length;
      feed.readTo(bytesRead, null);
    }
    await unpacker.end();
  } finally {
    unpacker.destroy();
  }
}

/** What is told when a stream breaks. */
export function tellBroken(error: unknown, feed: LogFeed): void {
  feed.notice({
    key: 'damaged',
    level: 'error',
    text: 'The input broke off or is damaged; what came before is shown',
    detail: error instanceof Error ? error.message : String(error),
  });
}
