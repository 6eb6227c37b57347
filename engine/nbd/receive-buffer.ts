/** Bytes that a connection's buffer holds: two of nbdcopy's 256 KiB writes. */
export const RECEIVE_BYTES = 640 << 10;

/** Bytes from a socket that wait to be read: `bytes[head]` up to `bytes[tail]`. Never grows. */
export class ReceiveBuffer {
  readonly bytes = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, RECEIVE_BYTES);
  head = 0;
  tail = 0;

  get available(): number {
    return this.tail - this.head;
  }

  /** Whether {@link space} would be empty. */
  get isFull(): boolean {
    return this.available === RECEIVE_BYTES;
  }

  /** Where the next bytes from the socket go. Never empty as long as {@link makeRoom} is heeded. */
  space(): Buffer {
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
      return this.bytes;
    }
    if (this.tail === RECEIVE_BYTES) this.#moveToFront();
    return this.bytes.subarray(this.tail);
  }

  /** Sees to it that an item of `length` bytes from `head` on fits; false when it is too long for the buffer. */
  makeRoom(length: number): boolean {
    if (length > RECEIVE_BYTES) return false;
    if (this.head + length > RECEIVE_BYTES) this.#moveToFront();
    return true;
  }

  #moveToFront(): void {
    this.bytes.copyWithin(0, this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }
}
