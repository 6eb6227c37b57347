import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What the tests drive, and how to tell that it is there. */
const NEEDED: readonly { readonly debian: string; readonly isThere: () => boolean }[] = [
  {
    debian: 'chromium',
    isThere: () => Boolean(process.env['CHROMIUM_PATH']) || runs('chromium', '--version'),
  },
  { debian: 'nbdkit', isThere: () => runs('nbdkit', '--version') },
  { debian: 'libnbd-bin', isThere: () => runs('nbdinfo', '--version') },
  // A module of Debian's own Python, whatever other python3 stands first in the PATH.
  { debian: 'python3-libnbd', isThere: () => runs('/usr/bin/python3', '-c', 'import nbd') },
  { debian: 'qemu-utils', isThere: () => runs('qemu-io', '--version') },
  { debian: 'nbd-client', isThere: () => isOnPath('nbd-client') },
  { debian: 'fio', isThere: () => runs('fio', '--version') },
  { debian: 'xvfb', isThere: () => isOnPath('Xvfb') },
  { debian: 'zstd', isThere: () => runs('zstd', '--version') },
  { debian: 'fdisk', isThere: () => existsSync('/usr/sbin/sfdisk') || isOnPath('sfdisk') },
  { debian: 'mtools', isThere: () => isOnPath('mcopy') },
  { debian: 'dosfstools', isThere: () => existsSync('/usr/sbin/fsck.vfat') || isOnPath('fsck.vfat') },
  { debian: 'strace', isThere: () => isOnPath('strace') },
  { debian: 'gdisk', isThere: () => existsSync('/usr/sbin/sgdisk') || isOnPath('sgdisk') },
  { debian: 'e2fsprogs', isThere: () => existsSync('/usr/sbin/debugfs') || isOnPath('debugfs') },
  // The commands that windows offer to copy are read by the programs they are for.
  { debian: 'libguestfs-tools', isThere: () => isOnPath('guestfish') },
  { debian: 'qemu-system-x86', isThere: () => isOnPath('qemu-system-x86_64') },
  { debian: 'mdadm', isThere: () => existsSync('/usr/sbin/mdadm') || isOnPath('mdadm') },
  { debian: 'fonts-dejavu-core', isThere: hasFont },
];

/** Debian packages that are missing here; empty when the tests can run. */
export function missingPackages(): string[] {
  return NEEDED.filter((needed) => !needed.isThere()).map((needed) => needed.debian);
}

/** `node scripts/run.mjs system-packages`: prints the Debian packages that are missing here, for `apt-get install`. */
export function run(): void {
  process.stdout.write(`${missingPackages().join(' ')}\n`);
}

/**
 * Sees to it that everything the tests drive is there: installs it as root on a Debian, otherwise says the one line to
 * run. Returns whether the tests can go on.
 */
export function ensureSystemPackages(): boolean {
  const missing = missingPackages();
  if (missing.length === 0) return true;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !isDebian()) {
    const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
    say(
      `the tests need ${missing.join(', ')}; on a Debian or Ubuntu run:\n  ${sudo}apt-get update && ${sudo}${install}`,
    );
    return false;
  }
  say(`installing ${missing.join(' ')} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const line of ['apt-get update -q', install]) {
    const [command = '', ...args] = line.split(' ');
    const done = spawnSync(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 });
    if (done.status !== 0) say(`"${line}" failed (${done.error?.message ?? `exit code ${done.status}`})`);
  }
  const stillMissing = missingPackages();
  if (stillMissing.length > 0) say(`still missing: ${stillMissing.join(', ')}`);
  return stillMissing.length === 0;
}

function runs(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

function isOnPath(file: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${file}`));
}

/** Chromium draws no text at all without one. */
function hasFont(): boolean {
  return ['/usr/share/fonts/truetype', '/usr/share/fonts/opentype', '/usr/local/share/fonts'].some((folder) =>
    existsSync(folder),
  );
}

function isDebian(): boolean {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function say(text: string): void {
  process.stderr.write(`nbdscope: ${text}\n`);
}
