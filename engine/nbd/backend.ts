/**
 * The plug-in points of the NBD server, in nbdkit's words: a backend holds the bytes of a disk, a filter stands in front
 * of one.
 *
 * Offsets travel as two unsigned 32-bit halves: exact up to 2^63-1, and no bigint on the way of a request. Lengths are
 * unsigned 32-bit numbers, but for backends that say they take longer ones ({@link Capabilities.wideLengths}). A request
 * handed to a backend lies within the disk and is allowed on it; backends do not check again.
 */

/**
 * How a request ended: 0, or an NBD error number (see `Errno` in protocol.ts). A backend that can answer at once returns
 * the number; a promise is for the others. A promise that is rejected, or an exception, counts as EIO.
 */
export type Answer = number | Promise<number>;

/** What a filter may know of the connection that a request came by. */
export interface ConnectionFacts {
  /** Counted from 1 as connections are made to the server. */
  readonly number: number;
  readonly exportName: string;
  /** Whether it is encrypted; absent for no. */
  readonly tls?: boolean;
}

/**
 * One request on its way through the filters to the backend and back. The object is the server's and is used again once
 * it is answered: keep nothing of it. Nobody but the server writes to its fields.
 */
export interface Request {
  readonly connection: ConnectionFacts;
  readonly offsetHigh: number;
  readonly offsetLow: number;
  readonly length: number;
  /**
   * Units of 4 GiB on top of `length`. Above 0 only for trim, zero, cache and extents, and only for a backend with
   * {@link Capabilities.wideLengths}; extents are asked for at most 2^52 bytes at a time.
   */
  readonly lengthHigh: number;
  /** Bits of `RowFlag` (shared/events/vocabulary.ts). */
  readonly flags: number;
  /**
   * For a write: its bytes are `payload[payloadStart]` and the `length - 1` after it. Read both fields anew after every
   * wait, as they change when the server moves the bytes out of the way of the next request.
   */
  readonly payload: Buffer;
  readonly payloadStart: number;
  /**
   * For a write that is answered later: moves its bytes now to memory that is used again once it is answered. Only for a
   * backend that has by then stopped looking at them, whatever the answer.
   */
  borrowPayload(): void;
  /**
   * For a read: memory of at least `length` bytes to read into, for {@link data}; it is used again once the bytes are
   * sent. Only for a backend that has stopped writing to it when it answers.
   */
  space(length: number): Buffer;
  /**
   * For a read: the next bytes of the disk, in order. They are not copied before the backend answers, and may be sent
   * some time after: memory handed over here must not come to stand for another place of the disk.
   */
  data(bytes: Buffer, start: number, end: number): void;
  /** For a read: the next `length` bytes are zeroes. */
  hole(length: number): void;
  /** For block status: the next extent. Returns false when the client wants no more; going on then does no harm. */
  extent(length: number, flags: number): boolean;
  /** The extents so far, `extentCount` of them. */
  readonly extentCount: number;
  readonly extentLength: readonly number[];
  readonly extentFlags: readonly number[];
}

/** Sizes of requests that a disk wants ("Size constraints"), bytes: `minimum` a power of two of at most 64 KiB. */
export interface BlockSizes {
  readonly minimum: number;
  readonly preferred: number;
  readonly maximum: number;
}

/** What the disk can do, as told to clients when they connect (nbdkit's `.can_*`). */
export interface Capabilities {
  readonly trim: boolean;
  readonly zero: boolean;
  readonly fastZero: boolean;
  readonly flush: boolean;
  readonly fua: boolean;
  readonly cache: boolean;
  readonly extents: boolean;
  /** Whether flush and FUA on one connection cover what others have written. */
  readonly multiConn: boolean;
  readonly rotational: boolean;
  /**
   * Whether trim, zero, cache and extents heed {@link Request.lengthHigh}. Without it they are asked piece by piece, each
   * below 4 GiB, and for no more than 256 TiB at once. A filter that looks at ranges has to heed it too, or to say false.
   */
  readonly wideLengths?: boolean;
  /** What clients that ask are told; absent for the server's own, which suit any request. */
  readonly blockSizes?: BlockSizes;
}

/** A disk. Requests of one or several connections may overlap in time. */
export interface Backend {
  readonly sizeBytes: bigint;
  /** Told to clients when they connect. Where it changes later, the backend refuses writes, trims and zeroes with EPERM. */
  readonly readOnly: boolean;
  readonly capabilities: Capabilities;
  /** A client has chosen this export; transmission starts when the promise resolves. */
  open(connection: ConnectionFacts): void | Promise<void>;
  /** Nobody waits for this client's requests any more: those that wait here may be given up. Then comes {@link close}. */
  gone(connection: ConnectionFacts): void;
  /**
   * The client is gone, and its requests are answered, but for those that a server does not wait for when it closes.
   * `graceful`: the client said so (NBD_CMD_DISC). `transactions` counts its requests.
   */
  close(connection: ConnectionFacts, graceful: boolean, transactions: number): void | Promise<void>;
  read(request: Request): Answer;
  write(request: Request): Answer;
  /** Write zeroes; `RowFlag.MayTrim` allows a hole, `RowFlag.Fast` asks for ENOTSUP rather than slowness. */
  zero(request: Request): Answer;
  trim(request: Request): Answer;
  flush(request: Request): Answer;
  cache(request: Request): Answer;
  extents(request: Request): Answer;
  /** Gives back what it holds, once no connection uses it. */
  dispose(): void | Promise<void>;
}

/** The methods of a backend that answer a request, by name. */
export type Operation = 'read' | 'write' | 'zero' | 'trim' | 'flush' | 'cache' | 'extents';

/** A backend in front of another that passes everything on; filters override what they change. */
export class Filter implements Backend {
  protected readonly next: Backend;

  constructor(next: Backend) {
    this.next = next;
  }

  get sizeBytes(): bigint {
    return this.next.sizeBytes;
  }

  get readOnly(): boolean {
    return this.next.readOnly;
  }

  get capabilities(): Capabilities {
    return this.next.capabilities;
  }

  open(connection: ConnectionFacts): void | Promise<void> {
    return this.next.open(connection);
  }

  gone(connection: ConnectionFacts): void {
    this.next.gone(connection);
  }

  close(connection: ConnectionFacts, graceful: boolean, transactions: number): void | Promise<void> {
    return this.next.close(connection, graceful, transactions);
  }

  read(request: Request): Answer {
    return this.next.read(request);
  }

  write(request: Request): Answer {
    return this.next.write(request);
  }

  zero(request: Request): Answer {
    return this.next.zero(request);
  }

  trim(request: Request): Answer {
    return this.next.trim(request);
  }

  flush(request: Request): Answer {
    return this.next.flush(request);
  }

  cache(request: Request): Answer {
    return this.next.cache(request);
  }

  extents(request: Request): Answer {
    return this.next.extents(request);
  }

  dispose(): void | Promise<void> {
    return this.next.dispose();
  }
}
