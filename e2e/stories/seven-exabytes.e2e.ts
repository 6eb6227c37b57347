import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { HostingCommand } from '../support/hosted.ts';

const DISK = resolve(import.meta.dirname, '../../assets/disks/seven-exabytes.data');
const run = promisify(execFile);
/** guestfish boots a small machine, without a processor's help where there is none. */
const BOOT_MS = 300_000;

test('a disk of seven exabytes is read by a real guest: its size, its partition, and sgdisk on it', async () => {
  test.setTimeout(BOOT_MS + 60_000);
  const data = readFileSync(DISK, 'utf8');
  const hosting = new HostingCommand(['--no-window', 'data', `data=${data}`, 'size=7E']);
  try {
    const socket = (await hosting.uri()).split('socket=')[1] ?? '';
    const commands =
      'run : blockdev-getsize64 /dev/sda : part-list /dev/sda : debug sh "sgdisk -v -p /dev/sda"';
    const { stdout } = await run(
      // An overlay, which --ro would make, cannot be as large.
      'sh',
      ['-c', `guestfish --rw --format=raw -a 'nbd://?socket=${socket}' ${commands}`],
      {
        timeout: BOOT_MS,
        env: {
          ...process.env,
          PATH: `/usr/bin:/usr/sbin:${process.env['PATH']}`,
          LIBGUESTFS_BACKEND: 'direct',
          LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
        },
      },
    );
    expect(stdout).toMatch(/^8070450532247928832$/m);
    expect(stdout).toContain('part_size: 8070450532247798272');
    expect(stdout).toContain('No problems found');
    expect(stdout).toMatch(/ 1 +128 +15762598695796608 +7\.0 EiB +8300 +p1/);
  } finally {
    expect(await hosting.stop()).toBe(0);
    rmSync(hosting.runtimeFolder, { recursive: true, force: true });
  }
});
