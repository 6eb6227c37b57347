import { Blob, type BlobKeeper } from '#engine/history/blob-store.ts';
import { type IndexFile, nextPiece } from './index-file.ts';

/** The blobs of a capture's index: in memory until their record is written, then in its file, for as long as that is open. */
export class IndexBlobs implements BlobKeeper {
  put(bytes: Uint8Array): Blob {
    return new Blob(bytes);
  }

  read(blob: Blob): Uint8Array {
    if (blob.bytes !== null) return blob.bytes;
    if (blob.file === null) throw new Error('this part of the index is gone');
    return blob.file.read(blob.at, blob.length);
  }

  /** Nothing leaves an index before it is closed. */
  hold(): void {}

  drop(): void {}
}

/** Lets go of the bytes of blobs that were written one behind the other, the first at `at`. */
export function written(blobs: readonly Blob[], file: IndexFile, at: number): void {
  let next = at;
  for (const blob of blobs) {
    blob.file = file;
    blob.at = next;
    blob.bytes = null;
    next = nextPiece(next, blob.length);
  }
}

/** Hands out blobs of a record, one behind the other. */
export class PieceReader {
  readonly #file: IndexFile;
  /** Where the next one is. */
  at: number;

  constructor(file: IndexFile, at: number) {
    this.#file = file;
    this.at = at;
  }

  next(length: number): Blob {
    const blob = new Blob(null, length);
    blob.file = this.#file;
    blob.at = this.at;
    this.at = nextPiece(this.at, length);
    return blob;
  }
}
