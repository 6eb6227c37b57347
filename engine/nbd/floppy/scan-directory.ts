import { type BigIntStats, constants, existsSync } from 'node:fs';
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ParameterError } from '../filters/parameters.ts';

/** Largest file that FAT can hold. */
const MAX_FILE_BYTES = 0xffff_ffffn;
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 64;

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/**
 * Where what is in an open directory can be reached whatever has come in its place (Linux, proc(5)); null where there is no
 * such, and a directory that is replaced by a link at the right moment is followed.
 */
const DESCRIPTORS = existsSync('/proc/self/fd') ? '/proc/self/fd' : null;

/** A regular file as it was when the directory was read. */
export interface ScannedFile {
  readonly kind: 'file';
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Which file it is, whatever stands under its path later. */
  readonly device: bigint;
  readonly inode: bigint;
}

export interface ScannedDirectory {
  readonly kind: 'directory';
  readonly name: string;
  readonly modifiedMs: number;
  readonly entries: readonly (ScannedFile | ScannedDirectory)[];
}

/** What was left out, and why: counts by a few words. */
export type LeftOut = Map<string, number>;

/**
 * Reads a directory with all that is in it. Symbolic links are not followed, so nothing outside comes in; what is neither
 * file nor directory is left out, and told in `leftOut`.
 * @throws ParameterError for `dir` when it cannot be read, or holds what FAT cannot.
 */
export async function scanDirectory(
  path: string,
): Promise<{ root: ScannedDirectory; leftOut: LeftOut; real: string }> {
  const leftOut: LeftOut = new Map();
  let seen = 0;
  /** @param within where it is reached, with nothing on the way that may be replaced. */
  const scan = async (at: string, within: string, name: string, depth: number): Promise<ScannedDirectory> => {
    if (depth > MAX_DEPTH)
      throw new ParameterError('dir', path, `${at} is more than ${MAX_DEPTH} directories deep`);
    await using held = await open(within, DIRECTORY);
    const { mtimeMs } = await held.stat({ bigint: true });
    const inside = DESCRIPTORS === null ? at : `${DESCRIPTORS}/${held.fd}`;
    const entries: (ScannedFile | ScannedDirectory)[] = [];
    for (const child of (await readdir(inside, { encoding: 'utf8' })).sort()) {
      seen += 1;
      if (seen > MAX_ENTRIES)
        throw new ParameterError('dir', path, `it holds more than ${MAX_ENTRIES} files`);
      // A name that is not UTF-8 does not find its file again.
      const found = child.includes('\ufffd') ? null : await lstatOrNull(`${inside}/${child}`);
      if (found === null) note(leftOut, 'with a name that cannot be read');
      else if (found.isFile()) entries.push(file(join(at, child), child, found));
      else if (found.isDirectory()) {
        try {
          entries.push(await scan(join(at, child), `${inside}/${child}`, child, depth + 1));
        } catch (error) {
          if (!hasGone(error)) throw error;
          note(leftOut, 'that was gone before it was read');
        }
      } else
        note(
          leftOut,
          found.isSymbolicLink() ? 'that is a symbolic link' : 'that is neither file nor directory',
        );
    }
    return { kind: 'directory', name, modifiedMs: Number(mtimeMs), entries };
  };
  const file = (at: string, name: string, status: BigIntStats): ScannedFile => {
    if (status.size > MAX_FILE_BYTES) {
      throw new ParameterError(
        'dir',
        path,
        `${at} has ${status.size} bytes; a file on FAT has less than 4 GiB`,
      );
    }
    return {
      kind: 'file',
      name,
      path: at,
      sizeBytes: Number(status.size),
      modifiedMs: Number(status.mtimeMs),
      device: status.dev,
      inode: status.ino,
    };
  };
  try {
    const real = await realpath(path);
    const status = await stat(real, { bigint: true });
    if (!status.isDirectory()) throw new ParameterError('dir', path, 'it is not a directory');
    return { root: await scan(real, real, '', 0), leftOut, real };
  } catch (error) {
    if (error instanceof ParameterError) throw error;
    throw new ParameterError('dir', path, whyUnread(error));
  }
}

/** Whether a directory was removed, or replaced by a link or a file, since it was found. */
function hasGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'it is not there; name a directory that is';
  if (code === 'EACCES') return 'it may not be read by you; name a directory that may';
  return error instanceof Error ? error.message : String(error);
}

async function lstatOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch {
    return null;
  }
}

function note(leftOut: LeftOut, what: string): void {
  leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
}
