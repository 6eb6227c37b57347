import type { EncodingThread } from './encoding-thread.ts';
import type { EncodingKind } from './encodings.ts';
import { SPILL_FILE_BYTES, SpillFile } from './spill-file.ts';
import { EncodedShare, type Unencoded } from './unencoded.ts';

/** Bytes written to a file at once. */
const WRITE_BYTES = 1 << 20;

/** Where blobs lie that are not in memory. */
export interface BlobFile {
  /** @throws Error when they cannot be read. */
  read(at: number, length: number): Uint8Array;
}

/** Nobody asks how long it turns out. */
function noMatter(): void {}

/** Some bytes that a {@link BlobKeeper} keeps, in memory or in a file. */
export class Blob {
  /** What they are expected to be as long as they are not encoded. */
  length: number;
  /** Null before they are encoded, and once they are in a file. */
  bytes: Uint8Array | null;
  unencoded: Unencoded | null = null;
  file: BlobFile | null = null;
  at = 0;
  /** How many want it: who put it, and states that have still to read it. */
  holders = 1;
  /** Told when the length turns out to be another. */
  onLength: (change: number) => void = noMatter;

  /** @param bytes null for so many in a file, or that have still to be encoded. */
  constructor(bytes: Uint8Array | null, length = bytes?.length ?? 0) {
    this.bytes = bytes;
    this.length = length;
  }
}

/** Keeps pieces of bytes for as long as somebody wants them. */
export interface BlobKeeper {
  put(bytes: Uint8Array): Blob;
  /** Keeps what something comes to, which may be encoded later; absent where everything is encoded as it comes. */
  putLater?(what: Unencoded): Blob;
  /** What something that is put later will come to. */
  expectedBytes?(what: Unencoded): number;
  /** What was put. @throws Error when it has been dropped, or its file cannot be read. */
  read(blob: Blob): Uint8Array;
  /** Keeps it for one more. */
  hold(blob: Blob): void;
  /** One of those who want it needs it no more; it goes with the last. */
  drop(blob: Blob): void;
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

/** Keeps pieces of bytes: the latest in memory, older ones in files. What a file refuses stays in memory. */
export class BlobStore implements BlobKeeper {
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
  readonly #shares: Readonly<Record<EncodingKind, EncodedShare>> = {
    rows: new EncodedShare(0.05),
    pages: new EncodedShare(0.15),
    changes: new EncodedShare(0.25),
    plain: new EncodedShare(0.5),
  };

  constructor(options: BlobStoreOptions) {
    this.#options = options;
    this.#canSpill = options.directory !== null;
  }

  /** Whether what is too much for memory goes to files. */
  get canSpill(): boolean {
    return this.#canSpill;
  }

  put(bytes: Uint8Array): Blob {
    const blob = new Blob(bytes);
    this.#keep(blob, bytes);
    return blob;
  }

  #keep(blob: Blob, bytes: Uint8Array): void {
    blob.bytes = bytes;
    this.memoryBytes += bytes.length;
    // Where nothing goes to files there is nothing to wait for, and what is dropped would be remembered for good.
    if (!this.#canSpill) return;
    this.#waiting.push(blob);
    if (this.memoryBytes > this.#options.memoryBytes) void this.#spill();
  }

  /** As others of its kind came to where it is for the thread, else exactly. */
  expectedBytes(what: Unencoded): number {
    return this.#options.thread?.hasRoom === true
      ? this.#shares[what.kind].of(what.rawBytes)
      : what.encode().length;
  }

  /**
   * Has it encoded by the thread, where that has room, or now. Whoever reads it earlier has it encoded then.
   * @param onLength told how much longer it turns out than the blob's `length` was.
   */
  putLater(what: Unencoded, onLength: (change: number) => void = noMatter): Blob {
    const { thread } = this.#options;
    if (thread?.hasRoom !== true) {
      const bytes = what.encode();
      this.#shares[what.kind].add(what.rawBytes, bytes.length);
      return this.put(bytes);
    }
    const blob = new Blob(null, this.expectedBytes(what));
    blob.unencoded = what;
    blob.onLength = onLength;
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
    // A function holds all that was in reach where it was made: what was encoded, many times as long, would stay as long as the blob.
    blob.onLength = noMatter;
    this.memoryBytes -= expected;
    this.#keep(blob, bytes);
  }

  read(blob: Blob): Uint8Array {
    if (blob.unencoded !== null) this.#encoded(blob, blob.unencoded, blob.unencoded.encode());
    if (blob.bytes !== null) return blob.bytes;
    if (blob.file === null) throw new Error('this part of the history is gone');
    return blob.file.read(blob.at, blob.length);
  }

  hold(blob: Blob): void {
    blob.holders += 1;
  }

  drop(blob: Blob): void {
    blob.holders -= 1;
    if (blob.holders !== 0) return;
    if (blob.bytes !== null || blob.unencoded !== null) this.memoryBytes -= blob.length;
    blob.bytes = null;
    blob.unencoded = null;
    blob.onLength = noMatter;
    if (blob.file === null) return;
    this.spilledBytes -= blob.length;
    for (const file of this.#files) if (file === blob.file) this.#release(file, blob.length);
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
      this.#waiting = [];
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
