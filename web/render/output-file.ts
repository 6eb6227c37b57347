import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/** A file that is there under its name only once all of it is written. */
export class OutputFile {
  readonly #path: string;
  readonly #partPath: string;
  readonly #handle: FileHandle;
  #bytes = 0;

  /** Rejects with what to do when the file is there already and may not be replaced, or cannot be written. */
  static async create(path: string, force: boolean): Promise<OutputFile> {
    if (!force && existsSync(path)) {
      throw new Error(`${path} is there already; give --force to replace it, or another name with -o`);
    }
    const partPath = `${path}.part`;
    const handle = await open(partPath, 'w').catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${path} cannot be written: ${error.message}`);
    });
    return new OutputFile(path, partPath, handle);
  }

  private constructor(path: string, partPath: string, handle: FileHandle) {
    this.#path = path;
    this.#partPath = partPath;
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(positionBytes: number, bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.byteLength - at, positionBytes + at);
      at += bytesWritten;
    }
    this.#bytes = Math.max(this.#bytes, positionBytes + bytes.byteLength);
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    await this.#handle.close();
    await rename(this.#partPath, this.#path);
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.#partPath, { force: true });
  }
}
