import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../at-exit.ts';
import { ownerOf, writeOwner } from '../owner-file.ts';
import { fateOf } from '../process-mark.ts';

const PREFIX = 'nbdscope-nbd-';
const SOCKET_NAME = 'nbd.sock';
/** How long a live server may take to accept before its directory is left alone. */
const PROBE_MS = 500;

/** Where private directories are made: the user's runtime directory, else the one for temporary files. */
function parentDirectory(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined || runtime === '' ? tmpdir() : runtime;
}

/** A Unix socket's path in a directory (0700) that only this user can enter; both go with {@link remove}, or at exit. */
export class PrivateSocket {
  readonly directory: string;
  readonly path: string;
  readonly #callOff: () => void;

  /** @throws Error when the directory cannot be made. */
  constructor(parent = parentDirectory()) {
    this.directory = mkdtempSync(join(parent, PREFIX));
    this.path = join(this.directory, SOCKET_NAME);
    this.#callOff = atExit(() => this.remove());
    try {
      writeOwner(this.directory);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  remove(): void {
    this.#callOff();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * Removes the directories of servers that crashed: ours by name and owner, with a socket that nobody listens on. One that
 * cannot be read or removed is left alone. A server whose process lives is not asked: it would take that for a client,
 * and show it, count it and number it.
 */
export async function removeStaleSockets(parent = parentDirectory()): Promise<void> {
  let names: string[];
  try {
    names = readdirSync(parent);
  } catch {
    return;
  }
  await Promise.all(
    names.filter((name) => name.startsWith(PREFIX)).map((name) => removeIfStale(join(parent, name))),
  );
}

async function removeIfStale(directory: string): Promise<void> {
  try {
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== process.getuid?.()) return;
    const owner = ownerOf(directory);
    if (owner !== null && fateOf(owner) === 'lives') return;
    if (await isRefused(join(directory, SOCKET_NAME))) rmSync(directory, { recursive: true, force: true });
  } catch {
    // Gone already, or not ours to remove.
  }
}

/**
 * Removes the socket at `path` that a crashed server left: this user's, and nobody listens on it. Anything else is left
 * alone.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status?.isSocket() !== true || status.uid !== process.getuid?.()) return;
  if (await isRefused(path)) rmSync(path, { force: true });
}

/** Whether a socket file exists whose server is gone. A directory without one may belong to a server that starts. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (refused: boolean): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.setTimeout(PROBE_MS, () => done(false));
    socket.once('connect', () => done(false));
    socket.once('error', (error) => done('code' in error && error.code === 'ECONNREFUSED'));
  });
}
