import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '#engine/at-exit.ts';
import { ownerOf, writeOwner } from '#engine/owner-file.ts';
import { hasEnded } from '#engine/process-mark.ts';

const PREFIX = 'nbdscope-nbdkit-';
/** Where nbdkit is told to leave its number. */
export const PID_FILE = 'pid';

/** A directory (0700) for one nbdkit's socket, pid file and log, which grows too big for the user's runtime directory. */
export class NbdkitFolder {
  readonly path: string;
  readonly #callOff: () => void;

  /** @throws Error when the directory cannot be made. */
  constructor(parent = tmpdir()) {
    this.path = mkdtempSync(join(parent, PREFIX));
    this.#callOff = atExit(() => this.remove());
    writeOwner(this.path);
  }

  remove(): void {
    this.#callOff();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/**
 * Removes the directories of nbdscopes that crashed: this user's, whose maker has ended, as has the nbdkit. What cannot be
 * told stays.
 */
export function removeStaleFolders(parent = tmpdir()): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    try {
      // A link that somebody put there is not followed.
      const found = lstatSync(path);
      if (!found.isDirectory() || found.uid !== process.getuid?.()) continue;
      const owner = ownerOf(path);
      if (owner !== null && hasEnded(owner) && !isServed(path))
        rmSync(path, { recursive: true, force: true });
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}

/** Whether the nbdkit of a directory still runs, or another process has its number. */
function isServed(path: string): boolean {
  const pidFile = join(path, PID_FILE);
  if (!existsSync(pidFile)) return false;
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
