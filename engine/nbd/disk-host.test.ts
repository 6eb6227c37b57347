import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskHost } from './disk-host.ts';
import type { DiskRequest } from './filters/stack.ts';
import { peer } from './testing/peers.ts';
import { Pki } from './testing/pki.ts';
import type { TlsRequest } from './tls/tls-service.ts';

const MIB = 1 << 20;
const hosts: DiskHost[] = [];
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-host-'));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function host(
  plugin: string,
  parameters: DiskRequest['parameters'],
  filters: string[] = [],
  tls: TlsRequest | null = null,
): Promise<DiskHost> {
  const address = { kind: 'unix' } as const;
  const started = await DiskHost.start({
    plugin,
    parameters,
    filters,
    addFilters: true,
    exportName: '',
    address,
    tls,
  });
  hosts.push(started);
  return started;
}

const io = (where: DiskHost, ...commands: string[]): Promise<string> =>
  peer('qemu-io', '-f', 'raw', ...commands.flatMap((command) => ['-c', command]), where.uri);

/** A file of 8 MiB with a hole. */
function image(): { path: string; bytes: Buffer } {
  const bytes = Buffer.concat([randomBytes(2 * MIB), Buffer.alloc(4 * MIB), randomBytes(2 * MIB)]);
  const path = join(directory, 'disk.img');
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('a hosted disk', () => {
  it('in a file is brought in and out by real clients, holes and all', async () => {
    const { path, bytes } = image();
    const disk = await host('file', [['file', path]]);
    expect(disk.info()).toMatchObject({
      plugin: 'file',
      warnings: [],
      changed: false,
      volatile: false,
      overlay: null,
    });
    await io(disk, 'discard 2M 4M', 'write -P 7 1M 64k', 'flush');
    bytes.fill(7, MIB, MIB + 65_536);
    const copy = join(directory, 'copy.img');
    await peer('nbdcopy', disk.uri, copy);
    expect(readFileSync(copy).equals(bytes)).toBe(true);
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', disk.uri, copy)).toContain(
      'identical',
    );
    const map = JSON.parse(await peer('nbdinfo', '--map', '--json', disk.uri)) as unknown;
    expect(map).toMatchObject([
      { offset: 0, length: 2 * MIB, type: 0 },
      { offset: 2 * MIB, length: 4 * MIB, type: 3 },
      { offset: 6 * MIB, length: 2 * MIB, type: 0 },
    ]);
    expect(disk.info().changed).toBe(true);
    expect(disk.unsaved).toBe(false);
  });

  it('under an overlay stays as it was until that is committed, with a client connected', async () => {
    const { path, bytes } = image();
    const disk = await host('file', [['file', path]], ['cow']);
    await io(disk, 'write -P 7 1M 64k', 'flush');
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(disk.unsaved).toBe(true);
    expect(disk.info().overlay).toMatchObject({ changed: true, whyNoCommit: null, committed: null });
    await disk.discardOverlay();
    expect(disk.unsaved).toBe(false);
    await io(disk, 'write -P 8 6M 64k');
    await disk.commitOverlay();
    bytes.fill(8, 6 * MIB, 6 * MIB + 65_536);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(disk.unsaved).toBe(false);
  });

  it('in memory is unsaved however often its overlay was committed or discarded, until it is saved', async () => {
    const disk = await host('memory', [['size', '1M']], ['cow']);
    await io(disk, 'write -P 7 0 64k');
    await disk.commitOverlay();
    expect([disk.unsaved, disk.info().changed]).toEqual([true, true]);
    await io(disk, 'write -P 8 0 64k');
    await disk.discardOverlay();
    expect([disk.unsaved, disk.info().changed]).toEqual([true, true]);
    await disk.save(join(directory, 'saved.img'), { sparse: true, replace: false });
    expect([disk.unsaved, disk.info().changed]).toEqual([false, false]);
    await io(disk, 'read -P 7 0 64k', 'write -P 9 0 64k');
    await disk.discardOverlay();
    expect(disk.unsaved).toBe(false);
  });

  it('is saved sparse, and is the same disk when it is hosted from that image', async () => {
    const disk = await host('memory', [['size', '64M']]);
    await io(disk, 'write -P 5 1M 64k', 'write -P 6 63M 1M');
    expect(disk.unsaved).toBe(true);
    const path = join(directory, 'saved.img');
    await disk.save(path, { sparse: true, replace: false });
    expect(disk.unsaved).toBe(false);
    expect(statSync(path).size).toBe(64 * MIB);
    expect(statSync(path).blocks * 512).toBeLessThan(2 * MIB);
    await expect(disk.save(path, { sparse: true, replace: false })).rejects.toThrow('is there already');
    const again = await host('file', [['file', path]]);
    await io(again, 'read -P 5 1M 64k', 'read -P 6 63M 1M', 'read -P 0 2M 61M');
  });

  it('is unsaved until a save has come to its end, so that it is not stopped in the midst of it', async () => {
    const disk = await host('memory', [['size', '1G']]);
    await io(disk, 'write -P 5 0 64M');
    const path = join(directory, 'saved.img');
    const saved = disk.save(path, { sparse: true, replace: false });
    expect(disk.info()).toMatchObject({ changed: true, unsaved: true, task: { kind: 'save' } });
    await expect(disk.save(path, { sparse: true, replace: false })).rejects.toThrow('runs already');
    expect(disk.unsaved).toBe(true);
    await saved;
    expect(disk.info()).toMatchObject({ changed: false, unsaved: false, task: null });
    await io(disk, 'write -P 6 0 64k');
    const again = disk.save(path, { sparse: true, replace: true });
    disk.cancelTask();
    await again;
    expect(disk.unsaved).toBe(true);
  });

  it('is unsaved when its overlay was committed to memory, whatever becomes of the overlay then', async () => {
    const disk = await host(
      'data',
      [
        ['data', '1 2 3'],
        ['size', '1M'],
      ],
      ['cow'],
    );
    await io(disk, 'write -P 5 0 64k');
    await disk.commitOverlay();
    expect(disk.info()).toMatchObject({ changed: true, unsaved: true, overlay: { changed: false } });
    await io(disk, 'write -P 6 0 64k');
    await disk.discardOverlay();
    expect(disk.unsaved).toBe(true);
    const path = join(directory, 'saved.img');
    await disk.save(path, { sparse: true, replace: false });
    expect(disk.unsaved).toBe(false);
    expect(
      readFileSync(path)
        .subarray(0, 65_536)
        .every((byte) => byte === 5),
    ).toBe(true);
  });

  it('leaves nothing of a save that is broken off, and is still unsaved', async () => {
    const disk = await host('pattern', [['size', '4G']]);
    const path = join(directory, 'saved.img');
    const saved = disk.save(path, { sparse: false, replace: false });
    disk.cancelTask();
    await saved;
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
    await expect(disk.save(join(directory, 'no', 'where'), { sparse: true, replace: false })).rejects.toThrow(
      `${join(directory, 'no', 'where')} cannot be written: there is no directory ${join(directory, 'no')}`,
    );
  });

  it('is copied to another over what is there, and to none that is too small or read-only', async () => {
    const from = await host('memory', [['size', '8M']]);
    const to = await host('memory', [['size', '16M']]);
    await io(from, 'write -P 5 1M 1M');
    await io(to, 'write -P 9 0 16M');
    await from.copyTo(to);
    await io(to, 'read -P 0 0 1M', 'read -P 5 1M 1M', 'read -P 0 2M 6M', 'read -P 9 8M 8M');
    await expect(to.copyTo(from)).rejects.toThrow('choose a larger disk');
    await expect(from.copyTo(from)).rejects.toThrow('a disk is not copied to itself');
    await expect(from.copyTo(await host('pattern', [['size', '16M']]))).rejects.toThrow('is read-only');
  });

  it('is copied to and from disks that let in nobody who does not encrypt', async () => {
    const pki = new Pki();
    try {
      const files = { kind: 'certificates', directory: pki.server, verifyPeer: true } as const;
      const verified = await host('memory', [['size', '8M']], [], { mode: 'require', files });
      const keys = { kind: 'psk', file: pki.pskFile } as const;
      const keyed = await host('memory', [['size', '8M']], [], { mode: 'require', files: keys });
      const plain = await host('memory', [['size', '8M']]);
      await io(plain, 'write -P 5 1M 1M');
      await plain.copyTo(verified);
      await verified.copyTo(keyed);
      const image = join(directory, 'copy.img');
      await peer('nbdcopy', keyed.uri, image);
      const expected = Buffer.alloc(8 * MIB);
      expected.fill(5, MIB, 2 * MIB);
      expect(readFileSync(image).equals(expected)).toBe(true);

      // A disk elsewhere that requires TLS is copied to and from by way of one that passes on to it.
      const passing = await host('remote', [['uri', keyed.uri]]);
      await io(plain, 'write -P 6 4M 1M');
      await plain.copyTo(passing);
      await passing.copyTo(verified);
      await verified.save(join(directory, 'saved.img'), { sparse: true, replace: false });
      expected.fill(6, 4 * MIB, 5 * MIB);
      expect(readFileSync(join(directory, 'saved.img')).equals(expected)).toBe(true);
    } finally {
      pki.remove();
    }
  });
});
