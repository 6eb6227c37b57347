import type { ConnectionFacts, Request } from './backend.ts';
import { MAX_EXTENTS } from './protocol.ts';
import { spareBuffers } from './spare-buffers.ts';

/** Whoever answers requests: the transmission of one connection. */
export interface Answering {
  readonly connection: ConnectionFacts;
  /** The backend has answered `request` after all; `errno` as in Answer. */
  answered(request: PendingRequest, errno: number): void;
}

const NOTHING = Buffer.alloc(0);

/**
 * A request from its header to its reply. Objects are pooled by {@link RequestPool} and used again, so that a request
 * that is answered at once costs no allocation; the result is kept as pieces of the backend's memory.
 */
export class PendingRequest implements Request {
  /** Where the object stands in its pool: unique among the requests in flight on one disk. */
  readonly slot: number;
  owner: Answering | null = null;
  #connection: ConnectionFacts = { number: 0, exportName: '' };
  /** The command as sent, and its flags. */
  command = 0;
  commandFlags = 0;
  cookieHigh = 0;
  cookieLow = 0;
  offsetHigh = 0;
  offsetLow = 0;
  length = 0;
  lengthHigh = 0;
  flags = 0;
  payload: Buffer = NOTHING;
  payloadStart = 0;
  /** Whether the payload is memory of its own, which stays as it is until the answer. */
  ownsPayload = false;
  /** Arrival, ms of performance.now(); set by the observer. */
  arrivedMs = 0;
  /** Bytes counted as held while it waits for the backend. */
  heldBytes = 0;
  /** Its connection is gone: the answer goes nowhere. */
  abandoned = false;

  /** Memory it has borrowed, to be given back when it is over or, for a read, sent. */
  readonly borrowed: Buffer[] = [];

  /** What a read has collected: `partCount` pieces; a null stands for zeroes. */
  readonly partBytes: (Buffer | null)[] = [];
  readonly partStart: number[] = [];
  readonly partLength: number[] = [];
  partCount = 0;
  collected = 0;

  /** What block status has collected. */
  readonly extentLength: number[] = [];
  readonly extentFlags: number[] = [];
  extentCount = 0;
  /** Extents wanted: 1 or {@link MAX_EXTENTS}. */
  extentLimit = MAX_EXTENTS;

  /** Handed to promises, so made once. */
  readonly whenAnswered: (errno: number) => void;
  readonly whenFailed: () => void;

  constructor(slot: number, failedErrno: number) {
    this.slot = slot;
    this.whenAnswered = (errno) => this.owner?.answered(this, errno);
    this.whenFailed = () => this.owner?.answered(this, failedErrno);
  }

  get connection(): ConnectionFacts {
    return this.#connection;
  }

  /** Makes it ready for its next use. */
  begin(owner: Answering): void {
    this.owner = owner;
    this.#connection = owner.connection;
    this.partCount = 0;
    this.collected = 0;
    this.extentCount = 0;
    this.abandoned = false;
    this.heldBytes = 0;
    this.ownsPayload = false;
  }

  /** Lets go of memory that is not its own, once answered. */
  finish(): void {
    this.owner = null;
    this.payload = NOTHING;
    for (let i = 0; i < this.partCount; i += 1) this.partBytes[i] = null;
    for (let buffer = this.borrowed.pop(); buffer !== undefined; buffer = this.borrowed.pop()) {
      spareBuffers.give(buffer);
    }
  }

  space(length: number): Buffer {
    const buffer = spareBuffers.take(length);
    this.borrowed.push(buffer);
    return buffer;
  }

  borrowPayload(): void {
    if (!this.ownsPayload) this.#movePayload(this.space(this.length));
  }

  /** Copies the payload out of the way of the next bytes from the socket. */
  keepPayload(): void {
    if (!this.ownsPayload) this.#movePayload(Buffer.allocUnsafeSlow(this.length));
  }

  #movePayload(copy: Buffer): void {
    this.payload.copy(copy, 0, this.payloadStart, this.payloadStart + this.length);
    this.payload = copy;
    this.payloadStart = 0;
    this.ownsPayload = true;
  }

  data(bytes: Buffer, start: number, end: number): void {
    const i = this.partCount;
    this.partBytes[i] = bytes;
    this.partStart[i] = start;
    this.partLength[i] = end - start;
    this.partCount = i + 1;
    this.collected += end - start;
  }

  hole(length: number): void {
    const last = this.partCount - 1;
    this.collected += length;
    if (last >= 0 && this.partBytes[last] === null) {
      this.partLength[last] = (this.partLength[last] ?? 0) + length;
      return;
    }
    this.partBytes[last + 1] = null;
    this.partStart[last + 1] = 0;
    this.partLength[last + 1] = length;
    this.partCount = last + 2;
  }

  extent(length: number, flags: number): boolean {
    const last = this.extentCount - 1;
    if (last >= 0 && this.extentFlags[last] === flags) {
      this.extentLength[last] = (this.extentLength[last] ?? 0) + length;
      return true;
    }
    if (last + 1 >= this.extentLimit) return false;
    this.extentLength[last + 1] = length;
    this.extentFlags[last + 1] = flags;
    this.extentCount = last + 2;
    return true;
  }
}

/** The requests of one disk, over all its connections. */
export class RequestPool {
  readonly #free: PendingRequest[] = [];
  readonly #failedErrno: number;
  #made = 0;

  /** @param failedErrno what a backend that throws or rejects stands for. */
  constructor(failedErrno: number) {
    this.#failedErrno = failedErrno;
  }

  take(owner: Answering): PendingRequest {
    let request = this.#free.pop();
    if (request === undefined) {
      request = new PendingRequest(this.#made, this.#failedErrno);
      this.#made += 1;
    }
    request.begin(owner);
    return request;
  }

  give(request: PendingRequest): void {
    request.finish();
    this.#free.push(request);
  }
}
