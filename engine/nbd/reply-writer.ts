import type { Writable } from 'node:stream';
import type { PendingRequest } from './pending-request.ts';
import {
  CHUNK_DONE,
  Chunk,
  EXTENDED_REPLY_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from './protocol.ts';
import { spareBuffers } from './spare-buffers.ts';

/** Headers and small payloads are gathered in chunks of this many bytes. */
const GATHER_BYTES = 256 << 10;
/** Data of at least this many bytes is sent from where it lies; smaller is copied, as that is cheaper than a vector. */
const SEND_IN_PLACE_BYTES = 16 << 10;
/** Gathered bytes after which the replies go out within a turn. */
const FLUSH_BYTES = 512 << 10;
/** Spare chunks kept. */
const MAX_SPARES = 4;

const ZEROES = Buffer.alloc(256 << 10);

/**
 * Gathers the replies of one turn and hands them to the socket in one write. Large data is not copied: pieces of the
 * backend's memory go out between the gathered bytes.
 */
export class ReplyWriter {
  readonly #socket: Writable;
  /** Whether extended headers were negotiated: then every reply is structured and has the longer header. */
  readonly #extended: boolean;
  #chunk: Buffer = Buffer.allocUnsafeSlow(GATHER_BYTES);
  #view: DataView = viewOf(this.#chunk);
  /** Bytes of the chunk filled, and how many of these are in `#parts` or sent already. */
  #end = 0;
  #from = 0;
  readonly #parts: Buffer[] = [];
  #partBytes = 0;
  /** Chunks whose bytes the socket has not taken yet, and chunks to use again. */
  readonly #lent: Buffer[] = [];
  readonly #spares: Buffer[] = [];
  /** Borrowed memory that `#parts` point into. */
  #borrowed: Buffer[] = [];
  #borrowedBytes = 0;

  constructor(socket: Writable, extended: boolean) {
    this.#socket = socket;
    this.#extended = extended;
  }

  /** Bytes gathered and not handed to the socket. */
  get gatheredBytes(): number {
    return this.#partBytes + this.#end - this.#from;
  }

  /** Bytes handed to the socket that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Borrowed memory that has not been given back, as the socket has not taken what is in it. */
  get borrowedBytes(): number {
    return this.#borrowedBytes;
  }

  get isFull(): boolean {
    return this.gatheredBytes >= FLUSH_BYTES;
  }

  /** Hands over what is gathered. */
  flush(): void {
    const socket = this.#socket;
    const tail = this.#end - this.#from;
    if (this.#parts.length === 0) {
      if (tail === 0) return;
      const whole = this.#chunk.subarray(this.#from, this.#end);
      this.#from = this.#end;
      socket.write(whole);
    } else {
      this.#closeSegment();
      const giveBack = this.#giveBack();
      const last = this.#parts.length - 1;
      socket.cork();
      for (const [i, part] of this.#parts.entries()) socket.write(part, i === last ? giveBack : undefined);
      socket.uncork();
      this.#parts.length = 0;
      this.#partBytes = 0;
    }
    if (socket.writableLength === 0) {
      this.#end = 0;
      this.#from = 0;
      while (this.#lent.length > 0 && this.#spares.length < MAX_SPARES) {
        const chunk = this.#lent.pop();
        if (chunk !== undefined) this.#spares.push(chunk);
      }
      this.#lent.length = 0;
    }
  }

  /** What is to be done when the socket has taken the parts gathered so far, or never will. */
  #giveBack(): (() => void) | undefined {
    if (this.#borrowed.length === 0) return undefined;
    const borrowed = this.#borrowed;
    this.#borrowed = [];
    return () => {
      for (const buffer of borrowed) {
        this.#borrowedBytes -= buffer.length;
        spareBuffers.give(buffer);
      }
    };
  }

  /** Takes over the memory of a read whose bytes are sent from where they lie. */
  #keepBorrowed(request: PendingRequest): void {
    if (request.length < SEND_IN_PLACE_BYTES) return;
    for (let buffer = request.borrowed.pop(); buffer !== undefined; buffer = request.borrowed.pop()) {
      this.#borrowed.push(buffer);
      this.#borrowedBytes += buffer.length;
    }
  }

  /** That a request without a result was carried out. */
  done(request: PendingRequest): void {
    if (this.#extended) this.#chunkHeader(request, CHUNK_DONE, Chunk.None, 0);
    else this.simple(request, 0);
  }

  simple(request: PendingRequest, errno: number): void {
    const at = this.#room(16);
    const view = this.#view;
    view.setUint32(at, SIMPLE_REPLY_MAGIC);
    view.setUint32(at + 4, errno);
    view.setUint32(at + 8, request.cookieHigh);
    view.setUint32(at + 12, request.cookieLow);
  }

  /** A read that succeeded, for a client without structured replies. */
  simpleRead(request: PendingRequest): void {
    this.simple(request, 0);
    for (let i = 0; i < request.partCount; i += 1) this.#part(request, i);
    this.#keepBorrowed(request);
  }

  /**
   * A read that succeeded, as chunks: one for each run of data and each hole, or one for all with NBD_CMD_FLAG_DF.
   */
  structuredRead(request: PendingRequest, dontFragment: boolean): void {
    const count = request.partCount;
    if (count === 0) {
      this.#chunkHeader(request, CHUNK_DONE, Chunk.None, 0);
      return;
    }
    let offsetLow = request.offsetLow;
    let offsetHigh = request.offsetHigh;
    let i = 0;
    while (i < count) {
      let next = i;
      let bytes = 0;
      if (dontFragment && count > 1) {
        next = count;
        bytes = request.length;
      } else if (request.partBytes[i] === null) {
        next = i + 1;
        bytes = request.partLength[i] ?? 0;
      } else {
        for (; next < count && request.partBytes[next] !== null; next += 1) {
          bytes += request.partLength[next] ?? 0;
        }
      }
      const flags = next === count ? CHUNK_DONE : 0;
      if (next === i + 1 && request.partBytes[i] === null) {
        const at = this.#chunkHeader(request, flags, Chunk.OffsetHole, 12, 12);
        this.#view.setUint32(at, offsetHigh);
        this.#view.setUint32(at + 4, offsetLow);
        this.#view.setUint32(at + 8, bytes);
      } else {
        const at = this.#chunkHeader(request, flags, Chunk.OffsetData, bytes + 8, 8);
        this.#view.setUint32(at, offsetHigh);
        this.#view.setUint32(at + 4, offsetLow);
        for (let j = i; j < next; j += 1) this.#part(request, j);
      }
      offsetLow += bytes;
      if (offsetLow >= 0x1_0000_0000) {
        offsetLow -= 0x1_0000_0000;
        offsetHigh += 1;
      }
      i = next;
    }
    this.#keepBorrowed(request);
  }

  /** The extents collected, as the one chunk of context `contextId`. */
  blockStatus(request: PendingRequest, contextId: number): void {
    const count = request.extentCount;
    if (this.#extended) {
      this.#blockStatusExt(request, contextId);
      return;
    }
    let at = this.#chunkHeader(request, CHUNK_DONE, Chunk.BlockStatus, 4 + 8 * count, 4);
    this.#view.setUint32(at, contextId);
    for (let i = 0; i < count; i += 1) {
      at = this.#room(8);
      this.#view.setUint32(at, request.extentLength[i] ?? 0);
      this.#view.setUint32(at + 4, request.extentFlags[i] ?? 0);
    }
  }

  /** NBD_REPLY_TYPE_BLOCK_STATUS_EXT: lengths and flags of 64 bits. */
  #blockStatusExt(request: PendingRequest, contextId: number): void {
    const count = request.extentCount;
    let at = this.#chunkHeader(request, CHUNK_DONE, Chunk.BlockStatusExt, 8 + 16 * count, 8);
    this.#view.setUint32(at, contextId);
    this.#view.setUint32(at + 4, count);
    for (let i = 0; i < count; i += 1) {
      const length = request.extentLength[i] ?? 0;
      at = this.#room(16);
      this.#view.setUint32(at, Math.floor(length / 0x1_0000_0000));
      this.#view.setUint32(at + 4, length % 0x1_0000_0000);
      this.#view.setUint32(at + 8, 0);
      this.#view.setUint32(at + 12, request.extentFlags[i] ?? 0);
    }
  }

  /** A failure in a structured reply, with words for a person, of at most 4096 bytes. */
  structuredError(request: PendingRequest, errno: number, text: Buffer): void {
    const at = this.#chunkHeader(request, CHUNK_DONE, Chunk.Error, 6 + text.length, 6 + text.length);
    this.#view.setUint32(at, errno);
    this.#view.setUint16(at + 4, text.length);
    text.copy(this.#chunk, at + 6);
  }

  /** Writes a chunk's header; returns where the `room` bytes reserved after it begin. */
  #chunkHeader(request: PendingRequest, flags: number, type: number, length: number, room = 0): number {
    const extended = this.#extended;
    const at = this.#room((extended ? 32 : 20) + room);
    const view = this.#view;
    view.setUint32(at, extended ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC);
    view.setUint16(at + 4, flags);
    view.setUint16(at + 6, type);
    view.setUint32(at + 8, request.cookieHigh);
    view.setUint32(at + 12, request.cookieLow);
    if (!extended) {
      view.setUint32(at + 16, length);
      return at + 20;
    }
    view.setUint32(at + 16, request.offsetHigh);
    view.setUint32(at + 20, request.offsetLow);
    view.setUint32(at + 24, 0);
    view.setUint32(at + 28, length);
    return at + 32;
  }

  #part(request: PendingRequest, i: number): void {
    const length = request.partLength[i] ?? 0;
    const bytes = request.partBytes[i] ?? null;
    if (bytes === null) {
      this.#zeroes(length);
      return;
    }
    const start = request.partStart[i] ?? 0;
    if (length < SEND_IN_PLACE_BYTES) {
      const at = this.#room(length);
      bytes.copy(this.#chunk, at, start, start + length);
      return;
    }
    this.#closeSegment();
    this.#parts.push(bytes.subarray(start, start + length));
    this.#partBytes += length;
  }

  #zeroes(length: number): void {
    if (length < SEND_IN_PLACE_BYTES) {
      const at = this.#room(length);
      this.#chunk.fill(0, at, at + length);
      return;
    }
    this.#closeSegment();
    for (let left = length; left > 0; left -= ZEROES.length) {
      this.#parts.push(left >= ZEROES.length ? ZEROES : ZEROES.subarray(0, left));
    }
    this.#partBytes += length;
  }

  /** Reserves `bytes` in the chunk, in a fresh one where they do not fit; returns where they begin. */
  #room(bytes: number): number {
    if (this.#end + bytes > this.#chunk.length) {
      this.#closeSegment();
      this.#lent.push(this.#chunk);
      this.#chunk = this.#spares.pop() ?? Buffer.allocUnsafeSlow(GATHER_BYTES);
      this.#view = viewOf(this.#chunk);
      this.#end = 0;
      this.#from = 0;
    }
    const at = this.#end;
    this.#end = at + bytes;
    return at;
  }

  #closeSegment(): void {
    if (this.#end === this.#from) return;
    this.#parts.push(this.#chunk.subarray(this.#from, this.#end));
    this.#partBytes += this.#end - this.#from;
    this.#from = this.#end;
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
