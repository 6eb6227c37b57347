import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { peer, runPeer } from '../testing/peers.ts';
import { Stage } from '../testing/served.ts';

const MIB = 1 << 20;
const SIZE = 64 * MIB;

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

let directory: string;
const stage = new Stage();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-clients-'));
});
afterEach(async () => {
  await stage.end();
  rmSync(directory, { recursive: true });
});

const path = (name: string): string => join(directory, name);

/** An empty disk in a file, or one kept apart from it; its address. */
async function serveFile(apart: boolean): Promise<string> {
  writeFileSync(path('disk.img'), '');
  truncateSync(path('disk.img'), SIZE);
  const filters = apart ? ['cow'] : [];
  const served = await stage.serve({ plugin: 'file', filters, parameters: [['file', path('disk.img')]] });
  return served.uri;
}

/** 64 MiB that are random, empty and random again. */
function makeImage(): string {
  const bytes = Buffer.alloc(SIZE);
  randomBytes(8 * MIB).copy(bytes, 0);
  randomBytes(5 * MIB + 4096).copy(bytes, 40 * MIB + 512);
  writeFileSync(path('image'), bytes);
  return path('image');
}

describe.each([
  ['a disk in a file', false],
  ['an overlay over a file', true],
] as const)('real clients of %s', (_name, apart) => {
  /** What the file holds at the end: all that was written, or nothing of it. */
  function expectFile(image: string): void {
    if (!apart) expect(sha256(path('disk.img'))).toBe(sha256(image));
    else expect(readFileSync(path('disk.img')).every((byte) => byte === 0)).toBe(true);
  }

  it('nbdcopy brings an image in and out unchanged, sparse as it was', async () => {
    const image = makeImage();
    const uri = await serveFile(apart);
    await peer('nbdcopy', '--flush', '--destination-is-zero', image, uri);
    await peer('nbdcopy', uri, path('copy'));
    expect(sha256(path('copy'))).toBe(sha256(image));
    expect(statSync(path('copy')).blocks * 512).toBeLessThan(16 * MIB);
    expectFile(image);
  });

  it('qemu-img and nbdinfo tell, map, convert and compare', async () => {
    const image = makeImage();
    const uri = await serveFile(apart);
    await peer('qemu-img', 'convert', '-n', '-f', 'raw', '-O', 'raw', image, uri);
    expect(await peer('nbdinfo', '--size', uri)).toBe(`${SIZE}\n`);
    const map: unknown = JSON.parse(await peer('qemu-img', 'map', '--output=json', '-f', 'raw', uri));
    expect(map).toMatchObject([
      { start: 0, length: 8 * MIB, data: true, zero: false },
      { start: 8 * MIB, length: 32 * MIB, data: false, zero: true },
      { start: 40 * MIB, data: true },
      { data: false, zero: true },
    ]);
    expect(await peer('nbdinfo', '--map', uri)).toMatch(
      /^ +0 +8388608 +0 +data\n +8388608 +33554432 +3 +hole,zero/,
    );
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', image, uri)).toContain('identical');
    expectFile(image);
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
      await serveFile(apart),
    ]);
    expect(outcome.stdout + outcome.stderr).not.toMatch(/fail|error/i);
    expect(outcome.code).toBe(0);
  });

  it('fio verifies what it wrote at depth 16', async () => {
    const uri = await serveFile(apart);
    const job = [
      '--name=verify',
      '--ioengine=nbd',
      `--uri=${uri}`,
      '--rw=randwrite',
      '--bs=4k',
      '--size=16m',
    ];
    const verify = ['--iodepth=16', '--verify=crc32c', '--verify_state_save=0', '--do_verify=1'];
    expect(await peer('fio', ...job, ...verify, '--verify_fatal=1')).toMatch(/err= 0/);
  });
});
