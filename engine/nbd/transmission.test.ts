import { afterEach, describe, expect, it } from 'vitest';
import { type Capabilities, Filter } from './backend.ts';
import { DelayFilter } from './filters/delay-filter.ts';
import { ErrorFilter } from './filters/error-filter.ts';
import { ReadonlyFilter } from './filters/readonly-filter.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { Command, Errno, Option } from './protocol.ts';
import { NbdServer } from './server.ts';
import { assemble, goData, metaData } from './testing/raw-client.ts';
import { errnos, Stage, socketPath, testParent } from './testing/served.ts';

const stage = new Stage();
afterEach(() => stage.end());

describe('requests side by side', () => {
  it('answers in the order in which they finish', async () => {
    const { socket } = await stage.serve({ parameters: [['rdelay', '80ms']] });
    for (const structured of [false, true]) {
      const raw = await stage.client(socket, structured);
      const read = raw.send(Command.Read, { length: 512 });
      const flush = raw.send(Command.Flush);
      expect([(await raw.chunk()).cookie, (await raw.chunk()).cookie]).toEqual([flush, read]);
    }
  });

  it('lets slow requests wait together', async () => {
    const { socket, server } = await stage.serve({ parameters: [['rdelay', '1']] });
    const raw = await stage.client(socket);
    const from = performance.now();
    for (let i = 0; i < 100; i += 1) raw.send(Command.Read, { offset: BigInt(i), length: 1 });
    await expect.poll(() => server.connections[0]?.requestsInFlight, { interval: 5 }).toBe(100);
    for (let i = 0; i < 100; i += 1) await raw.chunk();
    // One after another they would take 100 s.
    expect(performance.now() - from).toBeLessThan(50_000);
  });

  it('keeps the bytes of a write that waits, whatever comes behind it', async () => {
    const { socket } = await stage.serve({ parameters: [['wdelay', '40ms']] });
    const raw = await stage.client(socket);
    for (let i = 0; i < 50; i += 1)
      raw.send(Command.Write, { offset: BigInt(i * 65536) }, Buffer.alloc(65536, i + 1));
    for (let i = 0; i < 50; i += 1) expect((await raw.chunk()).errno).toBe(0);
    for (let i = 0; i < 50; i += 1) {
      const bytes = await raw.readDisk(BigInt(i * 65536), 65536);
      expect(bytes.every((byte) => byte === i + 1)).toBe(true);
    }
  });

  it('answers what is outstanding before it ends on DISC', async () => {
    const { socket } = await stage.serve({
      parameters: [
        ['rdelay', '60ms'],
        ['delay-close', '30ms'],
      ],
    });
    const raw = await stage.client(socket);
    for (let i = 0; i < 5; i += 1) raw.send(Command.Read, { length: 512 });
    raw.send(Command.Disconnect);
    for (let i = 0; i < 5; i += 1) expect((await raw.chunk()).errno).toBe(0);
    expect(await raw.readToEnd()).toBe(0);
  });

  it('makes a write that was answered visible on every connection (CAN_MULTI_CONN)', async () => {
    const { socket } = await stage.serve();
    const [writer, reader] = [await stage.client(socket), await stage.client(socket)];
    for (let i = 1; i < 50; i += 1) {
      await writer.request(Command.Write, { flags: i % 2, offset: 4096n }, Buffer.alloc(512, i));
      if (i % 2 === 0) await writer.request(Command.Flush);
      expect((await reader.readDisk(4096n, 512)).every((byte) => byte === i)).toBe(true);
    }
  });

  it('answers a backend that throws, rejects or reads too little with EIO, and stays', async () => {
    class Broken extends Filter {
      override read(): number {
        return 0;
      }
      override write(): never {
        throw new Error('broken');
      }
      override trim(): Promise<number> {
        return Promise.reject(new Error('broken'));
      }
    }
    const server = new NbdServer({ socketParent: testParent() });
    const memory = new MemoryBackend(1n << 20n, new MemoryAllowance(1 << 20));
    server.addExport(new HostedExport('', '', new Broken(memory), null));
    stage.after(() => server.close());
    const socket = socketPath(await server.listen());
    for (const structured of [false, true]) {
      const raw = await stage.client(socket, structured);
      expect(errnos(await raw.request(Command.Read, { length: 512 }))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Write, {}, Buffer.alloc(512)))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Trim, { length: 512 }))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Flush))).toEqual([0]);
    }
  });
});

describe('changes while clients are connected', () => {
  it('takes effect for delays, errors and read-only', async () => {
    const { socket, disk } = await stage.serve({ filters: ['error', 'delay', 'readonly'] });
    const [error, delay, readonly] = disk.filters;
    if (
      !(error instanceof ErrorFilter && delay instanceof DelayFilter && readonly instanceof ReadonlyFilter)
    ) {
      throw new Error('other filters');
    }
    readonly.enabled = false;
    const raw = await stage.client(socket);
    const write = async (): Promise<number[]> =>
      errnos(await raw.request(Command.Write, {}, Buffer.alloc(1)));
    expect(await write()).toEqual([0]);
    readonly.enabled = true;
    expect(await write()).toEqual([Errno.EPERM]);
    readonly.enabled = false;
    error.configure('error-pwrite-rate', '100%');
    expect(await write()).toEqual([Errno.EIO]);
    error.configure('error-pwrite-rate', '0');
    delay.configure('wdelay', '50ms');
    const from = performance.now();
    expect(await write()).toEqual([0]);
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
  });

  it('tells new clients of a read-only disk, refuses writes, trims and zeroes with EPERM, and keeps framing', async () => {
    const { socket } = await stage.serve({ filters: ['readonly'] });
    const raw = await stage.client(socket);
    expect(errnos(await raw.request(Command.Write, {}, Buffer.alloc(100_000)))).toEqual([Errno.EPERM]);
    expect(errnos(await raw.request(Command.Trim, { length: 512 }))).toEqual([Errno.EPERM]);
    expect(errnos(await raw.request(Command.WriteZeroes, { length: 512 }))).toEqual([Errno.EPERM]);
    expect((await raw.readDisk(0n, 512)).length).toBe(512);
    const later = await stage.connect(socket);
    await later.greet();
    const info = await later.option(Option.Info, goData(''));
    expect(info[0]?.data.readUInt16BE(10)).toBe(0b0101_0000_1111);
  });
});

describe('structured replies', () => {
  it('sends holes as holes, and one chunk for all with DF', async () => {
    const { socket } = await stage.serve();
    const raw = await stage.client(socket, true);
    await raw.request(Command.Write, { offset: 65536n }, Buffer.alloc(65536, 7));
    const chunks = await raw.request(Command.Read, { offset: 100n, length: 200_000 });
    expect(chunks.map((chunk) => chunk.type)).toEqual([2, 1, 2]);
    expect(
      assemble(chunks, 100n, 200_000)
        .subarray(65436, 65436 + 65536)
        .every((byte) => byte === 7),
    ).toBe(true);
    const whole = await raw.request(Command.Read, { flags: 4, offset: 100n, length: 200_000 });
    expect(whole.map((chunk) => chunk.type)).toEqual([1]);
    expect(assemble(whole, 100n, 200_000).equals(assemble(chunks, 100n, 200_000))).toBe(true);
    const hole = await raw.request(Command.Read, { flags: 4, offset: 1n << 20n, length: 60_000 });
    expect(hole.map((chunk) => chunk.type)).toEqual([2]);
  });

  it('says why a request failed', async () => {
    const { socket } = await stage.serve();
    const raw = await stage.client(socket, true);
    const [refused] = await raw.request(Command.Read, { offset: 1n << 62n, length: 512 });
    expect(refused?.data.subarray(6).toString()).toBe('the range ends beyond the end of the disk');
    expect(refused?.data.readUInt16BE(4)).toBe(
      refused?.data.length === undefined ? -1 : refused.data.length - 6,
    );
  });
});

describe('a disk that can do little', () => {
  it('offers only that, and refuses the rest with EINVAL', async () => {
    class Plain extends Filter {
      override get capabilities(): Capabilities {
        return {
          trim: false,
          zero: false,
          fastZero: true,
          flush: false,
          fua: false,
          cache: false,
          extents: false,
          multiConn: false,
          rotational: true,
        };
      }
    }
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => server.close());
    const memory = new MemoryBackend(1n << 20n, new MemoryAllowance(1 << 20));
    server.addExport(new HostedExport('', '', new Plain(memory), null));
    const socket = socketPath(await server.listen());
    const asking = await stage.connect(socket);
    await asking.greet();
    expect((await asking.option(Option.Info, goData('')))[0]?.data.readUInt16BE(10)).toBe(0b1_0001);
    await asking.option(Option.StructuredReply);
    expect(await asking.option(Option.ListMetaContext, metaData('', []))).toHaveLength(1);
    const raw = await stage.client(socket);
    for (const command of [Command.Trim, Command.WriteZeroes, Command.Cache, Command.BlockStatus]) {
      expect(errnos(await raw.request(command, { length: 512 }))).toEqual([Errno.EINVAL]);
    }
    expect(errnos(await raw.request(Command.Flush))).toEqual([Errno.EINVAL]);
    expect(errnos(await raw.request(Command.Read, { length: 512 }))).toEqual([0]);
  });

  it('refuses fast zeroes with EINVAL where only slow ones are offered', async () => {
    class Slow extends Filter {
      override get capabilities(): Capabilities {
        return { ...this.next.capabilities, fastZero: false };
      }
    }
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => server.close());
    const memory = new MemoryBackend(1n << 20n, new MemoryAllowance(1 << 20));
    server.addExport(new HostedExport('', '', new Slow(memory), null));
    const raw = await stage.client(socketPath(await server.listen()));
    expect(errnos(await raw.request(Command.WriteZeroes, { flags: 16, length: 512 }))).toEqual([
      Errno.EINVAL,
    ]);
    expect(errnos(await raw.request(Command.WriteZeroes, { length: 512 }))).toEqual([0]);
  });
});
