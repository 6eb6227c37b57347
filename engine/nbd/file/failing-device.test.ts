import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Command, CommandFlag, Errno } from '../protocol.ts';
import { RawClient } from '../testing/raw-client.ts';
import { errnos, type ServeOptions, Stage } from '../testing/served.ts';
import { type ServedUnder, serveUnder } from '../testing/served-under.ts';

const BLOCK = 4096;
const SIZE = 1 << 20;
const ANSWER_MS = 20_000;
const MEMORY: ServeOptions = { parameters: [['size', '1M']] };

const stage = new Stage();
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-failing-'));
});
afterEach(async () => {
  await stage.end();
  rmSync(directory, { recursive: true, force: true });
});

function image(): string {
  const path = join(directory, 'disk.img');
  writeFileSync(path, Buffer.alloc(SIZE, 7));
  return path;
}

const inFile = (path: string): ServeOptions => ({ plugin: 'file', parameters: [['file', path]] });

/**
 * Calls of the disk's file alone that fail as they do on a device that is bad, full or gone. strace counts the calls of
 * each thread, so there is but one beside the loop's.
 */
const failing = (path: string, ...calls: readonly string[]): string[] => [
  ...['strace', '-f', '-qq', '-E', 'UV_THREADPOOL_SIZE=1', '-o', join(directory, 'trace'), '-P', path],
  ...['-e', 'trace=pread64,preadv2,pwrite64,pwritev2,fdatasync,fallocate,lseek'],
  ...calls.flatMap((call) => ['-e', `inject=${call}`]),
];

interface Failing {
  readonly served: ServedUnder;
  /** On the disk in the file, and on one in memory of the same server. */
  readonly client: RawClient;
  readonly other: RawClient;
}

async function start(path: string, before: readonly string[], tellsHoles = true): Promise<Failing> {
  const served = await serveUnder(before, directory, inFile(path), MEMORY);
  stage.after(() => {
    try {
      process.kill(served.pid, 'SIGKILL');
    } catch {
      // It has ended already, which the test has noticed.
    }
  });
  const [client, other] = await Promise.all(
    served.sockets.map(async (socket, i) => {
      const made = await RawClient.connect(socket, ANSWER_MS);
      stage.after(() => made.close());
      expect(await made.enter({ structured: true, allocation: tellsHoles || i > 0 })).toBe(true);
      return made;
    }),
  );
  if (client === undefined || other === undefined) throw new Error('a disk was not served');
  return { served, client, other };
}

const errnoOf = async (
  client: RawClient,
  command: number,
  init: { offset?: bigint; length?: number; flags?: number } = {},
  payload?: Buffer,
): Promise<number> => errnos(await client.request(command, init, payload)).at(-1) ?? -1;

/** The connection and the other disk go on as if nothing had been. */
async function expectOthersGoOn({ client, other }: Failing): Promise<void> {
  const bytes = Buffer.alloc(BLOCK, 3);
  expect(await errnoOf(other, Command.Write, { flags: CommandFlag.Fua }, bytes)).toBe(0);
  expect((await other.readDisk(0n, BLOCK)).equals(bytes)).toBe(true);
  expect(await errnoOf(other, Command.Flush)).toBe(0);
  // Asked of the server alone: a request that is refused before it gets to the disk.
  expect(await errnoOf(client, Command.Read, { offset: BigInt(SIZE), length: 1 })).toBe(Errno.EINVAL);
}

const OFFSET = BigInt(8 * BLOCK);
const BYTES = Buffer.alloc(BLOCK, 9);

describe('a device that fails', () => {
  it.each([
    ['EIO', Errno.EIO],
    ['ENXIO', Errno.EIO],
    ['ENODEV', Errno.EIO],
    ['ENOMEM', Errno.ENOMEM],
  ])('tells the client of a read that failed with %s, and only that', async (name, errno) => {
    const path = image();
    const all = await start(path, failing(path, `pread64,preadv2:error=${name}:when=1..2`));
    const range = { offset: OFFSET, length: BLOCK };
    const seen: number[] = [];
    // The first may be answered by a thread after the loop's own try; either is a call that failed.
    for (let i = 0; i < 4; i += 1) seen.push(await errnoOf(all.client, Command.Read, range));
    expect(seen[0]).toBe(errno);
    expect(seen.at(-1)).toBe(0);
    await expect
      .poll(() => all.served.failures[0])
      .toBe(`disk 0: read ${OFFSET}+${BLOCK} failed with ${errno}`);
    await expectOthersGoOn(all);
  });

  it.each([
    ['EIO', Errno.EIO],
    ['ENOSPC', Errno.ENOSPC],
    ['EDQUOT', Errno.ENOSPC],
    ['EFBIG', Errno.ENOSPC],
    ['EROFS', Errno.EPERM],
    ['ENXIO', Errno.EIO],
  ])('tells the client of a write that failed with %s, with FUA and without', async (name, errno) => {
    const path = image();
    const all = await start(path, failing(path, `pwrite64,pwritev2:error=${name}`));
    for (const flags of [0, CommandFlag.Fua]) {
      expect(await errnoOf(all.client, Command.Write, { offset: OFFSET, flags }, BYTES)).toBe(errno);
    }
    expect(await errnoOf(all.client, Command.Flush)).toBe(0);
    expect((await all.client.readDisk(OFFSET, BLOCK)).equals(Buffer.alloc(BLOCK, 7))).toBe(true);
    const row = `disk 0: write ${OFFSET}+${BLOCK} failed with ${errno}`;
    await expect.poll(() => all.served.failures.slice(0, 2)).toEqual([row, row]);
    await expectOthersGoOn(all);
  });

  it.each([
    ['EIO', Errno.EIO],
    ['ENOSPC', Errno.ENOSPC],
  ])('tells the client of a trim and of zeroes that failed with %s', async (name, errno) => {
    const path = image();
    // The first call finds out whether there are holes at all.
    const all = await start(path, failing(path, `fallocate:error=${name}:when=2+`));
    const range = { offset: OFFSET, length: BLOCK };
    expect(await errnoOf(all.client, Command.Trim, range)).toBe(errno);
    expect(await errnoOf(all.client, Command.WriteZeroes, range)).toBe(errno);
    expect(await errnoOf(all.client, Command.WriteZeroes, { ...range, flags: CommandFlag.NoHole })).toBe(
      errno,
    );
    expect((await all.client.readDisk(OFFSET, BLOCK)).equals(Buffer.alloc(BLOCK, 7))).toBe(true);
    await expectOthersGoOn(all);
  });

  it('tells the client when it cannot say where holes are', async () => {
    const path = image();
    const all = await start(path, failing(path, 'lseek:error=EIO:when=2+'));
    expect(await errnoOf(all.client, Command.BlockStatus, { length: SIZE })).toBe(Errno.EIO);
    expect((await all.client.readDisk(OFFSET, BLOCK)).equals(Buffer.alloc(BLOCK, 7))).toBe(true);
    await expectOthersGoOn(all);
  });

  it('never again says that all is well once fdatasync has failed, though the kernel does', async () => {
    const path = image();
    const all = await start(path, failing(path, 'fdatasync:error=EIO:when=2'));
    const { client } = all;
    const write = (flags: number): Promise<number> =>
      errnoOf(client, Command.Write, { offset: OFFSET, flags }, BYTES);
    expect(await write(CommandFlag.Fua)).toBe(0);
    expect(await write(0)).toBe(0);
    expect(await errnoOf(client, Command.Flush)).toBe(Errno.EIO);
    // What is not asked to last still works.
    expect(await write(0)).toBe(0);
    expect((await client.readDisk(OFFSET, BLOCK)).equals(BYTES)).toBe(true);
    expect(await errnoOf(client, Command.Flush)).toBe(Errno.EIO);
    expect(await write(CommandFlag.Fua)).toBe(Errno.EIO);
    const zero = { offset: OFFSET, length: BLOCK, flags: CommandFlag.Fua };
    expect(await errnoOf(client, Command.WriteZeroes, zero)).toBe(Errno.EIO);
    expect(await errnoOf(client, Command.Trim, zero)).toBe(Errno.EIO);
    await expect.poll(() => all.served.failures[0]).toBe('disk 0: flush 0+0 failed with 5');
    await expectOthersGoOn(all);
  });

  it('outlives a limit on the size of files: writes beyond it fail as on a full disk', async () => {
    const path = image();
    truncateSync(path, SIZE / 2);
    truncateSync(path, SIZE);
    const all = await start(path, ['prlimit', `--fsize=${SIZE / 2}`]);
    expect(await errnoOf(all.client, Command.Write, { offset: BigInt(SIZE / 2) }, BYTES)).toBe(Errno.ENOSPC);
    expect(await errnoOf(all.client, Command.Write, { offset: BigInt(SIZE / 2 - 512) }, BYTES)).toBe(
      Errno.ENOSPC,
    );
    expect(await errnoOf(all.client, Command.Write, { offset: 0n, flags: CommandFlag.Fua }, BYTES)).toBe(0);
    expect((await all.client.readDisk(0n, BLOCK)).equals(BYTES)).toBe(true);
    await expectOthersGoOn(all);
  });

  it('that is cut off while it is served fails what is missing, and tells no holes there', async () => {
    const path = image();
    const all = await start(path, []);
    truncateSync(path, SIZE / 2);
    expect((await all.client.readDisk(0n, SIZE / 2)).equals(Buffer.alloc(SIZE / 2, 7))).toBe(true);
    for (const offset of [BigInt(SIZE / 2 - 512), BigInt(SIZE / 2), BigInt(SIZE - 1024)]) {
      expect(await errnoOf(all.client, Command.Read, { offset, length: 1024 })).toBe(Errno.EIO);
    }
    expect(await errnoOf(all.client, Command.BlockStatus, { length: SIZE / 2 })).toBe(0);
    expect(await errnoOf(all.client, Command.BlockStatus, { offset: BigInt(SIZE / 2), length: 4096 })).toBe(
      Errno.EIO,
    );
    await expectOthersGoOn(all);
    truncateSync(path, 0);
    expect(await errnoOf(all.client, Command.Read, { length: 1 })).toBe(Errno.EIO);
    await expectOthersGoOn(all);
  });
});

/** Loop devices are root's. */
const canLoop = process.getuid?.() === 0;
if (!canLoop) console.warn('NOT TESTED, as it takes root: block devices that fail');

describe.runIf(canLoop)('a block device', () => {
  function loop(path: string): string {
    const device = execFileSync('losetup', ['--show', '-f', path], { encoding: 'utf8' }).trim();
    stage.after(() => execFileSync('losetup', ['-d', device]));
    return device;
  }

  it('that loses what is behind it fails what is read from it, and the server goes on', async () => {
    const path = image();
    const all = await start(loop(path), [], false);
    expect((await all.client.readDisk(0n, BLOCK)).equals(Buffer.alloc(BLOCK, 7))).toBe(true);
    truncateSync(path, 0);
    const far = { offset: BigInt(SIZE / 2), length: BLOCK };
    expect(await errnoOf(all.client, Command.Read, far)).toBe(Errno.EIO);
    expect(await errnoOf(all.client, Command.Read, far)).toBe(Errno.EIO);
    await expectOthersGoOn(all);
  });

  it('that takes writes and finds out later that it is full fails the flush, and every flush after it', async () => {
    const mount = join(directory, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE / 2}`, 'tmpfs', mount]);
    stage.after(() => execFileSync('umount', ['-l', mount]));
    const path = join(mount, 'disk.img');
    writeFileSync(path, '');
    truncateSync(path, SIZE);
    const all = await start(loop(path), [], false);
    expect(await errnoOf(all.client, Command.Write, {}, Buffer.alloc(SIZE, 1))).toBe(0);
    expect(await errnoOf(all.client, Command.Flush)).toBe(Errno.EIO);
    expect(await errnoOf(all.client, Command.Flush)).toBe(Errno.EIO);
    const fua = { flags: CommandFlag.Fua };
    expect(await errnoOf(all.client, Command.Write, fua, BYTES)).toBe(Errno.EIO);
    await expectOthersGoOn(all);
  });
});
