import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RowFlag } from '#shared/events/vocabulary.ts';
import { Errno } from '../protocol.ts';
import { extentsOf, readBackend, request, writeBackend } from '../testing/requests.ts';
import { FileBackend } from './file-backend.ts';
import { type NativeFiles, nativeFiles } from './native-files.ts';
import { openFile } from './open-file.ts';

const MIB = 1 << 20;
const native = await nativeFiles();
const open: FileBackend[] = [];
/** Mounts and loop devices are root's. */
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('NOT TESTED, as it takes root: a full file system, and a block device');
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-file-'));
});
afterEach(async () => {
  for (const backend of open.splice(0)) await backend.dispose();
  rmSync(directory, { recursive: true, force: true });
});

function image(size = 4 * MIB, name = 'disk.img'): string {
  const path = join(directory, name);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

async function disk(
  path: string,
  readOnly = false,
  calls: NativeFiles | null = native,
): Promise<FileBackend> {
  const backend = await FileBackend.of(await openFile(path, readOnly, calls), calls);
  open.push(backend);
  return backend;
}

const usedBytes = (path: string): number => statSync(path).blocks * 512;

describe('a disk in a file', () => {
  it('loads the native calls on this platform', () => {
    expect(native).not.toBeNull();
  });

  it('reads and writes at any offset, many at a time', async () => {
    const path = image(MIB + 7);
    const backend = await disk(path);
    expect(backend.sizeBytes).toBe(BigInt(MIB + 7));
    const model = Buffer.alloc(MIB + 7);
    const writes = Array.from({ length: 64 }, (_none, i) => {
      const bytes = Buffer.alloc(1000 + i, i + 1);
      bytes.copy(model, i * 16_000 + i);
      return writeBackend(backend, BigInt(i * 16_000 + i), bytes);
    });
    expect(new Set(await Promise.all(writes))).toEqual(new Set([0]));
    expect(await writeBackend(backend, BigInt(MIB), Buffer.from('the end'))).toBe(0);
    model.write('the end', MIB);
    expect((await readBackend(backend, 0n, model.length)).equals(model)).toBe(true);
    expect((await readBackend(backend, 5n, 100_000)).equals(model.subarray(5, 100_005))).toBe(true);
    expect(readFileSync(path).equals(model)).toBe(true);
  });

  it('keeps holes, punches them and tells them', async () => {
    const path = image();
    const backend = await disk(path);
    expect(backend.capabilities).toMatchObject({ trim: true, zero: true, fastZero: true, extents: true });
    expect(backend.warnings).toEqual([]);
    expect(await extentsOf(backend, 0n, 4 * MIB)).toEqual([[4 * MIB, 3]]);
    await writeBackend(backend, BigInt(MIB), Buffer.alloc(2 * MIB, 9));
    expect(await extentsOf(backend, 0n, 4 * MIB)).toEqual([
      [MIB, 3],
      [2 * MIB, 0],
      [MIB, 3],
    ]);
    expect(usedBytes(path)).toBe(2 * MIB);
    expect(await backend.trim(request(BigInt(MIB), MIB))).toBe(0);
    expect(usedBytes(path)).toBe(MIB);
    expect(await extentsOf(backend, BigInt(MIB) + 512n, 2 * MIB)).toEqual([
      [MIB - 512, 3],
      [MIB, 0],
      [512, 3],
    ]);
    expect(await backend.zero(request(2n * BigInt(MIB), 65_536, RowFlag.MayTrim))).toBe(0);
    expect(usedBytes(path)).toBe(MIB - 65_536);
    expect((await readBackend(backend, 2n * BigInt(MIB), 65_536)).every((byte) => byte === 0)).toBe(true);
  });

  it('zeroes without a hole where none is allowed: the place on the disk is kept', async () => {
    const path = image();
    const backend = await disk(path);
    expect(await backend.zero(request(1n, MIB, RowFlag.Fast))).toBe(0);
    await backend.flush();
    expect(usedBytes(path)).toBeGreaterThanOrEqual(MIB);
    expect((await readBackend(backend, 0n, MIB + 512)).every((byte) => byte === 0)).toBe(true);
    expect(statSync(path).size).toBe(4 * MIB);
  });

  it('does without the native calls, and says what that costs', async () => {
    const path = image();
    const backend = await disk(path, false, null);
    expect(backend.capabilities).toMatchObject({ trim: false, zero: true, fastZero: false, extents: false });
    expect(backend.warnings).toEqual([
      'The native file calls did not load here: holes are not told, trim is not offered, zeroes are written out, and the file is not locked.',
    ]);
    await writeBackend(backend, 0n, Buffer.alloc(3 * MIB, 7));
    expect(await backend.zero(request(100n, 2 * MIB, RowFlag.Fast))).toBe(Errno.ENOTSUP);
    expect(await backend.zero(request(100n, 2 * MIB))).toBe(0);
    const bytes = readFileSync(path);
    expect(bytes.subarray(100, 100 + 2 * MIB).every((byte) => byte === 0)).toBe(true);
    expect([bytes[99], bytes[100 + 2 * MIB]]).toEqual([7, 7]);
  });

  it('degrades where the file system has no holes: zeroes are written, and trim changes nothing', async () => {
    if (native === null) throw new Error('no native calls');
    const notSupported = 95;
    const poor: NativeFiles = {
      punch: async () => notSupported,
      zeroRange: async () => notSupported,
      allocate: async () => notSupported,
      seek: () => Promise.reject(new Error('no SEEK_HOLE')),
      lock: () => true,
      readAhead: async () => 0,
      write: (fd, bytes, position) => native.write(fd, bytes, position),
      readNow: () => -notSupported,
      writeNow: () => -notSupported,
    };
    const path = image();
    const backend = await disk(path, false, poor);
    expect(backend.capabilities).toMatchObject({ trim: false, extents: false });
    expect(backend.warnings).toEqual([
      'The file system has no holes: trim is not offered.',
      'The file system does not tell where holes are.',
    ]);
    await writeBackend(backend, 0n, Buffer.alloc(4096, 7));
    expect(await backend.zero(request(0n, 100, RowFlag.MayTrim | RowFlag.Fast))).toBe(Errno.ENOTSUP);
    expect(await backend.zero(request(0n, 100, RowFlag.MayTrim))).toBe(0);
    expect(await backend.trim(request(0n, 4096))).toBe(0);
    expect((await readBackend(backend, 99n, 2)).equals(Buffer.from([0, 7]))).toBe(true);
  });

  it('is exact beyond 2^53, where Node alone is not', async () => {
    const path = `/dev/shm/nbdscope-far-${process.pid}`;
    const size = 7n << 60n;
    execFileSync('truncate', ['-s', `${size}`, path]);
    try {
      const backend = await disk(path);
      expect(backend.sizeBytes).toBe(size);
      const places = [2n ** 53n + 1n, 2n ** 60n + 12_345n, size - 10n];
      for (const place of places)
        expect(await writeBackend(backend, place, Buffer.from(`${place % 97n}`))).toBe(0);
      for (const place of places) {
        const text = `${place % 97n}`;
        expect((await readBackend(backend, place, text.length)).toString()).toBe(text);
      }
      expect((await readBackend(backend, 0n, 64)).every((byte) => byte === 0)).toBe(true);
      expect(await extentsOf(backend, 2n ** 60n, 65_536)).toMatchObject([
        [12_288, 3],
        [4096, 0],
        [49_152, 3],
      ]);
    } finally {
      rmSync(path);
    }
  });

  it('fails what is missing once the file was cut off, and says so', async () => {
    const path = image();
    const backend = await disk(path);
    truncateSync(path, MIB);
    expect(await backend.read(request(0n, MIB))).toBe(0);
    expect(await backend.read(request(BigInt(MIB) - 512n, 1024))).toBe(Errno.EIO);
    expect(backend.warnings).toEqual([
      'It has become shorter since it was opened; what is missing cannot be read.',
    ]);
  });

  it.runIf(isRoot)('tells a client that there is no room as ENOSPC', async () => {
    const mount = join(directory, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
    try {
      const path = join(mount, 'disk.img');
      writeFileSync(path, '');
      truncateSync(path, 4 * MIB);
      const backend = await disk(path);
      expect(await writeBackend(backend, 0n, Buffer.alloc(2 * MIB, 1))).toBe(Errno.ENOSPC);
      expect(await backend.flush()).toBe(0);
      await backend.dispose();
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  it('closes the file only once the requests under way are done', async () => {
    const path = image(32 * MIB);
    const backend = await disk(path);
    const writes = Array.from({ length: 8 }, (_none, i) =>
      writeBackend(backend, BigInt(i * 4 * MIB), Buffer.alloc(4 * MIB, i + 1)),
    );
    await backend.dispose();
    expect(new Set(await Promise.all(writes))).toEqual(new Set([0]));
    const bytes = readFileSync(path);
    for (let i = 0; i < 8; i += 1) expect(bytes[i * 4 * MIB + 4 * MIB - 1]).toBe(i + 1);
    expect(await backend.read(request(0n, 1))).toBe(Errno.ESHUTDOWN);
  });
});

describe('opening a file as a disk', () => {
  it('opens nothing for writing when asked for reading only, nor when it may not be written', async () => {
    const path = image();
    const asked = await disk(path, true);
    expect(asked.readOnly).toBe(true);
    expect(asked.warnings).toEqual([]);
    expect(asked.capabilities.trim).toBe(false);
    const beside = await disk(path, true);
    expect((await readBackend(beside, 0n, 1)).length).toBe(1);
  });

  it('is one of its own: a second one is refused while the first writes', async () => {
    const path = image();
    const first = await disk(path);
    await expect(disk(path)).rejects.toThrow(
      `file=${path}: it is in use by another program, perhaps another nbdscope`,
    );
    await expect(disk(path, true)).rejects.toThrow('in use by another program');
    await first.dispose();
    await disk(path);
  });

  it.each([
    ['missing', () => join(directory, 'missing'), 'it is not there; make it, as with truncate -s 1G missing'],
    ['a directory', () => directory, 'it is a directory; the floppy plugin serves directories'],
    ['empty', () => image(0, 'empty'), 'it is empty; make it as large as the disk is to be'],
    ['a character device', () => '/dev/null', 'it is neither a file nor a block device'],
    [
      'a FIFO',
      () => {
        execFileSync('mkfifo', [join(directory, 'fifo')]);
        return join(directory, 'fifo');
      },
      'it is neither a file nor a block device',
    ],
    [
      'a loop of links',
      () => {
        symlinkSync('loop', join(directory, 'loop'));
        return join(directory, 'loop');
      },
      'it is not to be opened (ELOOP)',
    ],
  ])('refuses what is %s', async (_name, make, message) => {
    const path = make();
    for (const readOnly of [false, true]) await expect(disk(path, readOnly)).rejects.toThrow(message);
  });

  it.runIf(isRoot)('takes a block device with its size, its holes punched where it can', async () => {
    const path = image(8 * MIB);
    const device = execFileSync('losetup', ['--show', '-f', path], { encoding: 'utf8' }).trim();
    try {
      const backend = await disk(device);
      expect(backend.sizeBytes).toBe(BigInt(8 * MIB));
      await writeBackend(backend, 4096n, Buffer.alloc(MIB, 5));
      expect(await backend.flush()).toBe(0);
      expect(
        readFileSync(path)
          .subarray(4096, 4096 + MIB)
          .every((byte) => byte === 5),
      ).toBe(true);
      expect(await backend.trim(request(4096n, 65_536))).toBe(0);
      expect(await backend.zero(request(4096n, MIB, RowFlag.MayTrim))).toBe(0);
      expect((await readBackend(backend, 0n, 2 * MIB)).every((byte) => byte === 0)).toBe(true);
      expect(backend.warnings).toEqual(['The device does not tell where holes are.']);
      await backend.dispose();
    } finally {
      execFileSync('losetup', ['-d', device]);
    }
  });
});
