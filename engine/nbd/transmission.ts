import type { Answer, ConnectionFacts } from './backend.ts';
import {
  CONNECTION_LIMIT_BYTES,
  type FlowLimits,
  MAX_WAITING_REQUESTS,
  RESERVED_BYTES,
} from './flow-limits.ts';
import { ALLOCATION_CONTEXT_ID, type Negotiated } from './handshake.ts';
import type { HostedExport, RequestObserver } from './hosted-export.ts';
import type { Answering, PendingRequest } from './pending-request.ts';
import {
  Command,
  CommandFlag,
  Errno,
  EXTENDED_REQUEST_BYTES,
  EXTENDED_REQUEST_MAGIC,
  MAX_ACCEPTED_PAYLOAD_BYTES,
  MAX_EXTENTS,
  MAX_PAYLOAD_BYTES,
  REQUEST_BYTES,
  REQUEST_MAGIC,
} from './protocol.ts';
import type { ReceiveBuffer } from './receive-buffer.ts';
import type { ReplyWriter } from './reply-writer.ts';
import {
  changes,
  check,
  failureText,
  isEmpty,
  opOf,
  type Refusal,
  rowFlags,
  SHUTTING_DOWN,
} from './request-rules.ts';
import { askWide } from './wide-lengths.ts';

/** What transmission asks of its connection. */
export interface TransmissionHost {
  readonly facts: ConnectionFacts;
  readonly limits: FlowLimits;
  /** {@link Transmission.run} is to be called now: a request was answered. */
  runAgain(): void;
  /** {@link Transmission.run} is to be called in a later turn of the event loop, and no more to be read until then. */
  runLater(): void;
  /** No more is to be read until {@link Transmission.run} has been called again. */
  stalled(): void;
  /** All that is due has been sent; end the connection. `graceful`: the client asked for it. */
  finished(graceful: boolean): void;
  /** The client broke the protocol beyond repair. */
  broken(reason: string): void;
  /** What the connection holds has changed from `held` to `next` bytes. */
  heldChanged(held: number, next: number): void;
  admits(held: number, next: number): boolean;
  /** After {@link Transmission.abandon}: the backend has answered the last of the requests left behind. */
  abandonedAnswered(): void;
}

/** Bytes of requests served in one turn before other connections get theirs. */
const TURN_BYTES = 8 << 20;

/**
 * Bytes that the client has yet to take, beyond which no more reads are carried out by a disk that borrows memory for them:
 * they would only wait, each in some of its own, where a few buffers can be used over and over.
 */
const MAX_UNSENT_BYTES = 1 << 20;

/**
 * The transmission phase of one connection (proto.md, "Transmission"): reads requests out of the receive buffer, has the
 * backend answer them and gathers the replies. What the backend answers at once is replied to in the same turn, with no
 * object made for it; other requests wait side by side and are replied to as they finish.
 */
export class Transmission implements Answering {
  readonly connection: ConnectionFacts;
  readonly disk: HostedExport;
  readonly negotiated: Negotiated;
  /** Requests seen so far. */
  transactions = 0;
  readonly #host: TransmissionHost;
  readonly #receive: ReceiveBuffer;
  readonly #writer: ReplyWriter;
  readonly #observer: RequestObserver | null;
  readonly #readOnly: boolean;
  /** Whether headers are extended, and what that makes of a request's. */
  readonly #extended: boolean;
  readonly #requestMagic: number;
  readonly #requestBytes: number;
  /** With extended headers a longer payload ends the connection: what is advertised, and what any client may count on. */
  readonly #maxPayloadBytes: number;
  /** Requests that the backend has and has not answered. */
  readonly #waiting = new Set<PendingRequest>();
  #waitingBytes = 0;
  /** A write whose payload is too long for the receive buffer, and how much of it is there. */
  #large: PendingRequest | null = null;
  #largeFilled = 0;
  /** Payload of a refused request that is still to be read over, and the request to refuse after it. */
  #skipLeft = 0;
  #refused: PendingRequest | null = null;
  #refusal: Refusal | null = null;
  #held = 0;
  #running = false;
  #ending: 'no' | 'disconnect' | 'ended' = 'no';
  #shuttingDown = false;
  #finished = false;
  #flushQueued = false;
  readonly #sendAnswers = (): void => {
    this.#flushQueued = false;
    if (this.#ending === 'ended') return;
    this.#flush();
    this.#updateHeld();
    if (this.#ending === 'no') this.#host.runAgain();
    this.#finishIfDone();
  };

  constructor(
    host: TransmissionHost,
    disk: HostedExport,
    negotiated: Negotiated,
    receive: ReceiveBuffer,
    writer: ReplyWriter,
  ) {
    this.#host = host;
    this.connection = host.facts;
    this.disk = disk;
    this.negotiated = negotiated;
    this.#receive = receive;
    this.#writer = writer;
    this.#observer = disk.observer;
    this.#readOnly = disk.backend.readOnly;
    this.#extended = negotiated.extendedHeaders;
    this.#requestMagic = this.#extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC;
    const { maximum = 0 } = disk.blockSizes ?? {};
    this.#maxPayloadBytes = Math.min(MAX_ACCEPTED_PAYLOAD_BYTES, Math.max(MAX_PAYLOAD_BYTES, maximum));
    this.#requestBytes = this.#extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES;
    this.#observer?.connected(host.facts);
  }

  get requestsInFlight(): number {
    return this.#waiting.size;
  }

  /** Whether a payload has begun to arrive and is not complete. */
  get awaitsPayload(): boolean {
    return this.#large !== null;
  }

  /** Memory for the payload on its way, to be read into directly; null when the receive buffer is to be used. */
  payloadSpace(): Buffer | null {
    const large = this.#large;
    return large === null ? null : large.payload.subarray(this.#largeFilled, large.length);
  }

  /** `bytes` more of the payload have been read into {@link payloadSpace}. */
  payloadArrived(bytes: number): void {
    this.#largeFilled += bytes;
  }

  /** New requests are answered with ESHUTDOWN; the connection finishes when the others are answered. */
  shutDown(): void {
    this.#shuttingDown = true;
    this.#finishIfDone();
  }

  /** Serves what the receive buffer holds, as far as memory and the turn allow, and sends the replies. */
  run(): void {
    if (this.#running) return;
    if (this.#ending !== 'no') {
      this.#dropUnread();
      return;
    }
    this.#running = true;
    const stop = this.#serve();
    this.#running = false;
    if (this.#has('ended')) return;
    if (this.#has('disconnect')) this.#dropUnread();
    this.#flush();
    if (stop === 'turn') this.#host.runLater();
    else if (stop === 'stalled') this.#host.stalled();
    this.#finishIfDone();
  }

  /**
   * The connection is gone: nothing is sent any more, and what waits is unanswered. The backend goes on with it, and the
   * payloads of writes stay held until it has answered.
   */
  abandon(): void {
    if (this.#ending === 'ended') return;
    this.#ending = 'ended';
    for (const request of this.#waiting) {
      request.abandoned = true;
      if (request.command !== Command.Write) {
        this.#waitingBytes -= request.heldBytes;
        request.heldBytes = 0;
      }
      if (opOf(request.command) >= 0) this.#observer?.unanswered(request);
    }
    for (const request of [this.#large, this.#refused]) {
      if (request === null) continue;
      if (opOf(request.command) >= 0) this.#observer?.unanswered(request);
      this.disk.requests.give(request);
    }
    this.#large = null;
    this.#refused = null;
    this.#observer?.disconnected(this.connection);
    this.#setHeld(this.#waitingBytes);
    this.disk.backend.gone(this.connection);
  }

  /** Nothing is served behind NBD_CMD_DISC, and what nobody serves must not fill the buffer. */
  #dropUnread(): void {
    this.#receive.head = this.#receive.tail;
  }

  /** The socket has taken all that was handed to it. */
  drained(): void {
    if (this.#ending !== 'ended') this.#updateHeld();
  }

  #serve(): 'starved' | 'turn' | 'stalled' {
    const receive = this.#receive;
    let turnBytes = 0;
    for (;;) {
      if (this.#skipLeft > 0) {
        const skipped = Math.min(this.#skipLeft, receive.available);
        receive.head += skipped;
        this.#skipLeft -= skipped;
        if (this.#skipLeft > 0) return 'starved';
        this.#refuseSkipped();
      }
      if (this.#large !== null) {
        if (this.#largeFilled < this.#large.length) return 'starved';
        turnBytes += this.#large.length;
        this.#carryOutLarge(this.#large);
      }
      if (receive.available < this.#requestBytes) return 'starved';
      if (this.#writer.isFull) this.#flush();
      if (turnBytes > TURN_BYTES) return 'turn';
      if (this.#waiting.size >= MAX_WAITING_REQUESTS || this.#observer?.congested === true) return 'stalled';
      const head = receive.head;
      const view = receive.view;
      if (view.getUint32(head) !== this.#requestMagic) {
        this.#flush();
        this.#host.broken('a request does not begin with the request magic');
        return 'starved';
      }
      const command = view.getUint16(head + 6);
      const extended = this.#extended;
      const lengthHigh = extended ? view.getUint32(head + 24) : 0;
      const length = view.getUint32(extended ? head + 28 : head + 24);
      if (command === Command.Disconnect) {
        this.#ending = 'disconnect';
        return 'starved';
      }
      const hasPayload = extended
        ? (view.getUint16(head + 4) & CommandFlag.PayloadLen) !== 0
        : command === Command.Write;
      if (extended && hasPayload && (lengthHigh > 0 || length > this.#maxPayloadBytes)) {
        this.#flush();
        this.#host.broken(`a payload of more than ${this.#maxPayloadBytes} bytes`);
        return 'starved';
      }
      const moves = command === Command.Read || command === Command.Write;
      if (command === Command.Read && this.#isFarAhead()) return 'stalled';
      if (moves && lengthHigh === 0 && length <= MAX_ACCEPTED_PAYLOAD_BYTES) {
        if (this.#held + length > RESERVED_BYTES && !this.#admits(length)) return 'stalled';
        turnBytes += length;
      }
      if (hasPayload) {
        if (!this.#takePayload(command, length)) return 'starved';
      } else {
        receive.head = head + this.#requestBytes;
        this.#takeRequest(head, command, lengthHigh, length);
      }
    }
  }

  #parse(head: number, command: number, lengthHigh: number, length: number): PendingRequest {
    const view = this.#receive.view;
    const request = this.disk.requests.take(this);
    request.command = command;
    request.commandFlags = view.getUint16(head + 4);
    request.cookieHigh = view.getUint32(head + 8);
    request.cookieLow = view.getUint32(head + 12);
    request.offsetHigh = view.getUint32(head + 16);
    request.offsetLow = view.getUint32(head + 20);
    request.length = length;
    request.lengthHigh = lengthHigh;
    request.flags = rowFlags(command, request.commandFlags);
    this.transactions += 1;
    if (this.#observer !== null && opOf(command) >= 0) this.#observer.arrived(request);
    return request;
  }

  #refusalOf(request: PendingRequest): Refusal | null {
    return this.#shuttingDown ? SHUTTING_DOWN : check(request, this.disk, this.negotiated, this.#readOnly);
  }

  #takeRequest(head: number, command: number, lengthHigh: number, length: number): void {
    const request = this.#parse(head, command, lengthHigh, length);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) this.#reply(request, refusal.errno, refusal.text);
    else this.#carryOut(request);
  }

  /** Takes a request that `length` bytes follow: a write, or one to refuse. Returns false when more bytes are needed. */
  #takePayload(command: number, length: number): boolean {
    const receive = this.#receive;
    const fits = receive.makeRoom(this.#requestBytes + length);
    if (fits && receive.available < this.#requestBytes + length) return false;
    const request = this.#parse(receive.head, command, 0, length);
    const refusal = this.#refusalOf(request);
    receive.head += this.#requestBytes;
    if (refusal !== null) {
      this.#refused = request;
      this.#refusal = refusal;
      this.#skipLeft = length;
      if (length === 0) this.#refuseSkipped();
      return true;
    }
    if (fits) {
      request.payload = receive.bytes;
      request.payloadStart = receive.head;
      receive.head += length;
      this.#carryOut(request);
      return true;
    }
    request.payload = Buffer.allocUnsafeSlow(length);
    request.payloadStart = 0;
    request.ownsPayload = true;
    const there = Math.min(receive.available, length);
    receive.bytes.copy(request.payload, 0, receive.head, receive.head + there);
    receive.head += there;
    this.#large = request;
    this.#largeFilled = there;
    this.#updateHeld();
    return true;
  }

  #carryOutLarge(request: PendingRequest): void {
    this.#large = null;
    this.#carryOut(request);
    this.#updateHeld();
  }

  #refuseSkipped(): void {
    const request = this.#refused;
    const refusal = this.#refusal;
    this.#refused = null;
    this.#refusal = null;
    if (request !== null && refusal !== null) this.#reply(request, refusal.errno, refusal.text);
  }

  #carryOut(request: PendingRequest): void {
    let answer: Answer;
    if (isEmpty(request) && request.command !== Command.Flush) answer = Errno.Ok;
    else {
      try {
        answer = this.#ask(request);
      } catch {
        answer = Errno.EIO;
      }
    }
    if (typeof answer === 'number') {
      this.#complete(request, answer);
      return;
    }
    if (request.command === Command.Write) request.keepPayload();
    const moves = request.command === Command.Read || request.command === Command.Write;
    request.heldBytes = moves ? request.length : 0;
    this.#waiting.add(request);
    this.#waitingBytes += request.heldBytes;
    this.#updateHeld();
    answer.then(request.whenAnswered, request.whenFailed);
  }

  #ask(request: PendingRequest): Answer {
    const backend = this.disk.backend;
    if (request.command === Command.BlockStatus) {
      request.extentLimit = (request.commandFlags & CommandFlag.ReqOne) !== 0 ? 1 : MAX_EXTENTS;
    }
    if (request.lengthHigh !== 0) return askWide(backend, request);
    switch (request.command) {
      case Command.Read:
        return backend.read(request);
      case Command.Write:
        return backend.write(request);
      case Command.Flush:
        return backend.flush(request);
      case Command.Trim:
        return backend.trim(request);
      case Command.Cache:
        return backend.cache(request);
      case Command.WriteZeroes:
        return backend.zero(request);
      default:
        return backend.extents(request);
    }
  }

  answered(request: PendingRequest, errno: number): void {
    this.#waiting.delete(request);
    this.#waitingBytes -= request.heldBytes;
    if (request.abandoned) {
      this.disk.requests.give(request);
      this.#setHeld(this.#waitingBytes);
      if (this.#waiting.size === 0) this.#host.abandonedAnswered();
      return;
    }
    this.#complete(request, errno);
    if (this.#flushQueued) return;
    this.#flushQueued = true;
    // Answers that come in one turn of the loop leave together; the last that is waited for need not wait for others.
    if (this.#waiting.size === 0) queueMicrotask(this.#sendAnswers);
    else setImmediate(this.#sendAnswers);
  }

  /** A backend that promised less or more than was asked for has failed. */
  #complete(request: PendingRequest, errno: number): void {
    let final = errno;
    if (final === 0) {
      if (request.command === Command.Read && request.collected !== request.length) final = Errno.EIO;
      if (request.command === Command.BlockStatus && request.extentCount === 0) final = Errno.EIO;
    }
    this.#reply(request, final, final === 0 ? null : failureText(final));
  }

  #reply(request: PendingRequest, errno: number, text: Buffer | null): void {
    const writer = this.#writer;
    const structured = this.negotiated.structuredReplies;
    if (errno !== 0) {
      if (structured && text !== null) writer.structuredError(request, errno, text);
      else writer.simple(request, errno);
    } else if (request.command === Command.Read) {
      if (structured) writer.structuredRead(request, (request.commandFlags & CommandFlag.Df) !== 0);
      else writer.simpleRead(request);
    } else if (request.command === Command.BlockStatus) {
      writer.blockStatus(request, ALLOCATION_CONTEXT_ID);
    } else {
      writer.done(request);
      if (changes(request.command) && !isEmpty(request)) this.disk.changed = true;
    }
    if (this.#observer !== null && opOf(request.command) >= 0) this.#observer.completed(request, errno);
    this.disk.requests.give(request);
  }

  #flush(): void {
    this.#writer.flush();
    if (this.#held !== 0 || this.#writer.unsentBytes !== 0) this.#updateHeld();
  }

  #isFarAhead(): boolean {
    const { unsentBytes, borrowedBytes } = this.#writer;
    return unsentBytes > MAX_UNSENT_BYTES && borrowedBytes > MAX_UNSENT_BYTES;
  }

  /** Whether memory allows a request that moves `length` bytes; if not, the limits wake the connection up. */
  #admits(length: number): boolean {
    this.#flush();
    const held = this.#held;
    const next = held + length;
    if (held > 0 && next > CONNECTION_LIMIT_BYTES) return false;
    return this.#host.admits(held, next);
  }

  #updateHeld(): void {
    const large = this.#large === null ? 0 : this.#large.length;
    this.#setHeld(this.#waitingBytes + large + this.#writer.unsentBytes);
  }

  #setHeld(next: number): void {
    const held = this.#held;
    if (next === held) return;
    this.#held = next;
    this.#host.heldChanged(held, next);
  }

  #finishIfDone(): void {
    if (this.#finished || this.#ending === 'ended' || this.#waiting.size > 0 || this.#running) return;
    if (this.#ending === 'no' && !(this.#shuttingDown && this.#large === null)) return;
    this.#finished = true;
    this.#host.finished(this.#ending === 'disconnect');
  }

  /** Serving may have brought the end in one way or another. */
  #has(ending: 'disconnect' | 'ended'): boolean {
    return this.#ending === ending;
  }
}
