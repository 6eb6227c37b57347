import { afterEach, describe, expect, it } from 'vitest';
import { Chunk, Command, Errno, Option, OptionReply } from '../protocol.ts';
import { random } from '../testing/random.ts';
import { u16, u32 } from '../testing/raw-client.ts';
import { errnos, pause, type Served, Stage } from '../testing/served.ts';
import {
  type Asked,
  chunk,
  FALSE_CONTEXT,
  type Falsehoods,
  FalseServer,
  optionReply,
  simpleReply,
  u64,
} from './testing/false-server.ts';

const stage = new Stage();
afterEach(() => stage.end());

/** What a request may take that comes to its end before, however slow the machine, s. */
const AMPLE_S = 60;

async function facing(
  falsehoods: Falsehoods,
  timeoutS = 2,
): Promise<{ server: FalseServer; serve: () => Promise<Served> }> {
  const server = await FalseServer.start(falsehoods);
  stage.after(() => server.close());
  const parameters = [
    ['uri', server.uri],
    ['timeout', `${timeoutS}`],
  ] as const;
  return { server, serve: () => stage.serve({ plugin: 'remote', parameters }) };
}

const infoOf = (...data: Buffer[]): Buffer => optionReply(Option.Go, OptionReply.Info, Buffer.concat(data));
const GO_ACK = optionReply(Option.Go, OptionReply.Ack);
const onGo = (...replies: Buffer[]): Falsehoods => ({
  option: (option) => (option === Option.Go ? Buffer.concat(replies) : undefined),
});

describe('a server that lies while shaking hands is refused, in words', () => {
  it.each<[string, Falsehoods, RegExp]>([
    ['no NBD at all', { greeting: Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n') }, /not an NBD server/],
    ['half a greeting', { greeting: Buffer.from('NBDMAGICwhatever__') }, /not an NBD server/],
    ['a reply without magic', onGo(Buffer.alloc(20)), /with something else/],
    ['a reply to another option', onGo(optionReply(Option.List, 1)), /answered another option/],
    [
      'a reply of 4 GiB',
      onGo(optionReply(Option.Go, 3, Buffer.alloc(0), 0xffff_ffff)),
      /with 4294967295 bytes/,
    ],
    ['no size', onGo(GO_ACK), /did not tell the size/],
    ['a size of 0', { sizeBytes: 0n }, /has 0 bytes/],
    ['a size of 2^63', { sizeBytes: 1n << 63n }, /has 9223372036854775808 bytes/],
    ['a size of 2^64-1', { sizeBytes: (1n << 64n) - 1n }, /1 to 2\^63-1 would do/],
    [
      'block sizes that are no powers of two',
      onGo(infoOf(u16(0), u64(512n), u16(1)), infoOf(u16(3), u32(3), u32(4096), u32(1 << 20)), GO_ACK),
      /block sizes of 3, 4096/,
    ],
    [
      'a block size of 0',
      onGo(infoOf(u16(0), u64(512n), u16(1)), infoOf(u16(3), u32(0), u32(0), u32(0)), GO_ACK),
      /block sizes of 0/,
    ],
    [
      'words for a terminal',
      onGo(optionReply(Option.Go, 0x8000_0006, Buffer.from('no\x1b[2J such'))),
      /no\?\[2J such/,
    ],
    [
      'replies before requests',
      onGo(infoOf(u16(0), u64(512n), u16(1)), GO_ACK, simpleReply(1n)),
      /before it was asked/,
    ],
  ])('%s', async (_name, falsehoods, why) => {
    const { serve } = await facing(falsehoods);
    await expect(serve()).rejects.toThrow(why);
  });

  it('one that says nothing is given up after 10 s', async () => {
    const { serve } = await facing({ greeting: Buffer.alloc(0) });
    await expect(serve()).rejects.toThrow('did not answer within 10 s');
  });
});

const DATA = Buffer.alloc(512, 7);
const data = (asked: Asked, flags: number, at: bigint, bytes = DATA): Buffer =>
  chunk(asked.cookie, flags, Chunk.OffsetData, Buffer.concat([u64(at), bytes]));
const hole = (asked: Asked, flags: number, at: bigint, length: number): Buffer =>
  chunk(asked.cookie, flags, Chunk.OffsetHole, Buffer.concat([u64(at), u32(length)]));
const status = (asked: Asked, ...words: number[]): Buffer =>
  chunk(asked.cookie, 1, Chunk.BlockStatus, Buffer.concat(words.map(u32)));

describe('a reply that lies costs the connection, and the request gets EIO', () => {
  it.each<[string, number, (asked: Asked) => Buffer]>([
    ['no magic', Command.Read, () => Buffer.alloc(32, 0xee)],
    ['another cookie', Command.Read, ({ cookie }) => simpleReply(cookie + 1n, Errno.EIO)],
    ['a cookie of 2^64-1', Command.Read, () => simpleReply((1n << 64n) - 1n, Errno.EIO)],
    ['a simple reply with data', Command.Read, ({ cookie }) => Buffer.concat([simpleReply(cookie), DATA])],
    ['data before what was asked', Command.Read, (asked) => data(asked, 1, asked.offset - 1n)],
    ['data beyond what was asked', Command.Read, (asked) => data(asked, 1, asked.offset + 1n)],
    ['data at 2^64-1', Command.Read, (asked) => data(asked, 1, (1n << 64n) - 1n)],
    ['too little data', Command.Read, (asked) => data(asked, 1, asked.offset, DATA.subarray(1))],
    [
      'data twice',
      Command.Read,
      (asked) => Buffer.concat([data(asked, 0, asked.offset), data(asked, 1, asked.offset)]),
    ],
    [
      'overlapping data that adds up',
      Command.Read,
      (asked) =>
        Buffer.concat([
          data(asked, 0, asked.offset, DATA.subarray(256)),
          data(asked, 1, asked.offset, DATA.subarray(256)),
        ]),
    ],
    ['a hole of 4 GiB', Command.Read, (asked) => hole(asked, 1, asked.offset, 0xffff_ffff)],
    ['a hole of no bytes', Command.Read, (asked) => hole(asked, 1, asked.offset, 0)],
    [
      'a chunk of 4 GiB',
      Command.Read,
      ({ cookie }) => chunk(cookie, 1, Chunk.OffsetData, Buffer.alloc(0), 0xffff_ffff),
    ],
    [
      'an empty data chunk',
      Command.Read,
      ({ cookie, offset }) => chunk(cookie, 1, Chunk.OffsetData, u64(offset)),
    ],
    ['nothing, and done', Command.Read, ({ cookie }) => chunk(cookie, 1, Chunk.None, Buffer.alloc(0))],
    ['nothing, and not done', Command.Read, ({ cookie }) => chunk(cookie, 0, Chunk.None, Buffer.alloc(0))],
    ['an unknown chunk', Command.Read, ({ cookie }) => chunk(cookie, 1, 77, DATA)],
    [
      'an error of 0',
      Command.Read,
      ({ cookie }) => chunk(cookie, 1, Chunk.Error, Buffer.concat([u32(0), u16(0)])),
    ],
    [
      'an error cut short',
      Command.Read,
      ({ cookie }) => chunk(cookie, 1, Chunk.Error, Buffer.concat([u32(5), u16(9)])),
    ],
    [
      'an error of 1 GiB',
      Command.Read,
      ({ cookie }) => chunk(cookie, 1, Chunk.Error, Buffer.alloc(0), 1 << 30),
    ],
    ['data for a write', Command.Write, (asked) => data(asked, 1, asked.offset)],
    ['extents for a write', Command.Write, (asked) => status(asked, FALSE_CONTEXT, 512, 0)],
    ['extents for a read', Command.Read, (asked) => status(asked, FALSE_CONTEXT, 512, 0)],
    ['extents of another context', Command.BlockStatus, (asked) => status(asked, 9, 512, 0)],
    ['an extent of no bytes', Command.BlockStatus, (asked) => status(asked, FALSE_CONTEXT, 0, 0)],
    [
      'an extent beyond the end',
      Command.BlockStatus,
      (asked) => status(asked, FALSE_CONTEXT, 512, 0, 512, 3),
    ],
    ['no extents', Command.BlockStatus, (asked) => status(asked, FALSE_CONTEXT)],
    ['a simple reply to block status', Command.BlockStatus, ({ cookie }) => simpleReply(cookie)],
  ])('%s', async (_name, command, answer) => {
    const { server, serve } = await facing({ answer });
    const { socket, disk } = await serve();
    const client = await stage.connect(socket);
    await client.enter({ allocation: true });
    const init = { offset: 4096n, length: 512 };
    const reply = await client.request(command, init, command === Command.Write ? DATA : undefined);
    expect(errnos(reply)).toEqual([Errno.EIO]);
    await expect.poll(() => server.connections).toBeGreaterThan(1);
    expect(server.connections).toBeLessThan(10);
    await disk.backend.dispose();
  });

  it('a read in a million chunks is not put together', async () => {
    let sent = 0;
    // Long enough that even a slow machine gets to ask again.
    const timeoutS = 8;
    const { serve } = await facing(
      {
        answer: (asked, socket) => {
          const parts: Buffer[] = [];
          for (let i = 0; i < asked.length; i += 1)
            parts.push(data(asked, 0, asked.offset + BigInt(i), DATA.subarray(0, 1)));
          sent += 1;
          socket.write(Buffer.concat(parts));
          return Buffer.alloc(0);
        },
      },
      timeoutS,
    );
    const client = await stage.client((await serve()).socket);
    expect(errnos(await client.request(Command.Read, { length: 65536 }))).toEqual([Errno.EIO]);
    expect(sent).toBeGreaterThan(1);
  });

  it('extents by the million are cut to what may be told', async () => {
    const { serve } = await facing(
      {
        sizeBytes: 1n << 40n,
        answer: (asked) => {
          const words = new Uint32Array(1 + 2 * 900_000).fill(512);
          const bytes = Buffer.alloc(4 * words.length);
          bytes.writeUInt32BE(FALSE_CONTEXT, 0);
          for (let i = 0; i < 900_000; i += 1) {
            bytes.writeUInt32BE(512, 4 + 8 * i);
            bytes.writeUInt32BE(i & 1, 8 + 8 * i);
          }
          return chunk(asked.cookie, 1, Chunk.BlockStatus, bytes);
        },
      },
      AMPLE_S,
    );
    const client = await stage.connect((await serve()).socket);
    await client.enter({ allocation: true });
    const [reply] = await client.request(Command.BlockStatus, { length: 0xffff_fe00 });
    expect(reply?.errno).toBe(0);
    expect(reply?.data.length).toBe(4 + 8 * 65_536);
  });

  it('a reply that never ends is ended by the time a request may take', async () => {
    const timers: NodeJS.Timeout[] = [];
    stage.after(() => timers.forEach(clearInterval));
    const { serve } = await facing({
      answer: (asked, socket) => {
        timers.push(setInterval(() => socket.write(Buffer.of(1)), 50));
        return chunk(asked.cookie, 1, Chunk.OffsetData, u64(asked.offset), 8 + asked.length);
      },
    });
    const client = await stage.client((await serve()).socket);
    // At its pace the reply would be there in an hour.
    expect(errnos(await client.request(Command.Read, { length: 65536 }))).toEqual([Errno.EIO]);
  });

  it('an unknown error number stands for EINVAL, and a known one for itself', async () => {
    let errno = 4711;
    const { serve } = await facing({ answer: ({ cookie }) => simpleReply(cookie, errno) }, AMPLE_S);
    const client = await stage.client((await serve()).socket);
    expect(errnos(await client.request(Command.Flush))).toEqual([Errno.EINVAL]);
    for (errno of [Errno.EPERM, Errno.ENOMEM, Errno.EOVERFLOW, Errno.ENOTSUP, Errno.ESHUTDOWN]) {
      expect(errnos(await client.request(Command.Flush))).toEqual([errno]);
    }
  });

  it('holes and data in any order are put together', async () => {
    const { serve } = await facing(
      {
        answer: (asked) =>
          Buffer.concat([
            hole(asked, 0, asked.offset + 512n, 1024),
            data(asked, 0, asked.offset + 1536n),
            data(asked, 0, asked.offset),
            chunk(asked.cookie, 1, Chunk.None, Buffer.alloc(0)),
          ]),
      },
      AMPLE_S,
    );
    const client = await stage.client((await serve()).socket, true);
    const bytes = await client.readDisk(0x1_0000n, 2048);
    expect(bytes.equals(Buffer.concat([DATA, Buffer.alloc(1024), DATA]))).toBe(true);
  });

  it('noise of any kind leaves the server able to serve', async () => {
    const draw = random(7);
    const { serve } = await facing({
      answer: ({ cookie }) => {
        const noise = Buffer.from(Array.from({ length: 1 + draw(64) }, () => draw(256)));
        const magic =
          draw(2) === 0 ? simpleReply(cookie, draw(3)) : chunk(cookie, draw(2), draw(8), noise, draw(64));
        return Buffer.concat([magic, noise]);
      },
    });
    const { socket } = await serve();
    const client = await stage.client(socket);
    for (let i = 0; i < 60; i += 1) {
      client.send(draw(2) === 0 ? Command.Trim : Command.Flush, { length: 0 });
      client.send(Command.Write, { offset: 512n }, DATA);
      await client.chunk();
      await client.chunk();
    }
    await pause(1);
  });
});
