import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { hasEnded, ownMark, ProcessMarkSchema } from '#engine/process-mark.ts';

const PREFIX = 'nbdscope-nbdkit-';
const OWNER = 'owner.json';

/** A directory (0700) for one nbdkit's socket, pid file and log, which grows too big for the user's runtime directory. */
export class NbdkitFolder {
  readonly path: string;
  readonly #atExit = (): void => rmSync(this.path, { recursive: true, force: true });

  /** @throws Error when the directory cannot be made. */
  constructor(parent = tmpdir()) {
    this.path = mkdtempSync(join(parent, PREFIX));
    process.once('exit', this.#atExit);
    writeFileSync(join(this.path, OWNER), JSON.stringify(ownMark()), { mode: 0o600 });
  }

  remove(): void {
    process.off('exit', this.#atExit);
    this.#atExit();
  }
}

/** Removes the directories of nbdscopes that crashed: this user's, whose maker has ended. What cannot be told stays. */
export function removeStaleFolders(parent = tmpdir()): void {
  for (const name of namesIn(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(parent, name);
    try {
      const found = statSync(path);
      if (!found.isDirectory() || found.uid !== process.getuid?.()) continue;
      const owner = v.safeParse(ProcessMarkSchema, JSON.parse(readFileSync(join(path, OWNER), 'utf8')));
      if (owner.success && hasEnded(owner.output)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Gone already, or not ours to remove.
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
