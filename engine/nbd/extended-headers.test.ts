import { afterEach, describe, expect, it } from 'vitest';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import { type Answer, type Capabilities, Filter, type Request } from './backend.ts';
import { NbdClient } from './client/nbd-client.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { NbdSource } from './nbd-source.ts';
import { Command, CommandFlag, Errno, Option } from './protocol.ts';
import { NbdServer } from './server.ts';
import { words } from './testing/probe.ts';
import type { RawClient } from './testing/raw-client.ts';
import { errnos, leaveTestParent, Stage, socketPath, testParent } from './testing/served.ts';

const stage = new Stage();
afterEach(() => stage.end());

const SEVEN_EIB = 7n << 60n;
const MARK = Buffer.from('here');

async function extended(socket: string, allocation = false): Promise<RawClient> {
  const client = await stage.connect(socket);
  await client.enter({ extended: true, allocation });
  return client;
}

interface Extent {
  readonly length: bigint;
  readonly flags: bigint;
}

function extentsIn(data: Buffer): Extent[] {
  return Array.from({ length: data.readUInt32BE(4) }, (_none, i) => ({
    length: data.readBigUInt64BE(8 + 16 * i),
    flags: data.readBigUInt64BE(16 + 16 * i),
  }));
}

describe('a disk of 7 EiB with extended headers', () => {
  const size: readonly [string, string][] = [['size', '7E']];

  it.each([
    ['trim', Command.Trim],
    ['write zeroes', Command.WriteZeroes],
  ])('%s of the whole is done at once, and spares nothing', async (_name, command) => {
    const served = await stage.serve({ parameters: size });
    const client = await extended(served.socket);
    const places = [0n, (1n << 32n) - 2n, 1n << 40n, (1n << 61n) + 12_345n, SEVEN_EIB - 4n];
    for (const offset of places)
      expect(errnos(await client.request(Command.Write, { offset }, MARK))).toEqual([0]);
    expect(served.allowance.usedBytes).toBeGreaterThan(0);
    // Walking 2^47 pages, or asking for them 4 GiB at a time, would never come to an answer.
    expect(errnos(await client.request(command, { length: SEVEN_EIB }))).toEqual([0]);
    for (const offset of places) {
      expect((await client.readDisk(offset, 4)).equals(Buffer.alloc(4)), `at ${offset}`).toBe(true);
    }
    expect(served.allowance.usedBytes).toBe(0);
  });

  it('a long trim ends where it was told to, on both sides', async () => {
    const served = await stage.serve({ parameters: size });
    const client = await extended(served.socket);
    const from = (1n << 33n) - 100n;
    const length = (3n << 60n) + 7n;
    const places = [from - 4n, from, from + length - 4n, from + length];
    for (const offset of places) await client.request(Command.Write, { offset }, MARK);
    expect(errnos(await client.request(Command.Trim, { offset: from, length }))).toEqual([0]);
    const kept: boolean[] = [];
    for (const offset of places) kept.push((await client.readDisk(offset, 4)).equals(MARK));
    expect(kept).toEqual([true, false, false, true]);
  });

  it('block status tells of all of it, and where the data is', async () => {
    const served = await stage.serve({ parameters: size });
    const client = await extended(served.socket, true);
    const places = [0n, 5n << 40n, (1n << 62n) + (1n << 16n), SEVEN_EIB - 65_536n];
    for (const offset of places) await client.request(Command.Write, { offset }, MARK);
    const data: bigint[] = [];
    let at = 0n;
    let requests = 0;
    while (at < SEVEN_EIB) {
      const [chunk] = await client.request(Command.BlockStatus, { offset: at, length: SEVEN_EIB - at });
      for (const { length, flags } of extentsIn(chunk?.data ?? Buffer.alloc(8))) {
        expect(length).toBeGreaterThan(0n);
        if (flags === 0n) data.push(at);
        at += length;
      }
      requests += 1;
    }
    expect(at).toBe(SEVEN_EIB);
    expect(data).toEqual(places);
    expect(requests).toBeLessThan(3000);
    const one = { flags: CommandFlag.ReqOne, offset: 65_536n, length: 1n << 42n };
    const [answer] = await client.request(Command.BlockStatus, one);
    expect(extentsIn(answer?.data ?? Buffer.alloc(8))).toEqual([{ length: 1n << 42n, flags: 3n }]);
  });

  it('our own client uses it, and says what a server without cannot do', async () => {
    const served = await stage.serve({ parameters: size });
    const client = await NbdClient.connect({ path: served.socket });
    expect(client.facts).toMatchObject({ extendedHeaders: true, sizeBytes: SEVEN_EIB });
    expect(await client.write(1n << 50n, MARK, { fua: true })).toBe(0);
    expect((await client.read(1n << 50n, 6)).data.toString('latin1')).toBe('here\0\0');
    expect(await client.trim(0n, SEVEN_EIB)).toBe(0);
    expect(await client.zero(1n, SEVEN_EIB - 2n)).toBe(0);
    expect(await client.trim(1n, SEVEN_EIB)).toBe(Errno.EINVAL);
    expect((await client.read(1n << 50n, 4)).data.equals(Buffer.alloc(4))).toBe(true);
    await client.disconnect();
    const compact = await stage.serve({ parameters: size, server: { extendedHeaders: false } });
    const other = await NbdClient.connect({ path: compact.socket });
    expect(other.facts).toMatchObject({ extendedHeaders: false, structuredReplies: true });
    await expect(other.trim(0n, SEVEN_EIB)).rejects.toThrow('at most 4294967295');
    await other.disconnect();
  });

  it('the picture gets the length as it was asked for', async () => {
    const source = new NbdSource('disk');
    const served = await stage.serve({
      parameters: size,
      observer: (sizeBytes) => source.addDisk('', sizeBytes),
    });
    const lengths: bigint[] = [];
    source.start({
      rows: (batch: EventBatch) => {
        for (let i = 0; i < batch.count; i += 1) {
          if (batch.kind[i] !== RowKind.Request) continue;
          lengths.push((BigInt(batch.lengthHigh[i] ?? 0) << 32n) | BigInt(batch.lengthLow[i] ?? 0));
        }
      },
      disk: () => {},
      progress: () => {},
      notice: () => {},
    });
    const client = await extended(served.socket);
    await client.request(Command.Trim, { offset: 4096n, length: 5n << 60n });
    // Refused, and shown as far as the disk goes.
    await client.request(Command.Trim, { offset: 4096n, length: SEVEN_EIB });
    await source.stop();
    await expect.poll(() => lengths).toEqual([5n << 60n, SEVEN_EIB - 4096n]);
  });
});

describe('what extended headers ask of a client', () => {
  it('a payload that is too long ends the connection, with the reason told', async () => {
    const reasons: (string | null)[] = [];
    const served = await stage.serve({
      listener: {
        connectionsChanged: () => {},
        connectionRefused: () => {},
        connectionClosed: (_connection, reason) => reasons.push(reason),
      },
    });
    const client = await extended(served.socket);
    const length = (32 << 20) + 1;
    client.send(Command.Write, { flags: CommandFlag.PayloadLen, length });
    await client.readToEnd();
    await expect.poll(() => reasons).toEqual(['a payload of more than 33554432 bytes']);
  });

  it('all replies are extended, with the offset that was asked for', async () => {
    const served = await stage.serve();
    const client = await extended(served.socket);
    client.send(Command.Flush);
    client.send(Command.Read, { offset: 77n, length: 0 });
    client.send(99, { offset: 78n });
    const offsets: bigint[] = [];
    for (let i = 0; i < 3; i += 1) {
      const header = await client.read(32);
      expect(header.readUInt32BE(0)).toBe(0x6e8a_278c);
      offsets.push(header.readBigUInt64BE(16));
      await client.read(Number(header.readBigUInt64BE(24)));
    }
    expect(offsets).toEqual([0n, 77n, 78n]);
  });

  it('can be had or not, as the server is told', async () => {
    const served = await stage.serve({ server: { extendedHeaders: false } });
    const client = await stage.connect(served.socket);
    await client.greet();
    expect(words(await client.option(Option.ExtendedHeaders))).toBe('ERR_UNSUP');
  });
});

/** A disk that takes 32-bit lengths, and what it was asked for. */
class NarrowDisk extends Filter {
  readonly asked: { operation: string; offset: bigint; length: number; flags: number }[] = [];
  /** The errors of its answers, in order; 0 when there are no more. */
  readonly errors: number[] = [];

  override get capabilities(): Capabilities {
    return { ...this.next.capabilities, wideLengths: false };
  }

  override trim(request: Request): Answer {
    return this.#answer('trim', request);
  }

  override zero(request: Request): Answer {
    return this.#answer('zero', request);
  }

  override cache(request: Request): Answer {
    return this.#answer('cache', request);
  }

  override extents(request: Request): Answer {
    this.#note('extents', request);
    return this.next.extents(request);
  }

  #answer(operation: string, request: Request): Answer {
    this.#note(operation, request);
    const error = this.errors.shift() ?? 0;
    return this.asked.length % 2 === 0 ? error : Promise.resolve(error);
  }

  #note(operation: string, { offsetHigh, offsetLow, length, lengthHigh, flags }: Request): void {
    expect(lengthHigh).toBe(0);
    const offset = (BigInt(offsetHigh) << 32n) | BigInt(offsetLow);
    this.asked.push({ operation, offset, length, flags });
  }
}

describe('a disk that takes no long ranges', () => {
  async function narrow(): Promise<{ disk: NarrowDisk; client: RawClient }> {
    const disk = new NarrowDisk(new MemoryBackend(SEVEN_EIB, new MemoryAllowance(1 << 30)));
    const server = new NbdServer({ socketParent: testParent() });
    server.addExport(new HostedExport('', 'narrow', disk, null));
    const socket = socketPath(await server.listen());
    stage.after(async () => {
      await server.close(100);
      leaveTestParent();
    });
    return { disk, client: await extended(socket, true) };
  }

  it('is asked piece by piece, in order and with FUA each time', async () => {
    const { disk, client } = await narrow();
    const init = { flags: CommandFlag.Fua, offset: (1n << 32n) - 512n, length: 10n << 30n };
    expect(errnos(await client.request(Command.Trim, init))).toEqual([0]);
    let at = init.offset;
    for (const { operation, offset, length, flags } of disk.asked) {
      expect([operation, offset, flags]).toEqual(['trim', at, RowFlag.Fua]);
      at += BigInt(length);
    }
    expect(at).toBe(init.offset + init.length);
    expect(disk.asked).toHaveLength(3);
  });

  it('is asked no more after an error, which the client gets', async () => {
    const { disk, client } = await narrow();
    disk.errors.push(0, Errno.EIO);
    const [answer] = await client.request(Command.Cache, { length: 100n << 30n });
    expect(answer?.errno).toBe(Errno.EIO);
    expect(disk.asked).toHaveLength(2);
  });

  it('may decline fast zeroing before it has begun, and not after', async () => {
    const { disk, client } = await narrow();
    const init = { flags: CommandFlag.FastZero, length: 10n << 30n };
    expect(errnos(await client.request(Command.WriteZeroes, init))).toEqual([0]);
    expect(disk.asked.map(({ flags }) => flags & RowFlag.Fast)).toEqual([RowFlag.Fast, 0, 0]);
  });

  it('tells the status of a first piece', async () => {
    const { disk, client } = await narrow();
    const [answer] = await client.request(Command.BlockStatus, { length: SEVEN_EIB });
    expect(extentsIn(answer?.data ?? Buffer.alloc(8))).toEqual([{ length: 0xffff_0000n, flags: 3n }]);
    expect(disk.asked).toHaveLength(1);
  });

  it('is not kept busy for hours: what is too long is refused', async () => {
    const { disk, client } = await narrow();
    const [answer] = await client.request(Command.Trim, { length: SEVEN_EIB });
    expect(answer?.errno).toBe(Errno.EOVERFLOW);
    expect(disk.asked).toEqual([]);
  });

  it('leaves other clients their turn, and stops when the client is gone', async () => {
    const { disk, client } = await narrow();
    client.send(Command.Trim, { length: 250n << 40n });
    await expect.poll(() => disk.asked.length).toBeGreaterThan(10);
    client.close();
    let last = -1;
    await expect
      .poll(() => {
        const stopped = disk.asked.length === last;
        last = disk.asked.length;
        return stopped;
      })
      .toBe(true);
    expect(disk.asked.length).toBeLessThan(64_000);
  });
});
