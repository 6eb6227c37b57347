import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDir } from '#engine/cli/cache-dir.ts';
import { stateDir } from '#engine/cli/state-dir.ts';
import { formatBytes } from '#shared/bytes/size.ts';
import type { Finding } from './finding.ts';

interface Place {
  readonly what: string;
  readonly folder: string;
  readonly use: string;
  /** With less room than this it is worth a word, bytes. */
  readonly roomBytes: number;
}

/** A socket's path longer than this cannot be bound (sun_path is 108 bytes; the names inside take some 36). */
const LONGEST_RUNTIME_DIR = 70;

function places(): readonly Place[] {
  const runtime = process.env['XDG_RUNTIME_DIR'] || tmpdir();
  return [
    { what: 'state', folder: stateDir(), use: 'recent logs and settings', roomBytes: 1 << 20 },
    {
      what: 'history',
      folder: cacheDir(),
      use: 'what a long session keeps beyond memory',
      roomBytes: 1 << 30,
    },
    { what: 'sockets', folder: runtime, use: 'private sockets of hosted disks', roomBytes: 1 << 16 },
  ];
}

/** Whether the folders that nbdscope writes to can be written to, and how much room they have. Never rejects. */
export function findPlaces(): Promise<Finding[]> {
  return Promise.all(places().map(findPlace));
}

export async function findPlace({ what, folder, use, roomBytes }: Place): Promise<Finding> {
  const trouble = (found: string, advice: string): Finding => ({
    what,
    state: 'trouble',
    found,
    use,
    advice,
  });
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(await mkdtemp(join(folder, '.nbdscope-doctor-')), { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return trouble(`cannot be written: ${why}`, adviceFor(what, folder));
  }
  if (what === 'sockets' && Buffer.byteLength(folder) > LONGEST_RUNTIME_DIR) {
    return trouble(`${folder} is too long a name for a socket inside`, adviceFor(what, folder));
  }
  const free = await freeBytes(folder);
  const found = `${folder}, ${free === null ? 'room unknown' : `${formatBytes(free)} free`}`;
  if (free !== null && free < BigInt(roomBytes)) return trouble(found, adviceFor(what, folder));
  return { what, state: 'there', found, use, advice: null };
}

function adviceFor(what: string, folder: string): string {
  const variable = { state: 'NBDSCOPE_STATE_DIR', history: 'NBDSCOPE_CACHE_DIR', sockets: 'XDG_RUNTIME_DIR' }[
    what
  ];
  return `make room in ${folder} and let your user write there, or set ${variable} to another folder`;
}

async function freeBytes(folder: string): Promise<bigint | null> {
  try {
    const { bavail, bsize } = await statfs(folder, { bigint: true });
    return bavail * bsize;
  } catch {
    return null;
  }
}
