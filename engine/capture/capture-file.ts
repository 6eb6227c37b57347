import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { END_OF_STREAM } from './arrow-messages.ts';

/**
 * A capture that is being written: whole messages, one behind the other. At any time the file is a valid stream up to its last
 * whole message. What was written survives the end of this process at once; that of the machine from the next
 * {@link CaptureFile.sync} on, which is called once a second.
 */
export class CaptureFile {
  readonly path: string;
  readonly #file: FileHandle;
  #bytes: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Makes the file, with `head` in it. @throws Error when something stands there that is not to be replaced, or when it cannot
   * be written; what stood there then stays.
   */
  static async create(path: string, head: readonly Uint8Array[], replace: boolean): Promise<CaptureFile> {
    const place = replace ? `${path}.new-${randomBytes(4).toString('hex')}` : path;
    let file: FileHandle;
    try {
      file = await open(place, 'wx');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      throw new Error(`${path} is there already; choose another name, or say that it may be replaced`);
    }
    try {
      const capture = new CaptureFile(path, file, 0);
      for (const message of head) await capture.append(message);
      if (replace) await rename(place, path);
      return capture;
    } catch (error) {
      await file.close();
      await rm(place, { force: true });
      throw error;
    }
  }

  /** Bytes of whole messages. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a message. @throws Error when it cannot be written whole; the file then ends before it. */
  async append(message: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < message.length) {
        const { bytesWritten } = await this.#file.write(
          message,
          done,
          message.length - done,
          this.#bytes + done,
        );
        done += bytesWritten;
      }
    } catch (error) {
      // A part of a message would be taken for damage.
      await this.#file.truncate(this.#bytes).catch(() => {});
      throw error;
    }
    this.#bytes += message.length;
  }

  /** Returns once everything written so far outlasts a power cut. */
  async sync(): Promise<void> {
    await this.#file.datasync();
  }

  /** Marks the stream as finished and closes it. @throws Error when that cannot be written; it is closed all the same. */
  async finish(): Promise<void> {
    try {
      await this.append(END_OF_STREAM);
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
  }

  /** Closes it as it is. */
  async abandon(): Promise<void> {
    await this.#file.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
