import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mountDisk, skipWithoutFuse } from './testing/mount.ts';
import { peer, runPeer } from './testing/peers.ts';
import { type Served, serve } from './testing/served.ts';

const MIB = 1 << 20;

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-interop-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let served: Served | null = null;
afterEach(() => served?.close());

async function uri(
  parameters: readonly (readonly [string, string])[] = [],
  filters: string[] = [],
): Promise<string> {
  served = await serve({ parameters, filters });
  return served.uri;
}

/** 64 MiB that are random, empty and random again. */
function image(): { path: string; bytes: Buffer } {
  const bytes = Buffer.alloc(64 * MIB);
  randomBytes(8 * MIB).copy(bytes, 0);
  randomBytes(5 * MIB + 4096).copy(bytes, 40 * MIB + 512);
  const path = join(directory, 'disk.img');
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('libnbd', () => {
  it('nbdinfo tells the disk, lists it and maps it', async () => {
    const where = await uri();
    const info: unknown = JSON.parse(await peer('nbdinfo', '--json', where));
    expect(info).toMatchObject({
      protocol: 'newstyle-fixed',
      TLS: false,
      structured: true,
      exports: [
        {
          'export-name': '',
          description: 'a disk in memory',
          'export-size': 64 * MIB,
          contexts: ['base:allocation'],
          is_read_only: false,
          can_df: true,
          can_fast_zero: true,
          can_flush: true,
          can_fua: true,
          can_multi_conn: true,
          can_trim: true,
          can_zero: true,
          can_cache: true,
          block_size_minimum: 1,
          block_size_preferred: 4096,
          block_size_maximum: 32 * MIB,
        },
      ],
    });
    expect(JSON.parse(await peer('nbdinfo', '--list', '--json', where))).toMatchObject({
      exports: [{ 'export-name': '', description: 'a disk in memory' }],
    });
    await peer('qemu-io', '-f', 'raw', '-c', 'write -P 5 1M 64k', where);
    expect(JSON.parse(await peer('nbdinfo', '--map', '--json', where))).toMatchObject([
      { offset: 0, length: MIB, type: 3 },
      { offset: MIB, length: 65536, type: 0 },
      { offset: MIB + 65536, length: 63 * MIB - 65536, type: 3 },
    ]);
  });

  it('nbdcopy brings a disk in and out unchanged, at once and late, sparse as it was', async () => {
    const { path, bytes } = image();
    for (const parameters of [
      [],
      [
        ['rdelay', '2ms'],
        ['wdelay', '2ms'],
      ],
    ] as const) {
      const where = await uri(parameters);
      await peer('nbdcopy', '--destination-is-zero', path, where);
      const copy = join(directory, 'copy.img');
      await peer('nbdcopy', where, copy);
      expect(sha256(readFileSync(copy))).toBe(sha256(bytes));
      expect(served?.disk.plugin.usedBytes).toBeLessThan(16 * MIB);
      await served?.close();
    }
  });

  it('nbdcopy zeroes what was there before', async () => {
    const where = await uri();
    await peer('qemu-io', '-f', 'raw', '-c', 'write -P 255 0 64M', where);
    const { path, bytes } = image();
    await peer('nbdcopy', path, where);
    const copy = join(directory, 'copy.img');
    await peer('nbdcopy', where, copy);
    expect(sha256(readFileSync(copy))).toBe(sha256(bytes));
  });

  it('nbdsh can use every command with every flag', async () => {
    const script = `
import nbd, errno
buf = bytearray(b'x' * 4096)
h.pwrite(buf, 4096, nbd.CMD_FLAG_FUA)
assert h.pread(4096, 4096) == buf
assert h.pread_structured(8192, 0, lambda *a: 0, nbd.CMD_FLAG_DF)[4096:] == buf
h.flush()
h.cache(65536, 0)
h.zero(4096, 4096, nbd.CMD_FLAG_FUA | nbd.CMD_FLAG_NO_HOLE | nbd.CMD_FLAG_FAST_ZERO)
assert h.pread(4096, 4096) == bytearray(4096)
h.pwrite(buf, 0); h.trim(4096, 0, nbd.CMD_FLAG_FUA)
assert h.pread(4096, 0) == bytearray(4096)
seen = []
def extent(ctx, offset, entries, err):
    seen.append((ctx, offset, entries)); return 0
h.block_status(1 << 20, 0, extent)
h.block_status(1 << 20, 0, extent, nbd.CMD_FLAG_REQ_ONE)
assert len(seen) == 2 and seen[1][0] == 'base:allocation' and len(seen[1][2]) == 2, seen
h.set_strict_mode(0)
def refused(f, *want):
    try:
        f()
    except nbd.Error as e:
        assert e.errnum in want, (e.errnum, want); return
    assert False
size = h.get_size()
refused(lambda: h.pread(512, size), errno.EINVAL)
refused(lambda: h.pwrite(buf, size), errno.ENOSPC)
refused(lambda: h.zero(512, size), errno.ENOSPC)
refused(lambda: h.trim(512, size), errno.EINVAL)
refused(lambda: h.cache(512, size), errno.EINVAL)
refused(lambda: h.pread(512, 0, nbd.CMD_FLAG_NO_HOLE), errno.EINVAL)
refused(lambda: h.flush(nbd.CMD_FLAG_REQ_ONE), errno.EINVAL)
assert h.pread(512, 0) == bytearray(512)
h.shutdown()
print('done')
`;
    const where = await uri();
    expect(await peer('nbdsh', '--base-allocation', '-u', where, '-c', script)).toBe('done\n');
  });

  it('nbdsh sees requests go side by side', async () => {
    const script = `
import time
t = time.time()
bufs = [nbd.Buffer(512) for _ in range(64)]
cookies = [h.aio_pread(b, i * 512) for i, b in enumerate(bufs)]
while h.aio_in_flight() > 0:
    h.poll(-1)
assert all(h.aio_command_completed(c) for c in cookies)
assert time.time() - t < 2, time.time() - t
print('done')
`;
    expect(await peer('nbdsh', '-u', await uri([['rdelay', '100ms']]), '-c', script)).toBe('done\n');
  });

  it('asks for what it wants in simple words too', async () => {
    const script = `
h.set_request_structured_replies(False); h.set_handshake_flags(0)
h.connect_uri('URI')
h.pwrite(b'y' * 70000, 3); assert h.pread(70000, 3) == b'y' * 70000
assert not h.can_df() and not h.can_meta_context('base:allocation')
print('done')
`;
    expect(await peer('nbdsh', '-c', script.replace('URI', await uri()))).toBe('done\n');
  });
});

describe('qemu', () => {
  it('qemu-img tells, maps, converts and compares', async () => {
    const { path, bytes } = image();
    const where = await uri();
    await peer('qemu-img', 'convert', '-n', '-f', 'raw', '-O', 'raw', path, where);
    expect(JSON.parse(await peer('qemu-img', 'info', '--output=json', where))).toMatchObject({
      'virtual-size': 64 * MIB,
      format: 'raw',
    });
    const map: unknown = JSON.parse(await peer('qemu-img', 'map', '--output=json', '-f', 'raw', where));
    expect(map).toMatchObject([
      { start: 0, length: 8 * MIB, data: true, zero: false },
      { start: 8 * MIB, length: 32 * MIB, data: false, zero: true },
      { start: 40 * MIB, data: true },
      { data: false, zero: true },
    ]);
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', path, where)).toContain('identical');
    const copy = join(directory, 'back.img');
    await peer('qemu-img', 'convert', '-f', 'raw', '-O', 'raw', where, copy);
    expect(sha256(readFileSync(copy))).toBe(sha256(bytes));
  });

  it('qemu-io finds the patterns it wrote, zeroed and discarded', async () => {
    const commands = [
      'write -P 0x11 0 1M',
      'write -f -P 0x22 1M 300k',
      'write -z 64k 4k',
      'write -z -u 128k 100k',
      'aio_write -P 0x33 4M 8M',
      'aio_flush',
      'discard 6M 1M',
      'flush',
      'read -P 0x11 0 64k',
      'read -P 0 64k 4k',
      'read -P 0 128k 100k',
      'read -P 0x22 1M 300k',
      'read -P 0x33 4M 2M',
      'read -P 0 6M 1M',
      'read -P 0x33 7M 5M',
      'read -P 0 63M 1M',
    ];
    const outcome = await runPeer('qemu-io', [
      ...['-f', 'raw', '-d', 'unmap'],
      ...commands.flatMap((command) => ['-c', command]),
      await uri(),
    ]);
    expect(outcome.stdout + outcome.stderr).not.toMatch(/fail|error/i);
    expect(outcome.code).toBe(0);
  });

  it('qemu-io is told of a read-only disk and of injected errors', async () => {
    const refused = await runPeer('qemu-io', ['-f', 'raw', '-c', 'write 0 4k', await uri([], ['readonly'])]);
    expect(refused.stdout + refused.stderr).toMatch(/read.?only|permission/i);
    await served?.close();
    const failed = await runPeer('qemu-io', [
      '-f',
      'raw',
      '-c',
      'write 0 4k',
      await uri([['error-pwrite-rate', '1']]),
    ]);
    expect(failed.stdout + failed.stderr).toContain('Input/output error');
  });
});

describe('fio', () => {
  it('verifies what it wrote at depth 16', async () => {
    const job = [
      '--name=verify',
      '--ioengine=nbd',
      `--uri=${await uri()}`,
      '--rw=randwrite',
      '--bs=4k',
      '--size=16m',
    ];
    const said = await peer(
      'fio',
      ...job,
      '--iodepth=16',
      '--verify=crc32c',
      '--verify_state_save=0',
      '--do_verify=1',
      '--verify_fatal=1',
    );
    expect(said).toMatch(/err= 0/);
  });
});

describe('nbdfuse', () => {
  it('shows the disk as a file', async (context) => {
    const mount = join(directory, 'mount');
    mkdirSync(mount);
    await skipWithoutFuse(context, mount);
    const { file, fuse } = await mountDisk(mount, await uri());
    try {
      await peer('dd', 'if=/dev/zero', 'bs=4096', 'count=3', 'conv=notrunc,fsync', `of=${file}`);
      await peer('cmp', '-n', '12288', file, '/dev/zero');
      expect(served?.disk.plugin.usedBytes).toBeGreaterThan(0);
    } finally {
      fuse.stop();
      await fuse.said();
    }
  });
});

describe('nbd-client', () => {
  it('lists the exports', async () => {
    await uri();
    const { code, stdout } = await runPeer('nbd-client', ['-l', '-u', served?.socket ?? '']);
    expect(stdout).toContain('a disk in memory');
    expect(code).toBe(0);
  });
});
