import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Chunk, Errno, STRUCTURED_REPLY_MAGIC } from '../protocol.ts';
import { peer } from '../testing/peers.ts';
import { type Served, type ServeOptions, serve } from '../testing/served.ts';
import { NbdClient } from './nbd-client.ts';

const REQUEST_MAGIC_BYTES = Buffer.from([0x25, 0x60, 0x95, 0x13]);

let served: Served | null = null;
let liar: Server | null = null;
afterEach(async () => {
  await served?.close();
  served = null;
  liar?.close();
  liar = null;
});

async function connected(options: ServeOptions = {}, depth = 16): Promise<NbdClient> {
  served = await serve(options);
  return NbdClient.connect({ path: served.socket }, '', { depth });
}

/** A server that greets as it should, exports 1 MiB, and answers the first request with `answer`. */
async function answeredWith(answer: (request: Buffer) => Buffer): Promise<NbdClient> {
  const path = join(tmpdir(), `nbdscope-liar-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const reply = (option: number, type: number, data = Buffer.alloc(0)): Buffer => {
    const header = Buffer.alloc(20);
    header.writeBigUInt64BE(0x3e889045565a9n);
    header.writeUInt32BE(option, 8);
    header.writeUInt32BE(type, 12);
    header.writeUInt32BE(data.length, 16);
    return Buffer.concat([header, data]);
  };
  const greeting = Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), Buffer.from([0, 3])]);
  const info = Buffer.alloc(12);
  info.writeBigUInt64BE(1n << 20n, 2);
  info.writeUInt16BE(1, 10);
  const steps = [
    // All options are answered as soon as the first is there, which a client cannot tell.
    () => Buffer.concat([reply(11, 0x8000_0001), reply(8, 1), reply(7, 3, info), reply(7, 1)]),
    (bytes: Buffer) => answer(bytes),
  ];
  liar = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write(greeting);
    let seen = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      seen = Buffer.concat([seen, bytes]);
      const request = bytes.indexOf(REQUEST_MAGIC_BYTES);
      if (steps.length === 1 && request !== -1) {
        socket.write(steps.shift()?.(bytes.subarray(request)) ?? '');
      } else if (steps.length === 2 && seen.length >= 20) {
        socket.write(steps.shift()?.(seen) ?? '');
      }
    });
  });
  await new Promise<void>((listening) => liar?.listen(path, listening));
  return NbdClient.connect({ path });
}

function chunk(request: Buffer, type: number, data: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt32BE(STRUCTURED_REPLY_MAGIC, 0);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(type, 6);
  request.copy(header, 8, 8, 16);
  header.writeUInt32BE(data.length, 16);
  return Buffer.concat([header, data]);
}

describe('NbdClient', () => {
  it('tells the size, and reads back what it wrote, across holes', async () => {
    const client = await connected();
    expect(client.sizeBytes).toBe(64n << 20n);
    expect(client.readOnly).toBe(false);
    expect(await client.write(65_536n, Buffer.alloc(100_000, 7), { fua: true })).toBe(0);
    const { errno, data } = await client.read(0n, 300_000);
    expect(errno).toBe(0);
    expect(
      data.equals(Buffer.concat([Buffer.alloc(65_536), Buffer.alloc(100_000, 7), Buffer.alloc(134_464)])),
    ).toBe(true);
    expect(await client.zero(65_536n, 50_000)).toBe(0);
    expect(await client.trim(115_536n, 50_000)).toBe(0);
    expect(await client.flush()).toBe(0);
    expect((await client.read(65_536n, 100_000)).data.equals(Buffer.alloc(100_000))).toBe(true);
    await client.disconnect();
  });

  it('gives an error as a result, and goes on', async () => {
    const client = await connected({
      parameters: [
        ['error-pwrite-rate', '1'],
        ['error-pwrite', 'ENOSPC'],
      ],
    });
    expect(await client.write(0n, Buffer.alloc(10))).toBe(Errno.ENOSPC);
    expect((await client.read(64n << 20n, 1)).errno).toBe(Errno.EINVAL);
    expect((await client.read(0n, 4)).errno).toBe(0);
    await client.disconnect();
  });

  it('keeps its depth in flight and no more', async () => {
    const client = await connected({ parameters: [['rdelay', '50ms']] }, 4);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, served?.server.connections[0]?.requestsInFlight ?? 0);
    }, 5);
    const startMs = performance.now();
    await Promise.all(Array.from({ length: 16 }, (_, i) => client.read(BigInt(i) * 4096n, 4096)));
    clearInterval(watch);
    expect(most).toBe(4);
    expect(performance.now() - startMs).toBeGreaterThan(190);
    await client.disconnect();
    expect(served?.server.connections).toEqual([]);
  });

  it('fails what is in flight and what waits when the server hangs up', async () => {
    const client = await connected({ parameters: [['rdelay', '5s']] }, 1);
    const reads = [client.read(0n, 1), client.read(1n, 1), client.read(2n, 1)];
    setTimeout(() => served?.server.disconnect(1), 50);
    const outcomes = await Promise.allSettled(reads);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(client.flush()).rejects.toThrow();
    await client.disconnect();
  });

  it('names the export that is refused', async () => {
    served = await serve();
    await expect(NbdClient.connect({ path: served.socket }, 'absent')).rejects.toThrow('"absent"');
    await expect(NbdClient.connect({ path: '/nonexistent/socket' })).rejects.toThrow('ENOENT');
  });

  it.each([
    ['bytes before the request', () => Buffer.concat([Buffer.alloc(8), Buffer.alloc(4096)])],
    ['too few bytes', (offset: Buffer) => Buffer.concat([offset, Buffer.alloc(100)])],
    ['too many bytes', (offset: Buffer) => Buffer.concat([offset, Buffer.alloc(5000)])],
  ])('does not believe a server that sends %s', async (_, payload) => {
    const client = await answeredWith((request) =>
      chunk(request, Chunk.OffsetData, payload(request.subarray(16, 24))),
    );
    await expect(client.read(8192n, 4096)).rejects.toThrow('bytes');
    await client.disconnect();
  });

  it('does not believe a reply to a request that was not made', async () => {
    const client = await answeredWith((request) => {
      const other = Buffer.from(request);
      other.writeBigUInt64BE(99n, 8);
      return chunk(other, Chunk.None, Buffer.alloc(0));
    });
    await expect(client.flush()).rejects.toThrow('not made (99)');
    await client.disconnect();
  });

  it('speaks to nbdkit, with and without structured replies', async () => {
    const script = 'engine/nbd/client/testing/both-replies.ts';
    for (const flag of ['', '--no-sr ']) {
      const printed = await peer(
        'nbdkit',
        '-U',
        '-',
        ...(flag === '' ? [] : ['--no-sr']),
        'memory',
        '1M',
        '--run',
        `${process.execPath} ${script} "$unixsocket"`,
      );
      expect(printed).toBe(`${flag === ''} 0 0 77,77,0\n`);
    }
  });
});
