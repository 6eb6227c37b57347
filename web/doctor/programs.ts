import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import type { Finding } from './finding.ts';
import { installAdvice, type PackageNames, type PackageSystem } from './packages.ts';

interface Program {
  readonly name: string;
  /** The program and what makes it say its version. */
  readonly command: readonly [string, ...string[]];
  /** What is good about it, for the sentence "without it ...". */
  readonly use: string;
  readonly packages: PackageNames;
}

/** A program that does not answer within this counts as one that does not run, ms. */
const LIMIT_MS = 5_000;

const same = (name: string): PackageNames => ({ debian: name, fedora: name, homebrew: name });

/** Programs that nbdscope runs, or that the commands it offers to copy are for. */
const PROGRAMS: readonly Program[] = [
  {
    name: 'nbdkit',
    command: ['nbdkit', '--version'],
    use: 'writes the logs that nbdscope follows, and is run by the window',
    packages: same('nbdkit'),
  },
  {
    name: 'libnbd',
    command: ['nbdinfo', '--version'],
    use: 'nbdinfo, nbdcopy and nbdsh, clients for hosted disks',
    packages: { debian: 'libnbd-bin', fedora: 'libnbd', homebrew: 'libnbd' },
  },
  {
    name: 'nbdfuse',
    command: ['nbdfuse', '--version'],
    use: 'shows a hosted disk as a file, without root',
    packages: { debian: 'libnbd-bin', fedora: 'nbdfuse', homebrew: null },
  },
  {
    name: 'qemu-img',
    command: ['qemu-img', '--version'],
    use: 'converts and compares images over NBD',
    packages: { debian: 'qemu-utils', fedora: 'qemu-img', homebrew: 'qemu' },
  },
  {
    name: 'guestfish',
    command: ['guestfish', '--version'],
    use: 'partitions, formats and mounts a hosted disk in a small machine of its own',
    packages: { debian: 'libguestfs-tools', fedora: 'guestfs-tools', homebrew: null },
  },
  {
    name: 'nbd-client',
    command: ['nbd-client', '--version'],
    use: 'makes a hosted disk a device of this kernel, as root',
    packages: { debian: 'nbd-client', fedora: 'nbd', homebrew: null },
  },
  {
    name: 'mdadm',
    command: ['mdadm', '--version'],
    use: 'builds a RAID array of hosted disks',
    packages: { debian: 'mdadm', fedora: 'mdadm', homebrew: null },
  },
];

/** Administrators' programs are not on everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** Asks each program for its version, all at once. Never rejects. */
export function findPrograms(system: PackageSystem): Promise<Finding[]> {
  return Promise.all(PROGRAMS.map((program) => findProgram(program, system)));
}

async function findProgram(
  { name, command, use, packages }: Program,
  system: PackageSystem,
): Promise<Finding> {
  const said = await versionSaid(command);
  if (said.version !== null) return { what: name, state: 'there', found: said.version, use, advice: null };
  return { what: name, state: 'missing', found: said.why, use, advice: installAdvice(packages, system) };
}

/** A number such as 1.32.5 or 3.25 among what a program says of itself. */
export function versionIn(text: string): string | null {
  return /\b\d+\.\d+(?:\.\d+)*(?:[-+~]\w[\w.~+-]*)?/.exec(text)?.[0] ?? null;
}

type Said = { readonly version: string } | { readonly version: null; readonly why: string };

function versionSaid([program, ...args]: readonly [string, ...string[]]): Promise<Said> {
  return new Promise((resolve) => {
    const options = { timeout: LIMIT_MS, encoding: 'utf8' as const, env: { ...process.env, PATH } };
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error !== null && error.code === 'ENOENT')
        return resolve({ version: null, why: 'not on the path' });
      // Some say it on standard error, some with an exit code other than 0.
      const version = versionIn(`${stdout}\n${stderr}`);
      if (version !== null) return resolve({ version });
      const why =
        error?.killed === true ? `it does not answer within ${LIMIT_MS / 1000} s` : 'it says no version';
      resolve({ version: null, why });
    });
  });
}

/** Whether file systems of programs (FUSE) can be mounted here; Linux only. */
export async function findFuse(): Promise<Finding | null> {
  if (process.platform !== 'linux') return null;
  const use = 'nbdfuse needs it';
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
    return { what: 'FUSE', state: 'there', found: '/dev/fuse', use, advice: null };
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return {
      what: 'FUSE',
      state: 'missing',
      found: absent ? 'there is no /dev/fuse' : '/dev/fuse is not yours to open',
      use,
      advice: absent ? 'sudo modprobe fuse, or let the container have /dev/fuse' : 'sudo chmod 666 /dev/fuse',
    };
  }
}
