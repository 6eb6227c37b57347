import type { EncodingKind } from './encodings.ts';

/** What is to be kept encoded and is not encoded yet. */
export interface Unencoded {
  readonly kind: EncodingKind;
  readonly rawBytes: number;
  /** A copy of what there is to encode, for somebody who takes it away. */
  copy(): Uint8Array<ArrayBuffer>;
  /** Encodes it here and now. */
  encode(): Uint8Array;
}

/** What things of a kind came to so far; before any have, what they usually do. */
export class EncodedShare {
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

  /** Bytes that so many raw ones will come to. */
  of(rawBytes: number): number {
    return Math.round((rawBytes * this.#bytes) / this.#rawBytes);
  }
}
