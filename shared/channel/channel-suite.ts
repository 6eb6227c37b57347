import type { Channel } from './channel.ts';

/**
 * What every channel promises, as cases that run wherever a channel does: over MessageChannels and WebSockets, in Node
 * and in browsers. The far end may be in another thread or process, so the cases steer it by messages: whoever makes
 * the connection serves its far end with `serveSuitePeer`.
 */
export interface ChannelUnderTest {
  readonly near: Channel;
  /** Resolves once the far end's onClose has been called. */
  readonly farClosed: Promise<unknown>;
}

export interface ChannelCase {
  readonly promise: string;
  readonly run: (connect: () => Promise<ChannelUnderTest>) => Promise<void>;
}

/** First byte of a message to the far end. */
const Ask = { Echo: 1, Fill: 2, Close: 3, SendThenClose: 4 } as const;

const LARGE_BYTES = 48 * 1024 * 1024;
/** Just under the largest frame a window may send. */
const LARGEST_FROM_WINDOW = 4 * 1024 * 1024 - 16;

/** The far end of a channel under test. */
export function serveSuitePeer(channel: Channel, onClosed: () => void): void {
  channel.onClose = onClosed;
  channel.onFrame = (frame) => {
    switch (frame[0]) {
      case Ask.Echo:
        channel.send(new Uint8Array(frame));
        break;
      case Ask.Fill:
        channel.send(pattern(LARGE_BYTES, 7));
        break;
      case Ask.Close:
        channel.close();
        break;
      case Ask.SendThenClose:
        for (let n = 0; n < 100; n += 1) channel.send(new Uint8Array([Ask.Echo, n]));
        channel.close();
        channel.send(new Uint8Array([Ask.Echo, 255]));
        break;
    }
  };
}

export const CHANNEL_CASES: readonly ChannelCase[] = [
  {
    promise: 'keeps frames whole and in order',
    async run(connect) {
      const { near } = await connect();
      const frames = collect(near);
      for (let n = 0; n < 2000; n += 1) near.send(numbered(n, 5 + (n % 13)));
      const got = await frames.take(2000);
      got.forEach((frame, n) => {
        same(frame, numbered(n, 5 + (n % 13)), `frame ${n}`);
      });
      near.close();
    },
  },
  {
    promise: 'carries every byte value, and columns of 8 bytes can be laid over what arrives',
    async run(connect) {
      const { near } = await connect();
      const frames = collect(near);
      const lengths = [1, 7, 8, 9, 125, 126, 127, 4096, 65_535, 65_536, 65_537, 1_000_003];
      for (const length of lengths) near.send(echo(pattern(length, length)));
      const got = await frames.take(lengths.length);
      lengths.forEach((length, index) => {
        const frame = got[index] ?? new Uint8Array();
        same(frame, echo(pattern(length, length)), `frame of ${length} bytes`);
        if (frame.byteOffset % 8 !== 0)
          throw new Error(`frame of ${length} bytes begins at ${frame.byteOffset}`);
      });
      near.close();
    },
  },
  {
    promise: 'sends a part of a buffer as that part, and may be given the buffer again at once',
    async run(connect) {
      const { near } = await connect();
      const frames = collect(near);
      const buffer = pattern(100_000, 3);
      buffer[1000] = Ask.Echo;
      const part = buffer.subarray(1000, 3000);
      const expected = part.slice();
      near.send(part);
      const [got = new Uint8Array()] = await frames.take(1);
      same(got, expected, 'the part');
      if (got.buffer.byteLength > 8 * expected.length) throw new Error('the whole buffer came along');
      same(buffer.subarray(1000, 3000), expected, 'the sender keeps its buffer');
      near.close();
    },
  },
  {
    promise: 'carries the largest frame a window may send, and larger ones to the window',
    async run(connect) {
      const { near } = await connect();
      const frames = collect(near);
      const largest = echo(pattern(LARGEST_FROM_WINDOW, 11));
      near.send(largest);
      near.send(new Uint8Array([Ask.Fill]));
      const [echoed = new Uint8Array(), filled = new Uint8Array()] = await frames.take(2);
      same(echoed, largest, 'the largest frame from a window');
      same(filled, pattern(LARGE_BYTES, 7), 'a large frame to the window');
      near.close();
    },
  },
  {
    promise: 'closed at the near end: both ends are told, once',
    async run(connect) {
      const { near, farClosed } = await connect();
      let closes = 0;
      const closed = new Promise<void>((resolve) => {
        near.onClose = () => {
          closes += 1;
          resolve();
        };
      });
      near.close();
      near.close();
      await closed;
      await farClosed;
      near.close();
      if (closes !== 1) throw new Error(`onClose was called ${closes} times`);
    },
  },
  {
    promise: 'closed at the far end: both ends are told',
    async run(connect) {
      const { near, farClosed } = await connect();
      const closed = new Promise<void>((resolve) => {
        near.onClose = resolve;
      });
      near.send(new Uint8Array([Ask.Close]));
      await closed;
      await farClosed;
    },
  },
  {
    promise: 'delivers what was sent before a close, drops what is sent after',
    async run(connect) {
      const { near } = await connect();
      const got: number[] = [];
      near.onFrame = (frame) => got.push(frame[1] ?? -1);
      const closed = new Promise<void>((resolve) => {
        near.onClose = resolve;
      });
      near.send(new Uint8Array([Ask.SendThenClose]));
      await closed;
      near.send(new Uint8Array([Ask.Echo, 0]));
      if (got.join() !== Array.from({ length: 100 }, (_, n) => n).join()) {
        throw new Error(`frames ${got.join()} came`);
      }
    },
  },
];

function collect(channel: Channel): { take(count: number): Promise<Uint8Array[]> } {
  const got: Uint8Array[] = [];
  let wake = () => {};
  let closed = false;
  channel.onFrame = (frame) => {
    got.push(frame);
    wake();
  };
  channel.onClose = () => {
    closed = true;
    wake();
  };
  return {
    async take(count) {
      while (got.length < count) {
        if (closed) throw new Error(`closed after ${got.length} of ${count} frames`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return got.splice(0, count);
    },
  };
}

function echo(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  bytes[0] = Ask.Echo;
  return bytes;
}

function numbered(n: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length)
    .fill(n & 0xff)
    .map((byte, at) => (at === 0 ? Ask.Echo : at === 1 ? n >> 8 : byte));
}

/** Bytes that repeat at no power of two, so that a shifted or swapped part shows. */
function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + (at >>> 8) * 7 + seed) & 0xff;
  return bytes;
}

function same(got: Uint8Array, expected: Uint8Array, what: string): void {
  if (got.length !== expected.length) throw new Error(`${what}: ${got.length} bytes, not ${expected.length}`);
  const at = got.findIndex((byte, index) => byte !== expected[index]);
  if (at >= 0) throw new Error(`${what}: byte ${at} is ${got[at]}, not ${expected[at]}`);
}
