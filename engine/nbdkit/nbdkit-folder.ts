import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { atExit } from '#engine/at-exit.ts';
import { hasEnded, ownMark, ProcessMarkSchema } from '#engine/process-mark.ts';

const PREFIX = 'nbdscope-nbdkit-';
const OWNER = 'owner.json';
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
    writeFileSync(join(this.path, OWNER), JSON.stringify(ownMark()), { mode: 0o600 });
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
      const owner = v.safeParse(ProcessMarkSchema, JSON.parse(readFileSync(join(path, OWNER), 'utf8')));
      if (owner.success && hasEnded(owner.output) && !isServed(path))
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
