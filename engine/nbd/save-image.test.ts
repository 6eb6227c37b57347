import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NbdClient } from './client/nbd-client.ts';
import { copyDisk } from './copy-disk.ts';
import { DiskHost, type HostRequest } from './disk-host.ts';
import type { DiskRequest } from './filters/stack.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { OtherServer } from './remote/testing/other-server.ts';

const MIB = 1 << 20;
const hosts: DiskHost[] = [];
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-save-'));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function host(
  plugin: string,
  parameters: DiskRequest['parameters'],
  more: Partial<HostRequest> = {},
): Promise<DiskHost> {
  const started = await DiskHost.start({
    plugin,
    parameters,
    filters: [],
    addFilters: true,
    exportName: '',
    address: { kind: 'unix' },
    ...more,
  });
  hosts.push(started);
  return started;
}

function image(name: string, fill: number): string {
  const path = join(directory, name);
  writeFileSync(path, Buffer.alloc(MIB, fill));
  return path;
}

const REPLACE = { sparse: true, replace: true };
const KEEP = { sparse: true, replace: false };

describe('a disk is saved', () => {
  it.each([{ filters: [] }, { filters: ['cow'] }])(
    'not over the image that it is served from, whatever that is called: $filters',
    async ({ filters }) => {
      const path = image('disk.img', 1);
      linkSync(path, join(directory, 'hard'));
      symlinkSync('disk.img', join(directory, 'soft'));
      const disk = await host('file', [['file', path]], { filters });
      for (const name of ['disk.img', 'hard', 'soft']) {
        await expect(disk.save(join(directory, name), REPLACE)).rejects.toThrow('in use');
      }
      const client = await NbdClient.connect({ path: disk.address.socketPath ?? '' });
      expect([await client.write(0n, Buffer.alloc(4096, 9)), await client.flush()]).toEqual([0, 0]);
      await client.disconnect();
      if (filters.length > 0) await disk.commitOverlay();
      expect(readFileSync(path)[0]).toBe(9);
      expect(readdirSync(directory).sort()).toEqual(['disk.img', 'hard', 'soft']);
    },
  );

  it('not over an image that another disk is served from', async () => {
    const path = image('other.img', 1);
    await host('file', [['file', path]]);
    const disk = await host('memory', [['size', '1M']]);
    await expect(disk.save(path, REPLACE)).rejects.toThrow('in use');
    expect(readFileSync(path)[0]).toBe(1);
  });

  it('over nothing but a file, and says so before it begins', async () => {
    const disk = await host('memory', [['size', '1M']]);
    const fifo = join(directory, 'fifo');
    execFileSync('mkfifo', [fifo]);
    mkdirSync(join(directory, 'sub'));
    await expect(disk.save(fifo, REPLACE)).rejects.toThrow('it is no file');
    await expect(disk.save(join(directory, 'sub'), REPLACE)).rejects.toThrow('it is no file');
    expect(statSync(fifo).isFIFO()).toBe(true);
    expect(readdirSync(directory).sort()).toEqual(['fifo', 'sub']);
  });

  it('in the place that a link leads to, and for the eyes of those who could read what was there', async () => {
    const disk = await host('memory', [['size', '1M']]);
    const path = image('real.img', 1);
    chmodSync(path, 0o600);
    symlinkSync('real.img', join(directory, 'link'));
    await disk.save(join(directory, 'link'), REPLACE);
    expect(lstatSync(join(directory, 'link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path).equals(Buffer.alloc(MIB))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('not over what came there while it was being saved, unless that is to be replaced', async () => {
    const disk = await host('pattern', [['size', '32M']]);
    const path = join(directory, 'new.img');
    const saved = disk.save(path, KEEP);
    while (readdirSync(directory).length === 0) await new Promise((go) => setImmediate(go));
    writeFileSync(path, 'precious');
    await expect(saved).rejects.toThrow('is there already');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(readdirSync(directory)).toEqual(['new.img']);
    await disk.save(path, REPLACE);
    expect(statSync(path).size).toBe(32 * MIB);
  });

  it('beside what a save that was killed has left', async () => {
    const disk = await host('memory', [['size', '1M']]);
    const path = join(directory, 'new.img');
    writeFileSync(`${path}.part-${process.pid}`, 'left');
    await disk.save(path, KEEP);
    expect(statSync(path).size).toBe(MIB);
  });
});

describe('a copy', () => {
  it('of a disk that is nearly all hole lets others have their turn, and can be broken off', async () => {
    const disk = new MemoryBackend(1n << 55n, new MemoryAllowance(MIB));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 0);
    const to = { write: async () => 0, zero: async () => 0, flush: async () => 0 };
    const { cancelled } = await copyDisk(disk, to, () => undefined, stop.signal);
    expect(cancelled).toBe(true);
  });

  it('reaches a disk that wants TLS of everyone else', async () => {
    const file = join(directory, 'keys.psk');
    writeFileSync(file, 'alice:0123456789abcdef\n', { mode: 0o600 });
    const from = await host('file', [['file', image('disk.img', 7)]]);
    const to = await host('memory', [['size', '1M']], {
      tls: { mode: 'require', files: { kind: 'psk', file } },
    });
    await from.copyTo(to);
    const path = join(directory, 'copy.img');
    await to.save(path, KEEP);
    expect(readFileSync(path).equals(Buffer.alloc(MIB, 7))).toBe(true);
  });

  it('reaches a disk that can neither flush nor zero', async () => {
    const path = image('other.img', 3);
    const dd = 'dd status=none bs=64k conv=notrunc';
    const other = await OtherServer.nbdkit(
      join(directory, 'sock'),
      '--filter=nozero',
      'eval',
      `get_size=echo ${MIB}`,
      `pread=${dd} if=${path} skip=$4 count=$3 iflag=count_bytes,skip_bytes`,
      `pwrite=${dd} of=${path} seek=$4 oflag=seek_bytes`,
    );
    try {
      const from = await host('data', [
        ['data', '@0x30000 7*65536'],
        ['size', '1M'],
      ]);
      const to = await host('remote', [['uri', other.uri()]]);
      await from.copyTo(to);
    } finally {
      await other.kill();
    }
    expect(readFileSync(path).equals(Buffer.alloc(MIB).fill(7, 0x30000, 0x40000))).toBe(true);
  });
});

describe('a disk on a server that does not answer', () => {
  it.each([{ filters: [] }, { filters: ['cow'] }])(
    'can be stopped while it is being read and saved, with filters $filters',
    async ({ filters }) => {
      const socket = join(directory, 'sock');
      const other = await OtherServer.nbdkit(socket, '--filter=delay', 'pattern', '1M', 'rdelay=3600');
      try {
        const disk = await host(
          'remote',
          [
            ['uri', other.uri()],
            ['timeout', '3600'],
          ],
          { filters },
        );
        const client = await NbdClient.connect({ path: disk.address.socketPath ?? '' });
        const read = client.read(0n, 512).catch(() => null);
        const saved = disk.save(join(directory, 'saved.img'), KEEP).catch(() => null);
        // By then both have asked the other server, which does not tell.
        await pause(300);
        hosts.pop();
        await disk.stop();
        await Promise.all([read, saved]);
      } finally {
        await other.kill();
      }
      expect(readdirSync(directory).filter((name) => name.startsWith('saved'))).toEqual([]);
    },
  );
});
