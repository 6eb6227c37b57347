import { randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { lstat, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { atExit } from '#engine/at-exit.ts';
import { hasEnded, ownMark, ProcessMarkSchema } from '#engine/process-mark.ts';

const digits = v.pipe(v.string(), v.regex(/^\d{1,20}$/));

const JournalSchema = v.strictObject({
  version: v.literal(1),
  maker: ProcessMarkSchema,
  files: v.array(
    v.strictObject({
      path: v.string(),
      /** When it was about to be made, ns since the epoch. */
      intendedNs: digits,
      /** Which file it is; null while it was about to be made. */
      made: v.nullable(v.strictObject({ dev: digits, ino: digits, birthtimeNs: digits })),
    }),
  ),
});
type Noted = v.InferOutput<typeof JournalSchema>['files'][number];

const SUFFIX = '.json';
/** A file whose making was cut off by a crash was born within this of the intention, ns. */
const CUT_OFF_NS = 1_000_000_000n;

/**
 * The empty files that this process has made, which are gone when it ends: by {@link remove}, at exit, and after a crash
 * by {@link removeLeftOvers} of the next start. A journal in the state directory tells which they are; a file that
 * somebody else has put in the place of one, or written to, is never taken for ours.
 */
export class CreatedFiles {
  readonly #directory: string;
  readonly #journal: string;
  readonly #files = new Map<string, Noted>();
  #callOff: (() => void) | null = null;

  constructor(stateDir: string) {
    this.#directory = join(stateDir, 'made-files');
    this.#journal = join(this.#directory, `${process.pid}-${randomUUID()}${SUFFIX}`);
  }

  /**
   * Makes an empty file where there is nothing. Returns whether a crash would be cleaned up after: false when the state
   * directory cannot be written.
   * @throws the system's error when the file cannot be made; EEXIST when anything is there, even a link to nothing.
   */
  async create(path: string): Promise<boolean> {
    this.#callOff ??= atExit(() => this.#removeAllNow());
    this.#files.set(path, { path, intendedNs: `${BigInt(Date.now()) * 1_000_000n}`, made: null });
    this.#save();
    try {
      const handle = await open(path, 'wx', 0o644);
      try {
        this.#files.set(path, { path, intendedNs: '0', made: identity(await handle.stat({ bigint: true })) });
      } finally {
        await handle.close();
      }
    } catch (error) {
      this.forget(path);
      throw error;
    }
    return this.#save();
  }

  /** Whether what stands at the path is the file that was made there. */
  isOurs(path: string, found: BigIntStats): boolean {
    const noted = this.#files.get(path);
    return noted !== undefined && isSame(noted, found);
  }

  /**
   * Removes the file that was made at the path; what has taken its place meanwhile stays.
   * @throws the system's error when it cannot be removed.
   */
  async remove(path: string): Promise<void> {
    const noted = this.#files.get(path);
    if (noted === undefined) return;
    try {
      if (isSame(noted, await lstat(path, { bigint: true }))) await unlink(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    this.forget(path);
  }

  /** The file is no longer there, or no longer ours. */
  forget(path: string): void {
    if (!this.#files.delete(path)) return;
    if (this.#files.size === 0) {
      this.#callOff?.();
      this.#callOff = null;
    }
    this.#save();
  }

  /** Removes what processes left that have ended without doing so; returns the paths. */
  removeLeftOvers(): string[] {
    const removed: string[] = [];
    for (const name of listed(this.#directory)) {
      const journal = join(this.#directory, name);
      if (!name.endsWith(SUFFIX) || journal === this.#journal) continue;
      const read = readJournal(journal);
      if (read === null || !hasEnded(read.maker)) continue;
      let kept = false;
      for (const noted of read.files) {
        try {
          if (removeNow(noted)) removed.push(noted.path);
        } catch {
          // No permission, or a mount that is gone: the next start tries again.
          kept = true;
        }
      }
      if (!kept) rmSync(journal, { force: true });
    }
    return removed;
  }

  #removeAllNow(): void {
    let kept = false;
    for (const noted of this.#files.values()) {
      try {
        removeNow(noted);
      } catch {
        // Stays in the journal, for the next start.
        kept = true;
      }
    }
    if (!kept) rmSync(this.#journal, { force: true });
  }

  /** Returns false when the journal cannot be written. */
  #save(): boolean {
    try {
      if (this.#files.size === 0) {
        rmSync(this.#journal, { force: true });
        return true;
      }
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const journal = { version: 1, maker: ownMark(), files: [...this.#files.values()] };
      writeFileSync(`${this.#journal}.new`, JSON.stringify(journal), { mode: 0o600 });
      renameSync(`${this.#journal}.new`, this.#journal);
      return true;
    } catch {
      return false;
    }
  }
}

/** Returns whether there was something to remove. @throws the system's error when it cannot be removed. */
function removeNow(noted: Noted): boolean {
  const found = lstatSync(noted.path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined || !isSame(noted, found)) return false;
  unlinkSync(noted.path);
  return true;
}

/** An inode's number is soon used again: the time of its birth tells it from the next that has it. */
function isSame(noted: Noted, found: BigIntStats): boolean {
  if (!found.isFile() || found.size !== 0n) return false;
  if (noted.made === null) {
    const sinceNs = found.birthtimeNs - BigInt(noted.intendedNs);
    return found.uid === BigInt(process.getuid?.() ?? 0) && sinceNs >= 0n && sinceNs < CUT_OFF_NS;
  }
  const now = identity(found);
  return (
    now.dev === noted.made.dev && now.ino === noted.made.ino && now.birthtimeNs === noted.made.birthtimeNs
  );
}

function identity(stats: BigIntStats): { dev: string; ino: string; birthtimeNs: string } {
  return { dev: `${stats.dev}`, ino: `${stats.ino}`, birthtimeNs: `${stats.birthtimeNs}` };
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readJournal(path: string): v.InferOutput<typeof JournalSchema> | null {
  try {
    const parsed = v.safeParse(JournalSchema, JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
