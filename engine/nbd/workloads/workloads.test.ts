import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { WORKLOADS, type Workload } from '#shared/contract/commands.ts';
import { NbdClient } from '../client/nbd-client.ts';
import type { PendingRequest } from '../pending-request.ts';
import { Command } from '../protocol.ts';
import { peer } from '../testing/peers.ts';
import { random } from '../testing/random.ts';
import { type Served, serve } from '../testing/served.ts';
import { WorkloadRun } from './workload-run.ts';
import { WORKLOAD_FUNCTIONS } from './workload-runner.ts';

const MIB = 1 << 20;

/** A request as the server got it. */
interface Seen {
  readonly command: number;
  readonly offset: bigint;
  readonly length: number;
  readonly flags: number;
}

let served: Served | null = null;
let client: NbdClient | null = null;
let seen: Seen[] = [];
afterEach(async () => {
  await client?.disconnect();
  await served?.close();
  served = null;
  client = null;
});

async function connect(
  size: string,
  parameters: readonly (readonly [string, string])[] = [],
): Promise<NbdClient> {
  seen = [];
  served = await serve({
    parameters: [['size', size], ...parameters],
    observer: () => ({
      congested: false,
      connected: () => {},
      disconnected: () => {},
      arrived: ({ command, offsetHigh, offsetLow, length, flags }: PendingRequest) => {
        seen.push({ command, offset: (BigInt(offsetHigh) << 32n) | BigInt(offsetLow), length, flags });
      },
      completed: () => {},
      unanswered: () => {},
    }),
  });
  client = await NbdClient.connect({ path: served.socket });
  return client;
}

async function run(workload: Workload, on: NbdClient): Promise<WorkloadRun> {
  const draw = random(7);
  const work = new WorkloadRun(on, new AbortController().signal, {
    turnMs: 0,
    random: () => draw(2 ** 31) / 2 ** 31,
  });
  await WORKLOAD_FUNCTIONS[workload](work);
  return work;
}

const bytesOf = (command: number): number =>
  seen.filter((request) => request.command === command).reduce((sum, { length }) => sum + length, 0);

async function stampAt(on: NbdClient, offset: bigint): Promise<bigint> {
  return (await on.read(offset, 8)).data.readBigUInt64BE(0);
}

describe('the workloads', () => {
  it('write the disk in order', async () => {
    const disk = await connect('64M');
    const work = await run('sequential-write', disk);
    expect(work.failures).toBeNull();
    expect(work.done).toBe(1);
    const offsets = seen.filter(({ command }) => command === Command.Write).map(({ offset }) => offset);
    expect(offsets).toEqual([...offsets].sort((a, b) => (a < b ? -1 : 1)));
    expect(bytesOf(Command.Write)).toBe(64 * MIB);
    expect(seen.at(-1)?.command).toBe(Command.Flush);
    for (const offset of [0n, 4096n, 40n << 20n, (64n << 20n) - 4096n]) {
      expect(await stampAt(disk, offset)).toBe(offset);
    }
  });

  it('read the disk in order', async () => {
    await run('sequential-read', await connect('64M'));
    expect(bytesOf(Command.Read)).toBe(64 * MIB);
    expect(new Set(seen.map(({ command }) => command))).toEqual(new Set([Command.Read]));
  });

  it('write at random, all over the disk, each block where it says', async () => {
    const disk = await connect('1G');
    await run('random-write', disk);
    const writes = seen.filter(({ command }) => command === Command.Write);
    expect(new Set(writes.map(({ offset }) => offset / (256n << 20n))).size).toBe(4);
    for (const { offset } of writes.slice(0, 20)) expect(await stampAt(disk, offset)).toBe(offset);
  });

  it('read at random without a write', async () => {
    await run('random-read', await connect('64M'));
    expect(seen.length).toBe(400);
    expect(bytesOf(Command.Write)).toBe(0);
  });

  it('copy the first quarter to the third, holes as zeroes', async () => {
    const disk = await connect('64M');
    await disk.write(5n << 20n, Buffer.alloc(MIB, 9));
    await disk.write(48n << 20n, Buffer.alloc(4096, 3));
    seen = [];
    await run('copy', disk);
    expect((await disk.read(37n << 20n, MIB)).data.equals(Buffer.alloc(MIB, 9))).toBe(true);
    expect((await disk.read(48n << 20n, 4096)).data.equals(Buffer.alloc(4096, 3))).toBe(true);
    expect([bytesOf(Command.Write), bytesOf(Command.WriteZeroes)]).toEqual([MIB, 15 * MIB]);
  });

  it('trim every other mebibyte', async () => {
    const disk = await connect('64M');
    await run('sequential-write', disk);
    await run('trim', disk);
    for (let mebibyte = 0n; mebibyte < 64n; mebibyte += 1n) {
      const { data } = await disk.read(mebibyte << 20n, MIB);
      expect(data.equals(Buffer.alloc(MIB))).toBe(mebibyte % 2n === 0n);
    }
  });

  it('append a log that goes round, and never write where nothing was trimmed since', async () => {
    await run('log-structured', await connect('64M'));
    const written = new Set<bigint>();
    let trims = 0;
    for (const { command, offset, length } of seen) {
      for (let at = offset; at < offset + BigInt(length); at += 65_536n) {
        if (command === Command.Write) {
          expect(written.has(at)).toBe(false);
          written.add(at);
        } else if (command === Command.Trim) written.delete(at);
      }
      if (command === Command.Trim) trims += 1;
    }
    expect(trims).toBeGreaterThan(16);
    expect(bytesOf(Command.Write)).toBe(128 * MIB);
  });

  it('update a few blocks in place, the superblock with FUA after a flush', async () => {
    const disk = await connect('64M');
    await run('update-in-place', disk);
    const writes = seen.filter(({ command }) => command === Command.Write);
    expect(new Set(writes.map(({ offset }) => offset)).size).toBe(8);
    expect(writes.length).toBe(320);
    const superblock = seen.findIndex(({ offset, command }) => command === Command.Write && offset === 0n);
    expect(seen[superblock]?.flags).toBe(1);
    expect(seen[superblock - 1]?.command).toBe(Command.Flush);
    expect((await disk.read(8n << 20n, 1)).data[0]).toBe(40);
  });

  it.each(['1M', '64M', '3000007', `${(1n << 63n) - 1n}`])(
    'write a partition table on a disk of %s',
    async (size) => {
      const disk = await connect(size);
      await run('partition-table', disk);
      const last = disk.sizeBytes / 512n - 1n;
      const mbr = (await disk.read(0n, 512)).data;
      expect([mbr[450], mbr.readUInt32LE(454), mbr.readUInt16LE(510)]).toEqual([0xee, 1, 0xaa55]);
      for (const [here, other] of [
        [1n, last],
        [last, 1n],
      ] as const) {
        const header = (await disk.read(here * 512n, 512)).data;
        expect(header.toString('latin1', 0, 8)).toBe('EFI PART');
        expect([header.readBigUInt64LE(24), header.readBigUInt64LE(32)]).toEqual([here, other]);
        const entries = (await disk.read(header.readBigUInt64LE(72) * 512n, 128 * 128)).data;
        expect(header.readUInt32LE(88)).toBe(crc32(entries));
        const sum = header.readUInt32LE(16);
        header.writeUInt32LE(0, 16);
        expect(sum).toBe(crc32(header.subarray(0, 92)));
        expect(entries.readBigUInt64LE(32)).toBeGreaterThanOrEqual(header.readBigUInt64LE(40));
        expect(entries.readBigUInt64LE(40)).toBeLessThanOrEqual(header.readBigUInt64LE(48));
      }
    },
  );

  it('write a table that sfdisk reads and verifies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nbdscope-gpt-'));
    try {
      await run('partition-table', await connect('64M'));
      const image = join(folder, 'image');
      await peer('nbdcopy', served?.uri ?? '', image);
      expect(await peer('sfdisk', '--dump', image)).toMatch(
        /label: gpt[\s\S]*first-lba: 34[\s\S]*start= *2048, size= *126976, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4.*name="nbdscope"/,
      );
      expect(await peer('sfdisk', '--verify', image)).toContain('No errors detected');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['1M', `${(1n << 63n) - 1n}`])(
    'all suit a disk of %s and stay within 64 MiB of requests each way',
    async (size) => {
      const disk = await connect(size);
      for (const workload of WORKLOADS) {
        seen = [];
        expect((await run(workload, disk)).failures).toBeNull();
        expect(seen.length).toBeGreaterThan(5);
      }
      expect(served?.allowance.usedBytes).toBeLessThan(160 * MIB);
    },
  );

  it('go on where requests fail, and tell how many did', async () => {
    const work = await run('random-write', await connect('64M', [['error-pwrite-rate', '100%']]));
    expect(work.failures).toBe('400 of 401 requests failed, the first with EIO');
  });

  it('end at the next turn when told to', async () => {
    const abort = new AbortController();
    const work = new WorkloadRun(await connect('64M'), abort.signal, { turnMs: 20 });
    const running = WORKLOAD_FUNCTIONS['random-write'](work);
    setTimeout(() => abort.abort(new Error('told to')), 100);
    await expect(running).rejects.toThrow('told to');
    expect(seen.length).toBeLessThan(20);
  });

  it('take time enough to be watched', async () => {
    const work = new WorkloadRun(await connect('64M'), new AbortController().signal);
    const startMs = performance.now();
    const running = WORKLOAD_FUNCTIONS.trim(work);
    await new Promise((wait) => setTimeout(wait, 1_000));
    expect(work.done).toBeLessThan(0.3);
    await running;
    expect(performance.now() - startMs).toBeGreaterThan(5_000);
    expect(performance.now() - startMs).toBeLessThan(60_000);
  });
});
