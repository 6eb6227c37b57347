import type { EncodingThread } from './encoding-thread.ts';
import type { EncodingKind } from './encodings.ts';
import { SPILL_FILE_BYTES, SpillFile } from './spill-file.ts';

/** Bytes written to a file at once. */
const WRITE_BYTES = 1 << 20;

/** What is to be kept encoded and is not encoded yet. */
export interface Unencoded {
  readonly kind: EncodingKind;
  readonly rawBytes: number;
  /** A copy of what there is to encode, for somebody who takes it away. */
  copy(): Uint8Array<ArrayBuffer>;
  /** Encodes it here and now. */
  encode(): Uint8Array;
}

/** Some bytes that a {@link BlobStore} keeps, in memory or in a file. */
export class Blob {
  /** What it is expected to be as long as it is not encoded. */
  length: number;
  /** Null before it is encoded, and once it is in a file. */
  bytes: Uint8Array | null = null;
  unencoded: Unencoded | null = null;
  file: SpillFile | null = null;
  at = 0;
  /** How many want it: who put it, and states that have still to read it. */
  holders = 1;
  /** Told when the length turns out to be another. */
  readonly onLength: (change: number) => void;

  constructor(length: number, onLength: (change: number) => void) {
    this.length = length;
    this.onLength = onLength;
  }
}

/** What bytes of a kind came to so far; before any have, what they usually do. */
class Share {
  #rawBytes: number;
  #bytes = 4096;

  /** @param guess bytes of what is encoded for each raw one. */
  constructor(guess: number) {
    this.#rawBytes = this.#bytes / guess;
  }

  add(rawBytes: number, bytes: number): void {
    this.#rawBytes += rawBytes;
    this.#bytes += bytes;
  }

  of(rawBytes: number): number {
    return Math.round((rawBytes * this.#bytes) / this.#rawBytes);
  }
}

export interface BlobStoreOptions {
  /** What may be in memory before the oldest goes to a file. */
  readonly memoryBytes: number;
  /** Where files are made; null to keep everything in memory. */
  readonly directory: string | null;
  /** Who encodes what can wait for that; null to encode everything at once. */
  readonly thread: EncodingThread | null;
  /** Called once, when files cannot be written: from now on everything stays in memory. */
  readonly onTrouble: (reason: string) => void;
}

/** Keeps pieces of bytes, encoded: the latest in memory, older ones in files. What a file refuses stays in memory. */
export class BlobStore {
  /** Bytes in memory, and in files that are still wanted. */
  memoryBytes = 0;
  spilledBytes = 0;
  readonly #options: BlobStoreOptions;
  readonly #files = new Set<SpillFile>();
  /** In memory, oldest first. */
  #waiting: Blob[] = [];
  #file: SpillFile | null = null;
  #canSpill: boolean;
  #isSpilling = false;
  #isDisposed = false;
  readonly #shares: Readonly<Record<EncodingKind, Share>> = {
    rows: new Share(0.05),
    pages: new Share(0.15),
    changes: new Share(0.25),
    plain: new Share(0.5),
  };

  constructor(options: BlobStoreOptions) {
    this.#options = options;
    this.#canSpill = options.directory !== null;
  }

  /** Whether what is too much for memory goes to files. */
  get canSpill(): boolean {
    return this.#canSpill;
  }

  /** What something that is to be put comes to: as others of its kind did where that is for the thread, else just that. */
  expectedBytes(what: Unencoded): number {
    return this.#options.thread?.hasRoom === true
      ? this.#shares[what.kind].of(what.rawBytes)
      : what.encode().length;
  }

  /**
   * Keeps what something comes to once it is encoded: by the thread, where that has room, or now. Whoever reads it earlier
   * has it encoded then.
   * @param onLength told when it turns out longer or shorter than the blob's `length` was.
   */
  put(what: Unencoded, onLength: (change: number) => void = () => {}): Blob {
    const { thread } = this.#options;
    if (thread?.hasRoom !== true) {
      const bytes = what.encode();
      this.#shares[what.kind].add(what.rawBytes, bytes.length);
      const blob = new Blob(bytes.length, onLength);
      this.#keep(blob, bytes);
      return blob;
    }
    const blob = new Blob(this.expectedBytes(what), onLength);
    blob.unencoded = what;
    this.memoryBytes += blob.length;
    thread.encode(what.kind, what.copy(), (bytes) => {
      if (blob.unencoded === what) this.#encoded(blob, what, bytes ?? what.encode());
    });
    return blob;
  }

  #encoded(blob: Blob, what: Unencoded, bytes: Uint8Array): void {
    this.#shares[what.kind].add(what.rawBytes, bytes.length);
    const expected = blob.length;
    blob.unencoded = null;
    blob.length = bytes.length;
    blob.onLength(bytes.length - expected);
    this.memoryBytes -= expected;
    this.#keep(blob, bytes);
  }

  #keep(blob: Blob, bytes: Uint8Array): void {
    blob.bytes = bytes;
    this.memoryBytes += bytes.length;
    this.#waiting.push(blob);
    if (this.#canSpill && this.memoryBytes > this.#options.memoryBytes) void this.#spill();
  }

  /** What was put, encoded. @throws Error when it has been dropped, or its file cannot be read. */
  read(blob: Blob): Uint8Array {
    if (blob.unencoded !== null) this.#encoded(blob, blob.unencoded, blob.unencoded.encode());
    if (blob.bytes !== null) return blob.bytes;
    if (blob.file === null) throw new Error('this part of the history is gone');
    return blob.file.read(blob.at, blob.length);
  }

  /** Keeps it for one more. */
  hold(blob: Blob): void {
    blob.holders += 1;
  }

  /** One of those who want it needs it no more; it goes with the last. */
  drop(blob: Blob): void {
    blob.holders -= 1;
    if (blob.holders !== 0) return;
    if (blob.bytes !== null || blob.unencoded !== null) this.memoryBytes -= blob.length;
    blob.bytes = null;
    blob.unencoded = null;
    if (blob.file === null) return;
    this.spilledBytes -= blob.length;
    this.#release(blob.file, blob.length);
    blob.file = null;
  }

  /** Takes nothing more. What states have still to read stays until they have. */
  dispose(): void {
    this.#isDisposed = true;
    this.#canSpill = false;
    const last = this.#file;
    this.#file = null;
    // One that is being written to is closed when that is done.
    if (last !== null && !this.#isSpilling) this.#release(last, 0);
  }

  #release(file: SpillFile, length: number): void {
    file.liveBytes -= length;
    if (file.liveBytes > 0 || file === this.#file) return;
    this.#files.delete(file);
    file.close();
  }

  /** Writes the oldest to a file until three quarters of what memory may hold are left. */
  async #spill(): Promise<void> {
    if (this.#isSpilling) return;
    this.#isSpilling = true;
    try {
      while (this.#canSpill && this.memoryBytes > this.#options.memoryBytes * 0.75) await this.#spillSome();
    } catch (error) {
      this.#canSpill = false;
      if (!this.#isDisposed) this.#options.onTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isSpilling = false;
      if (this.#isDisposed) for (const file of this.#files) this.#release(file, 0);
    }
  }

  async #spillSome(): Promise<void> {
    const file = this.#openFile();
    const blobs: Blob[] = [];
    const parts: Uint8Array[] = [];
    let length = 0;
    let taken = 0;
    for (; taken < this.#waiting.length && length < WRITE_BYTES; taken += 1) {
      const blob = this.#waiting[taken];
      if (blob === undefined || blob.bytes === null) continue;
      blobs.push(blob);
      parts.push(blob.bytes);
      length += blob.length;
    }
    if (length > 0) {
      const start = await file.append(Buffer.concat(parts));
      let at = start;
      for (const blob of blobs) {
        blob.at = at;
        at += blob.length;
        // Dropped, or all is given up, while it was being written.
        if (blob.bytes === null) continue;
        blob.bytes = null;
        blob.file = file;
        file.liveBytes += blob.length;
        this.memoryBytes -= blob.length;
        this.spilledBytes += blob.length;
      }
    }
    this.#waiting.splice(0, taken);
  }

  #openFile(): SpillFile {
    const { directory } = this.#options;
    if (directory === null) throw new Error('there is no directory for it');
    if (this.#file !== null && this.#file.length < SPILL_FILE_BYTES) return this.#file;
    const full = this.#file;
    this.#file = new SpillFile(directory);
    this.#files.add(this.#file);
    if (full !== null) this.#release(full, 0);
    return this.#file;
  }
}
