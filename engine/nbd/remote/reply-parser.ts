import {
  CHUNK_DONE,
  Chunk,
  Command,
  Errno,
  MAX_EXTENTS,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from '../protocol.ts';
import type { RemoteFacts } from './remote-handshake.ts';
import type { RemoteJob } from './remote-job.ts';

/** Error chunks with longer texts than this are not believed. */
const MAX_ERROR_CHUNK_BYTES = 64 << 10;
/** Chunk types from here on are errors ("Structured reply types"). */
const FIRST_ERROR_CHUNK = 0x8000;
const SIMPLE_BYTES = 16;
const STRUCTURED_BYTES = 20;
const KNOWN_ERRORS: ReadonlySet<number> = new Set(Object.values(Errno));

/** What the parser asks of its connection. */
export interface ReplyReceiver {
  /** The request of that cookie; undefined when none was made or it is answered. */
  find(cookieHigh: number, cookieLow: number): RemoteJob | undefined;
  /** The reply to `job` is complete. */
  replied(job: RemoteJob): void;
}

type State =
  | 'header'
  | 'structured'
  | 'offset'
  | 'hole'
  | 'context'
  | 'extent'
  | 'error'
  /** Bytes of a read, written where they belong. */
  | 'data'
  /** Bytes of no interest. */
  | 'skip';

/**
 * Reads replies (proto.md, "Simple reply message", "Structured reply chunk message") out of bytes in pieces of any size.
 * It believes nothing: what a server may not send ends in an exception, and the connection is of no use then. Data is
 * copied once, to where the reply is put together; nothing else of any size is kept.
 */
export class ReplyParser {
  readonly #receiver: ReplyReceiver;
  readonly #facts: RemoteFacts;
  readonly #item = Buffer.alloc(STRUCTURED_BYTES);
  #state: State = 'header';
  #filled = 0;
  #wanted = SIMPLE_BYTES;
  #job: RemoteJob | null = null;
  #done = false;
  /** Of the chunk or the data at hand: bytes that are still to come, and where they go. */
  #left = 0;
  #to = 0;

  constructor(facts: RemoteFacts, receiver: ReplyReceiver) {
    this.#facts = facts;
    this.#receiver = receiver;
  }

  /** Takes the next bytes. @throws Error when the server breaks the protocol. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'data' || this.#state === 'skip') {
        const take = Math.min(this.#left, bytes.length - at);
        if (this.#state === 'data') bytes.copy(this.#current().bytes, this.#to, at, at + take);
        this.#to += take;
        this.#left -= take;
        at += take;
        if (this.#left === 0) this.#chunkEnded();
        continue;
      }
      const take = Math.min(this.#wanted - this.#filled, bytes.length - at);
      bytes.copy(this.#item, this.#filled, at, at + take);
      this.#filled += take;
      at += take;
      if (this.#filled === this.#wanted) this.#itemRead();
    }
  }

  #itemRead(): void {
    switch (this.#state) {
      case 'header':
        this.#headerRead();
        break;
      case 'structured':
        this.#chunkRead();
        break;
      case 'offset':
        this.#offsetRead();
        break;
      case 'hole':
        this.#holeRead();
        break;
      case 'context':
        this.#contextRead();
        break;
      case 'extent':
        this.#extentRead();
        break;
      default:
        this.#errorRead();
    }
  }

  #headerRead(): void {
    const magic = this.#item.readUInt32BE(0);
    if (magic === STRUCTURED_REPLY_MAGIC && this.#facts.structuredReplies) {
      this.#state = 'structured';
      this.#wanted = STRUCTURED_BYTES;
      return;
    }
    if (magic !== SIMPLE_REPLY_MAGIC) {
      throw new Error(`the server sent something that is no reply (0x${magic.toString(16)})`);
    }
    const job = this.#find();
    job.chunkCame();
    this.#done = true;
    const errno = this.#item.readUInt32BE(4);
    if (errno !== Errno.Ok) {
      job.errno ||= known(errno);
      this.#chunkEnded();
      return;
    }
    if (job.command === Command.Read) {
      if (this.#facts.structuredReplies) throw new Error('the server answered a read with a simple reply');
      job.dataCame(0, job.request.length);
      this.#await('data', job.request.length);
      this.#to = 0;
      return;
    }
    this.#chunkEnded();
  }

  #chunkRead(): void {
    const item = this.#item;
    const job = this.#find();
    job.chunkCame();
    this.#done = (item.readUInt16BE(4) & CHUNK_DONE) !== 0;
    const type = item.readUInt16BE(6);
    const length = item.readUInt32BE(16);
    this.#left = length;
    if (type >= FIRST_ERROR_CHUNK) {
      if (length < 6 || length > MAX_ERROR_CHUNK_BYTES)
        throw new Error(`the server sent an error of ${length} bytes`);
      this.#await('error', length, 6);
    } else if (type === Chunk.OffsetData && length > 8 && length - 8 <= job.request.length) {
      this.#await('offset', length, 8);
    } else if (type === Chunk.OffsetHole && length === 12) {
      this.#await('hole', length, 12);
    } else if (
      type === Chunk.BlockStatus &&
      length >= 12 &&
      length % 8 === 4 &&
      length <= 4 + 8 * MAX_EXTENTS
    ) {
      job.statusCame();
      this.#await('context', length, 4);
    } else if (type === Chunk.None && length === 0 && this.#done) {
      this.#chunkEnded();
    } else {
      throw new Error(
        `the server sent a chunk of type ${type} and ${length} bytes, which does not belong there`,
      );
    }
  }

  #offsetRead(): void {
    const job = this.#current();
    const start = this.#startWithin(job);
    this.#left -= 8;
    job.dataCame(start, this.#left);
    this.#state = 'data';
    this.#to = start;
  }

  #holeRead(): void {
    const job = this.#current();
    job.holeCame(this.#startWithin(job), this.#item.readUInt32BE(8));
    this.#chunkEnded();
  }

  #contextRead(): void {
    if (this.#item.readUInt32BE(0) !== this.#facts.allocationContext) {
      throw new Error('the server sent extents of a context that was not asked for');
    }
    this.#await('extent', this.#left - 4, 8);
  }

  #extentRead(): void {
    this.#current().extentCame(this.#item.readUInt32BE(0), this.#item.readUInt32BE(4));
    this.#left -= 8;
    if (this.#left === 0) this.#chunkEnded();
    else this.#await('extent', this.#left, 8);
  }

  #errorRead(): void {
    const job = this.#current();
    const errno = this.#item.readUInt32BE(0);
    if (errno === Errno.Ok) throw new Error('the server sent an error without a number');
    if (this.#item.readUInt16BE(4) > this.#left - 6)
      throw new Error('the server sent an error whose text is cut short');
    job.errno ||= known(errno);
    this.#left -= 6;
    if (this.#left === 0) this.#chunkEnded();
    else this.#state = 'skip';
  }

  #chunkEnded(): void {
    const job = this.#current();
    this.#await('header', 0, SIMPLE_BYTES);
    if (!this.#done) return;
    this.#job = null;
    this.#receiver.replied(job);
  }

  #await(state: State, left: number, wanted = 0): void {
    this.#state = state;
    this.#left = left;
    this.#wanted = wanted;
    this.#filled = 0;
  }

  #find(): RemoteJob {
    const job = this.#receiver.find(this.#item.readUInt32BE(8), this.#item.readUInt32BE(12));
    if (job === undefined) throw new Error('the server answered a request that was not made');
    this.#job = job;
    return job;
  }

  #current(): RemoteJob {
    if (this.#job === null) throw new Error('the server sent a part of no reply');
    return this.#job;
  }

  /** The offset that the item begins with, in bytes from the start of the read. */
  #startWithin(job: RemoteJob): number {
    const high = this.#item.readUInt32BE(0) - job.request.offsetHigh;
    return high * 0x1_0000_0000 + this.#item.readUInt32BE(4) - job.request.offsetLow;
  }
}

/** An unknown number stands for EINVAL ("Error values"). */
function known(errno: number): number {
  return KNOWN_ERRORS.has(errno) ? errno : Errno.EINVAL;
}
