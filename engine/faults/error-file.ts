import type { BigIntStats } from 'node:fs';
import { access, constants, lstat, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { formatBytes } from '#shared/bytes/size.ts';
import { ASKS_TO_REMOVE } from '#shared/contract/agreement.ts';
import { RefusedError } from '../refused-error.ts';
import type { CreatedFiles } from './created-files.ts';

/** How soon the path is looked at without a wake-up: not every mount gives notifications. */
const LOOK_MS = 400;
/** A trigger is empty, or has a line in it. What holds more is data of somebody's, and never removed. */
const MOST_REMOVED_BYTES = 4096n;

export interface ErrorFileState {
  /** Something stands at the path, which is all that nbdkit's error filter asks (access(2)). */
  readonly on: boolean;
  /** It is there, and nbdscope did not make it. */
  readonly foreign: boolean;
  /** What stands in the way of making or removing it, in words. */
  readonly problem: string | null;
}

/** Told when the state has changed; with words when the file came or went. */
export type OnErrorFile = (words: string | null) => void;

/**
 * The file that nbdkit's error filter looks for at each request (nbdkit-error-filter(1), error-file). Shows what is
 * there, whoever made it, and makes and removes it. What nbdscope made goes with it.
 */
export class ErrorFile {
  readonly path: string;
  onChanged: OnErrorFile = () => {};
  readonly #created: CreatedFiles;
  #state: ErrorFileState = { on: false, foreign: false, problem: null };
  /** Whether a crash would leave the file that was made. */
  #unnoted = false;
  #looked = false;
  #watcher: FSWatcher | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  #disposed = false;
  #queue: Promise<void> = Promise.resolve();

  /** @param path absolute. */
  constructor(path: string, created: CreatedFiles) {
    this.path = path;
    this.#created = created;
  }

  get state(): ErrorFileState {
    return this.#state;
  }

  /** Begins to watch; returns once the first look has been taken. */
  async start(): Promise<void> {
    // An error (no watches left, say) only means that the timer has to do.
    const look = (): void => this.#lookSoon();
    this.#watcher = watch(this.path, { ignoreInitial: true, depth: 0, atomic: false, followSymlinks: false })
      .on('all', look)
      .on('error', look);
    this.#timer = setInterval(look, LOOK_MS);
    await this.#inTurn(() => this.#look(null));
  }

  /**
   * Makes or removes the file; nothing when it is so already.
   * @throws RefusedError saying why it cannot be, and what could.
   */
  set(on: boolean, removeForeign: boolean): Promise<void> {
    return this.#inTurn(async () => {
      await this.#look(null);
      if (this.#state.on === on) return;
      if (on) await this.#make();
      else await this.#remove(removeForeign);
    });
  }

  /** Stops watching and removes the file if nbdscope made it. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#watcher?.close();
    await this.#queue;
    // One that cannot be removed now is in the journal, for the next start.
    await this.#created.remove(this.path).catch(() => {});
  }

  async #make(): Promise<void> {
    try {
      this.#unnoted = !(await this.#created.create(this.path));
    } catch (error) {
      throw new RefusedError(await this.#whyNotMade(error));
    }
    await this.#look(`Error on: ${this.path} was made`);
  }

  async #remove(removeForeign: boolean): Promise<void> {
    const { path } = this;
    try {
      const found = await lstat(path, { bigint: true });
      if (this.#created.isOurs(path, found)) await this.#created.remove(path);
      else await this.#removeForeign(found, removeForeign);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return await this.#look(null);
      if (error instanceof RefusedError) throw error;
      throw new RefusedError(`${path} cannot be removed: ${reason(error, path)}`);
    }
    await this.#look(`Error off: ${path} was removed`);
  }

  async #removeForeign(found: BigIntStats, allowed: boolean): Promise<void> {
    const { path } = this;
    const kind = kindOf(found);
    if (kind !== null) {
      throw new RefusedError(`${path} is ${kind}; nbdscope removes plain files only, so remove it yourself`);
    }
    if (found.size > MOST_REMOVED_BYTES) {
      throw new RefusedError(
        `${path} holds ${formatBytes(found.size)}, more than a file that only has to be there; look at it and remove it yourself`,
      );
    }
    if (!allowed) {
      throw new RefusedError(`nbdscope did not make ${path}; ${ASKS_TO_REMOVE}`);
    }
    await unlink(path);
  }

  /** Looks at the path; `words` tell of what we did ourselves since the last look. */
  async #look(words: string | null): Promise<void> {
    if (this.#disposed) return;
    const before = this.#state;
    const wasOn = this.#looked && before.on;
    const found = await lstatOf(this.path);
    if (found === 'unknown') return;
    const on = found !== null && (await isThere(this.path));
    const ours = found !== null && this.#created.isOurs(this.path, found);
    if (!ours) {
      this.#created.forget(this.path);
      this.#unnoted = false;
    }
    this.#state = { on, foreign: on && !ours, problem: await this.#problem(found, on) };
    const first = !this.#looked;
    this.#looked = true;
    let told = words;
    if (told === null && on !== wasOn) {
      if (first) told = `Error on: ${this.path} was there already`;
      else told = `Error ${on ? 'on' : 'off'} from outside: ${this.path} ${on ? 'appeared' : 'is gone'}`;
    } else if (told === null && on && this.#state.foreign && !before.foreign) {
      told = `Error on: another ${this.path} was put in its place from outside`;
    }
    const same =
      before.on === on &&
      before.foreign === this.#state.foreign &&
      before.problem === this.#state.problem &&
      told === null;
    if (!same && !this.#disposed) this.onChanged(told);
  }

  async #problem(found: BigIntStats | null, on: boolean): Promise<string | null> {
    const { path } = this;
    const folder = dirname(path);
    if (this.#unnoted) {
      return `after a crash of nbdscope ${path} would stay, as its state directory cannot be written`;
    }
    if (found !== null) {
      const kind = kindOf(found);
      if (!on) return `${path} is a symbolic link to nothing; remove it`;
      return kind === null ? null : `${path} is ${kind}, which nbdscope does not remove`;
    }
    try {
      if (!(await stat(folder)).isDirectory()) return `${folder} is no directory`;
      await access(folder, constants.W_OK | constants.X_OK);
      return null;
    } catch (error) {
      return reason(error, path);
    }
  }

  async #whyNotMade(error: unknown): Promise<string> {
    const { path } = this;
    if (codeOf(error) === 'EEXIST') {
      return (await isThere(path))
        ? `${path} has just been made by somebody else`
        : `${path} is a symbolic link to nothing; remove it, or give another error file`;
    }
    return `${path} cannot be made: ${reason(error, path)}`;
  }

  /** One look at a time, however many events come. */
  #lookSoon(): void {
    if (this.#looking || this.#disposed) return;
    this.#looking = true;
    void this.#inTurn(async () => {
      this.#looking = false;
      await this.#look(null);
    });
  }

  #inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(task);
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** Null when nothing is there; unknown when the system does not tell. */
async function lstatOf(path: string): Promise<BigIntStats | null | 'unknown'> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error)) ? null : 'unknown';
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What stands there that is no plain file, in words; null for a plain file. */
function kindOf(found: BigIntStats): string | null {
  if (found.isFile()) return null;
  if (found.isDirectory()) return 'a directory';
  return found.isSymbolicLink() ? 'a symbolic link' : 'no plain file';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown, path: string): string {
  const folder = dirname(path);
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no directory ${folder}; make it, or give another error file`;
    case 'ENOTDIR':
      return `${folder} is no directory; give another error file`;
    case 'EACCES':
    case 'EPERM':
      return `no permission in ${folder}; run nbdscope as a user who may, or give another error file`;
    case 'EROFS':
      return `${folder} is on a read-only file system; give another error file`;
    case 'ENOSPC':
      return `the file system of ${folder} is full`;
    case 'ENAMETOOLONG':
      return 'the name is too long';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
