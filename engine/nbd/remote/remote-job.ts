import type { Request } from '../backend.ts';
import { Command, Errno } from '../protocol.ts';

/** Extents of one reply that are kept; a server may always tell of less than was asked, so the rest is not missed. */
const MAX_KEPT_EXTENTS = 1 << 16;
/** A reply may come in this many chunks, and one more for each {@link BYTES_PER_CHUNK}. */
const MIN_CHUNKS = 1024;
const BYTES_PER_CHUNK = 512;
const MAX_LENGTH = 0xffff_ffff;

/** A part of a read, in bytes from the request's start. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly hole: boolean;
}

/** A client's request on its way to another server, and what has come of its reply. */
export class RemoteJob {
  readonly request: Request;
  readonly command: number;
  /** The flags on the wire. */
  readonly commandFlags: number;
  /** When it must be answered at the latest, ms of performance.now(). */
  readonly deadlineMs: number;
  readonly answer: Promise<number>;
  /** How often it has been sent. */
  attempts = 0;
  /** The number under which it was sent last. */
  cookie = 0;
  /** For a flush: how many writes had succeeded when it was sent. */
  covers = 0;
  /** Whether it is answered; what comes now goes nowhere. */
  isOver = false;
  /** The first error of its reply. */
  errno = 0;
  #resolve: (errno: number) => void = () => {};
  #chunks = 0;
  #data: Buffer | null = null;
  #pieces: Piece[] = [];
  #extentLength: number[] = [];
  #extentFlags: number[] = [];
  #extentBytes = 0;
  #statusCame = false;

  constructor(request: Request, command: number, commandFlags: number, deadlineMs: number) {
    this.request = request;
    this.command = command;
    this.commandFlags = commandFlags;
    this.deadlineMs = deadlineMs;
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether asking again can do no harm. */
  get isRepeatable(): boolean {
    return (
      this.command === Command.Read || this.command === Command.BlockStatus || this.command === Command.Cache
    );
  }

  /** It is sent, with this number, perhaps again: what has come of a reply before is forgotten. */
  begin(cookie: number): void {
    this.attempts += 1;
    this.cookie = cookie;
    this.errno = 0;
    this.#chunks = 0;
    this.#data = null;
    this.#pieces = [];
    this.#extentLength = [];
    this.#extentFlags = [];
    this.#extentBytes = 0;
    this.#statusCame = false;
  }

  /** Counts a chunk. @throws Error when there are more than an honest server would send. */
  chunkCame(): void {
    this.#chunks += 1;
    if (this.#chunks > MIN_CHUNKS + this.request.length / BYTES_PER_CHUNK) {
      throw new Error(`the server sent more than ${this.#chunks - 1} chunks in reply to one request`);
    }
  }

  /**
   * The place of `length` bytes from `start` of a read; they are to be written to {@link bytes}.
   * @throws Error when they were not asked for.
   */
  dataCame(start: number, length: number): void {
    this.#place(start, length, false);
    this.#data ??= Buffer.allocUnsafeSlow(this.request.length);
  }

  /** Where the bytes of a read go, once some were announced. */
  get bytes(): Buffer {
    this.#data ??= Buffer.allocUnsafeSlow(this.request.length);
    return this.#data;
  }

  /** @throws Error when the hole was not asked for. */
  holeCame(start: number, length: number): void {
    this.#place(start, length, true);
  }

  /** A chunk with extents begins. @throws Error when it was not asked for, or is not the first. */
  statusCame(): void {
    if (this.command !== Command.BlockStatus || this.#statusCame) {
      throw new Error('the server sent extents that were not asked for');
    }
    this.#statusCame = true;
  }

  /** @throws Error when it is empty, or begins beyond what was asked for. */
  extentCame(length: number, flags: number): void {
    if (length === 0 || this.#extentBytes >= this.request.length) {
      throw new Error('the server sent an extent of no bytes, or one beyond what was asked for');
    }
    this.#extentBytes += length;
    if (this.#extentLength.length >= MAX_KEPT_EXTENTS) return;
    this.#extentLength.push(length);
    this.#extentFlags.push(flags);
  }

  /**
   * The reply is complete: hands it to the request and answers.
   * @throws Error when the reply claims success and lacks something.
   */
  finish(): void {
    if (this.errno === Errno.Ok) {
      if (this.command === Command.Read) this.#deliverRead();
      if (this.command === Command.BlockStatus) this.#deliverStatus();
    }
    this.end(this.errno);
  }

  /** Answers, whatever has come. */
  end(errno: number): void {
    this.isOver = true;
    this.#data = null;
    this.#resolve(errno);
  }

  #place(start: number, length: number, hole: boolean): void {
    const end = start + length;
    if (this.command !== Command.Read || !(start >= 0) || length < 1 || end > this.request.length) {
      throw new Error('the server sent bytes that were not asked for');
    }
    this.#pieces.push({ start, end, hole });
  }

  #deliverRead(): void {
    const pieces = this.#pieces.sort((a, b) => a.start - b.start);
    let at = 0;
    for (const { start, end } of pieces) {
      if (start !== at) throw new Error('the server left out or repeated a part of a read');
      at = end;
    }
    if (at !== this.request.length) throw new Error('the server left out a part of a read');
    for (const { start, end, hole } of pieces) {
      if (hole) this.request.hole(end - start);
      else this.request.data(this.bytes, start, end);
    }
  }

  #deliverStatus(): void {
    if (this.#extentLength.length === 0) throw new Error('the server sent no extents');
    let left = MAX_LENGTH;
    for (const [i, length] of this.#extentLength.entries()) {
      // Neighbours may be joined, and together must not be longer than the wire can say.
      const kept = Math.min(length, left);
      left -= kept;
      if (kept === 0 || !this.request.extent(kept, this.#extentFlags[i] ?? 0)) return;
    }
  }
}
