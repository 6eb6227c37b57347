import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync, unlinkSync, write } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'history-';

/** A file is not begun anew before it holds this much. */
export const SPILL_FILE_BYTES = 64 * 1024 * 1024;

let nextFile = 1;

/** A file of this process alone: without a name where the system allows that, so that nothing is left however it ends. */
export class SpillFile {
  /** Bytes written so far: where the next go. */
  length = 0;
  /** Of these, bytes that are still wanted. */
  liveBytes = 0;
  readonly #descriptor: number;
  /** Null where it has none any more. */
  readonly #path: string | null;
  #isClosed = false;

  /** @throws Error when it cannot be made there. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${PREFIX}${hostname()}-${process.pid}-${nextFile}`);
    nextFile += 1;
    rmSync(path, { force: true });
    this.#descriptor = openSync(path, 'wx+', 0o600);
    this.#path = forgetName(path) ? null : path;
  }

  /** Writes behind what is there; rejects when not all could be written. */
  async append(bytes: Uint8Array): Promise<number> {
    const at = this.length;
    let done = 0;
    while (done < bytes.length) {
      done += await new Promise<number>((resolve, reject) => {
        write(this.#descriptor, bytes, done, bytes.length - done, at + done, (error, written) =>
          error === null ? resolve(written) : reject(error),
        );
      });
    }
    this.length = at + bytes.length;
    return at;
  }

  /** @throws Error when the file cannot be read, or is closed. */
  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    if (this.#isClosed) throw new Error('this part of the history is gone');
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const got = readSync(this.#descriptor, bytes, done, length - done, at + done);
      if (got === 0)
        throw new Error(`the history's file was cut: bytes ${at} to ${at + length} are not in it`);
      done += got;
    }
    return bytes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
    if (this.#path !== null) rmSync(this.#path, { force: true });
  }
}

/** Windows keeps the name of an open file. */
function forgetName(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes what processes of this machine that have ended left behind. */
export function removeStaleSpills(directory: string): void {
  const own = `${PREFIX}${hostname()}-`;
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return;
  }
  for (const name of names) {
    const pid = name.startsWith(own) ? Number(name.slice(own.length).split('-')[0]) : Number.NaN;
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid || isRunning(pid)) continue;
    rmSync(join(directory, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
