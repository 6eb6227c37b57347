import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  Command,
  CommandFlag,
  EXTENDED_REQUEST_BYTES,
  EXTENDED_REQUEST_MAGIC,
  REQUEST_BYTES,
  REQUEST_MAGIC,
  TransmissionFlag,
} from '../protocol.ts';
import { ByteReader } from './byte-reader.ts';
import { askForTls, chooseExport, type DiskFacts, greet } from './client-handshake.ts';
import { type PendingReply, readReply } from './client-replies.ts';

/** Where a server listens. */
export type ServerAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** How long connecting and shaking hands may take, ms. */
const CONNECT_MS = 10_000;
const DEFAULT_DEPTH = 16;
const NO_BYTES = Buffer.alloc(0);
/** From here on a length needs extended headers. */
const WIDE = 0x1_0000_0000;

export interface ClientOptions {
  /** Requests in flight at once; 16 unless told. */
  readonly depth?: number;
  /** Encrypts the connection, and refuses to go on where the server will not. */
  readonly tls?: ConnectionOptions;
}

/** A request's outcome: `errno` 0 is success. */
export interface ReadResult {
  readonly errno: number;
  /** The bytes read; not to be used when `errno` is not 0. */
  readonly data: Buffer;
}

/**
 * An NBD client on one connection. Requests may be made at any time and from several places: at most `depth` are in
 * flight, the others wait their turn in the order they were made. A server's error is a result; the promise fails only
 * when the connection is lost.
 */
export class NbdClient {
  readonly facts: DiskFacts;
  readonly #socket: Socket;
  readonly #reader: ByteReader;
  readonly #depth: number;
  readonly #pending = new Map<bigint, PendingReply>();
  readonly #waiting: (() => void)[] = [];
  #nextCookie = 1n;
  #inFlight = 0;
  #lost: Error | null = null;
  #closed: Promise<void>;

  private constructor(socket: Socket, reader: ByteReader, facts: DiskFacts, depth: number) {
    this.#socket = socket;
    this.#reader = reader;
    this.facts = facts;
    this.#depth = depth;
    this.#closed = this.#readReplies();
  }

  /** @throws Error when the server is not there, or refuses the export. */
  static async connect(
    address: ServerAddress,
    exportName = '',
    options: ClientOptions = {},
  ): Promise<NbdClient> {
    const plain = connect(address);
    plain.setNoDelay(true);
    let socket = plain;
    let reader = new ByteReader(plain);
    const timer = setTimeout(
      () => socket.destroy(new Error(`the server did not answer within ${CONNECT_MS / 1000} s`)),
      CONNECT_MS,
    );
    try {
      await greet(socket, reader);
      if (options.tls !== undefined) {
        await askForTls(socket, reader);
        socket = connectTls({ ...options.tls, socket: plain });
        reader = new ByteReader(socket);
      }
      const facts = await chooseExport(socket, reader, exportName);
      return new NbdClient(socket, reader, facts, options.depth ?? DEFAULT_DEPTH);
    } catch (error) {
      socket.destroy();
      plain.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get sizeBytes(): bigint {
    return this.facts.sizeBytes;
  }

  get readOnly(): boolean {
    return (this.facts.flags & TransmissionFlag.ReadOnly) !== 0;
  }

  /** @param length bytes, 1 to 32 MiB. */
  async read(offset: bigint, length: number): Promise<ReadResult> {
    const data = Buffer.alloc(length);
    const errno = await this.#request(Command.Read, 0, offset, length, NO_BYTES, data);
    return { errno, data };
  }

  /** @param data 1 byte to 32 MiB; not to be changed before the promise is settled. */
  write(offset: bigint, data: Buffer, options: { readonly fua?: boolean } = {}): Promise<number> {
    const flags = options.fua === true ? CommandFlag.Fua : 0;
    return this.#request(Command.Write, flags, offset, data.length, data, NO_BYTES);
  }

  /** @param length bytes; 4 GiB and more only where {@link DiskFacts.extendedHeaders} were agreed on. */
  trim(offset: bigint, length: number | bigint): Promise<number> {
    return this.#request(Command.Trim, 0, offset, length, NO_BYTES, NO_BYTES);
  }

  /** Writes zeroes; the server may punch a hole unless told otherwise. Lengths are as for {@link trim}. */
  zero(
    offset: bigint,
    length: number | bigint,
    options: { readonly noHole?: boolean } = {},
  ): Promise<number> {
    const flags = options.noHole === true ? CommandFlag.NoHole : 0;
    return this.#request(Command.WriteZeroes, flags, offset, length, NO_BYTES, NO_BYTES);
  }

  flush(): Promise<number> {
    return this.#request(Command.Flush, 0, 0n, 0, NO_BYTES, NO_BYTES);
  }

  /** Says goodbye as the protocol has it, once everything in flight is answered. Never fails. */
  async disconnect(): Promise<void> {
    if (this.#lost === null) {
      this.#lost = new Error('the client has disconnected');
      for (const go of this.#waiting.splice(0)) go();
      this.#socket.write(this.#header(Command.Disconnect, 0, 0n, 0n, 0));
      this.#socket.end();
    }
    await this.#closed;
  }

  /** Hangs up at once: requests in flight fail. Never fails. */
  async abandon(): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }

  async #request(
    command: number,
    flags: number,
    offset: bigint,
    length: number | bigint,
    payload: Buffer,
    data: Buffer,
  ): Promise<number> {
    if (length >= WIDE && !this.facts.extendedHeaders) {
      throw new RangeError(`the server takes no length of ${length} bytes; at most ${WIDE - 1}`);
    }
    if (this.#inFlight >= this.#depth) {
      await new Promise<void>((go) => {
        this.#waiting.push(go);
      });
    } else {
      this.#inFlight += 1;
    }
    if (this.#lost !== null) throw this.#lost;
    const cookie = this.#nextCookie;
    this.#nextCookie += 1n;
    const reply = new Promise<number>((resolve, reject) => {
      this.#pending.set(cookie, { command, offset, data, filled: 0, errno: 0, resolve, reject });
    });
    this.#socket.write(this.#header(command, flags, cookie, offset, length));
    if (payload.length > 0) this.#socket.write(payload);
    try {
      return await reply;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inFlight -= 1;
      else next();
    }
  }

  async #readReplies(): Promise<void> {
    try {
      for (;;) await readReply(this.#reader, this.#pending, this.facts);
    } catch (error) {
      this.#lost ??= error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
      for (const pending of this.#pending.values()) pending.reject(this.#lost);
      this.#pending.clear();
      for (const go of this.#waiting.splice(0)) go();
    }
  }

  #header(command: number, flags: number, cookie: bigint, offset: bigint, length: number | bigint): Buffer {
    const extended = this.facts.extendedHeaders;
    const header = Buffer.alloc(extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES);
    const payload = extended && command === Command.Write ? CommandFlag.PayloadLen : 0;
    header.writeUInt32BE(extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC, 0);
    header.writeUInt16BE(flags | payload, 4);
    header.writeUInt16BE(command, 6);
    header.writeBigUInt64BE(cookie, 8);
    header.writeBigUInt64BE(offset, 16);
    if (extended) header.writeBigUInt64BE(BigInt(length), 24);
    else header.writeUInt32BE(Number(length), 24);
    return header;
  }
}
