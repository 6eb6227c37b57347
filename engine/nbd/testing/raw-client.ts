import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import {
  CHUNK_DONE,
  Chunk,
  Command,
  CommandFlag,
  EXTENDED_REPLY_MAGIC,
  EXTENDED_REQUEST_BYTES,
  EXTENDED_REQUEST_MAGIC,
  Option,
  OptionReply,
  REQUEST_BYTES,
  REQUEST_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from '../protocol.ts';

/** What a server said to an option. */
export interface OptionAnswer {
  readonly type: number;
  readonly data: Buffer;
}

/** One chunk of a structured reply, or a simple reply as one. */
export interface ReplyChunk {
  readonly structured: boolean;
  /** Chunk type; 0 for a simple reply. */
  readonly type: number;
  readonly done: boolean;
  readonly cookie: bigint;
  /** Error of a simple reply or an error chunk; 0 otherwise. */
  readonly errno: number;
  /** Payload; for a simple reply the bytes read. */
  readonly data: Buffer;
}

/** Thrown when the server hangs up or says nothing. */
export class NoAnswer extends Error {
  readonly kind: 'CLOSED' | 'TIMEOUT';

  constructor(kind: 'CLOSED' | 'TIMEOUT') {
    super(kind);
    this.kind = kind;
  }
}

export interface RequestInit {
  readonly flags?: number;
  readonly offset?: bigint;
  /** Above 2^32 with extended headers only. */
  readonly length?: number | bigint;
  readonly cookie?: bigint;
  readonly magic?: number;
}

/** An NBD client that does as it is told, right or wrong: for tests, probes and the fuzzer. */
export class RawClient {
  /** What bytes go through now. */
  socket: Socket;
  /** Whether they go there as they are, not encrypted. */
  plain = true;
  /** Whether requests go out with extended headers; {@link enter} sets it. */
  extended = false;
  readonly #timeoutMs: number;
  #chunks: Buffer[] = [];
  #available = 0;
  #ended = false;
  #wake: (() => void) | null = null;
  #cookie = 1n;
  /** Lengths of reads under way, by cookie: a simple reply does not tell its own. */
  readonly #reads = new Map<bigint, number>();

  private constructor(socket: Socket, timeoutMs: number) {
    this.socket = socket;
    this.#timeoutMs = timeoutMs;
    this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (data: Buffer) => {
      this.#chunks.push(data);
      this.#available += data.length;
      this.#wake?.();
    });
    const ended = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('end', ended);
    socket.on('close', ended);
    socket.on('error', ended);
  }

  /**
   * @param where a Unix socket's path, or a port on 127.0.0.1.
   * @param timeoutMs how long to wait for an answer: by default as long as only a server that hangs takes.
   */
  static connect(where: string | number, timeoutMs = 30_000): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = typeof where === 'string' ? connect(where) : connect(where, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket, timeoutMs));
      });
    });
  }

  /** Asks for TLS and shakes hands. @throws Error when the server will not, or TLS fails. */
  async startTls(options: ConnectionOptions): Promise<void> {
    const answers = await this.option(Option.StartTls);
    if (answers.at(-1)?.type !== OptionReply.Ack) throw new Error('STARTTLS was refused');
    await this.secure(options);
  }

  /** Encrypts from here on. @throws Error when TLS fails. */
  async secure(options: ConnectionOptions): Promise<void> {
    const socket = connectTls({ ...options, socket: this.socket });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      this.socket.once('close', () => reject(new NoAnswer('CLOSED')));
    });
    this.socket = socket;
    this.plain = false;
    this.#listen(socket);
  }

  write(...parts: Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(parts));
  }

  close(): void {
    this.socket.destroy();
  }

  /** The next `length` bytes. @throws NoAnswer when they do not come. */
  async read(length: number): Promise<Buffer> {
    const until = performance.now() + this.#timeoutMs;
    while (this.#available < length) {
      if (this.#ended) throw new NoAnswer('CLOSED');
      const left = until - performance.now();
      if (left <= 0) throw new NoAnswer('TIMEOUT');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    const all =
      this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(length)];
    this.#available -= length;
    return all.subarray(0, length);
  }

  /** Waits until the server hangs up. @throws NoAnswer TIMEOUT when it does not; says how many bytes came before. */
  async readToEnd(): Promise<number> {
    const until = performance.now() + this.#timeoutMs;
    while (!this.#ended) {
      if (performance.now() > until) throw new NoAnswer('TIMEOUT');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return this.#available;
  }

  /** Reads the greeting and sends client flags. Returns the handshake flags. */
  async greet(clientFlags = 3): Promise<number> {
    const greeting = await this.read(18);
    this.write(u32(clientFlags));
    return greeting.readUInt16BE(16);
  }

  sendOption(option: number, data: Buffer = Buffer.alloc(0), announcedLength = data.length): void {
    this.write(Buffer.from('IHAVEOPT'), u32(option), u32(announcedLength), data);
  }

  /** All replies to an option, to the last. */
  async optionAnswers(): Promise<OptionAnswer[]> {
    const answers: OptionAnswer[] = [];
    for (;;) {
      const header = await this.read(20);
      const type = header.readUInt32BE(12);
      answers.push({ type, data: await this.read(header.readUInt32BE(16)) });
      if (type === OptionReply.Ack || type >= 0x8000_0000) return answers;
    }
  }

  async option(option: number, data?: Buffer): Promise<OptionAnswer[]> {
    this.sendOption(option, data);
    return this.optionAnswers();
  }

  /**
   * Goes all the way to transmission. Returns false, and stays in the handshake, when the server does not offer what was
   * asked for. @throws Error when it refuses to go.
   */
  async enter(
    options: {
      readonly structured?: boolean;
      readonly extended?: boolean;
      readonly allocation?: boolean;
      readonly name?: string;
      readonly tls?: ConnectionOptions;
    } = {},
  ): Promise<boolean> {
    const name = options.name ?? '';
    await this.greet();
    if (options.tls !== undefined) await this.startTls(options.tls);
    if (options.extended === true) {
      const answers = await this.option(Option.ExtendedHeaders);
      if (answers.at(-1)?.type !== OptionReply.Ack) return false;
      this.extended = true;
    } else if (options.structured === true || options.allocation === true) {
      const answers = await this.option(Option.StructuredReply);
      if (answers.at(-1)?.type !== OptionReply.Ack) return false;
    }
    if (options.allocation === true) {
      const answers = await this.option(Option.SetMetaContext, metaData(name, ['base:allocation']));
      if (answers[0]?.type !== OptionReply.MetaContext) return false;
    }
    const answers = await this.option(Option.Go, goData(name));
    if (answers.at(-1)?.type !== OptionReply.Ack) throw new Error('GO was refused');
    return true;
  }

  /** Sends a request and returns its cookie. */
  send(command: number, init: RequestInit = {}, payload?: Buffer): bigint {
    const cookie = init.cookie ?? this.#cookie++;
    const length = init.length ?? payload?.length ?? 0;
    const header = Buffer.alloc(this.extended ? EXTENDED_REQUEST_BYTES : REQUEST_BYTES);
    const flags = this.extended && payload !== undefined ? CommandFlag.PayloadLen : 0;
    header.writeUInt32BE(init.magic ?? (this.extended ? EXTENDED_REQUEST_MAGIC : REQUEST_MAGIC), 0);
    header.writeUInt16BE(init.flags ?? flags, 4);
    header.writeUInt16BE(command, 6);
    header.writeBigUInt64BE(cookie, 8);
    header.writeBigUInt64BE(init.offset ?? 0n, 16);
    if (this.extended) header.writeBigUInt64BE(BigInt(length), 24);
    else header.writeUInt32BE(Number(length), 24);
    if (command === Command.Read) this.#reads.set(cookie, Number(length));
    this.write(header, payload ?? Buffer.alloc(0));
    return cookie;
  }

  /** The next reply or chunk of one, whichever request it belongs to. */
  async chunk(): Promise<ReplyChunk> {
    const magic = (await this.read(4)).readUInt32BE(0);
    if (magic === SIMPLE_REPLY_MAGIC && !this.extended) {
      const rest = await this.read(12);
      const errno = rest.readUInt32BE(0);
      const cookie = rest.readBigUInt64BE(4);
      const length = errno === 0 ? (this.#reads.get(cookie) ?? 0) : 0;
      this.#reads.delete(cookie);
      return { structured: false, type: 0, done: true, cookie, errno, data: await this.read(length) };
    }
    if (magic !== (this.extended ? EXTENDED_REPLY_MAGIC : STRUCTURED_REPLY_MAGIC)) {
      throw new Error(`reply magic 0x${magic.toString(16)}`);
    }
    const rest = await this.read(this.extended ? 28 : 16);
    const type = rest.readUInt16BE(2);
    const cookie = rest.readBigUInt64BE(4);
    const length = this.extended ? Number(rest.readBigUInt64BE(20)) : rest.readUInt32BE(12);
    const data = await this.read(length);
    const done = (rest.readUInt16BE(0) & CHUNK_DONE) !== 0;
    if (done) this.#reads.delete(cookie);
    return { structured: true, type, done, cookie, errno: type >= 0x8000 ? data.readUInt32BE(0) : 0, data };
  }

  /** The chunks of one reply; for when only one request is under way. */
  async reply(): Promise<ReplyChunk[]> {
    const chunks: ReplyChunk[] = [];
    for (;;) {
      const chunk = await this.chunk();
      chunks.push(chunk);
      if (chunk.done) return chunks;
    }
  }

  async request(command: number, init: RequestInit = {}, payload?: Buffer): Promise<ReplyChunk[]> {
    this.send(command, init, payload);
    return this.reply();
  }

  /** Reads part of the disk, whatever the form of the reply. Throws the errno as an Error. */
  async readDisk(offset: bigint, length: number): Promise<Buffer> {
    return assemble(await this.request(Command.Read, { offset, length }), offset, length);
  }
}

/** Puts the chunks of a read together. Throws when it failed, or when they do not cover it exactly once. */
export function assemble(chunks: readonly ReplyChunk[], offset: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let covered = 0;
  for (const chunk of chunks) {
    if (chunk.errno !== 0) throw new Error(`errno ${chunk.errno}`);
    if (!chunk.structured) {
      chunk.data.copy(bytes);
      covered += chunk.data.length;
    } else if (chunk.type === Chunk.OffsetData) {
      const at = Number(chunk.data.readBigUInt64BE(0) - offset);
      if (at < 0 || at + chunk.data.length - 8 > length) throw new Error('chunk outside the request');
      chunk.data.copy(bytes, at, 8);
      covered += chunk.data.length - 8;
    } else if (chunk.type === Chunk.OffsetHole) {
      const at = Number(chunk.data.readBigUInt64BE(0) - offset);
      if (at < 0 || at + chunk.data.readUInt32BE(8) > length) throw new Error('chunk outside the request');
      covered += chunk.data.readUInt32BE(8);
    }
  }
  if (covered !== length) throw new Error(`chunks cover ${covered} of ${length} bytes`);
  return bytes;
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** The data of INFO or GO. */
export function goData(name: string | Buffer, infos: readonly number[] = [], nameLength?: number): Buffer {
  const bytes = Buffer.from(name);
  return Buffer.concat([u32(nameLength ?? bytes.length), bytes, u16(infos.length), ...infos.map(u16)]);
}

/** The data of LIST_META_CONTEXT or SET_META_CONTEXT. */
export function metaData(name: string, queries: readonly string[]): Buffer {
  const parts = queries.flatMap((query) => [u32(Buffer.byteLength(query)), Buffer.from(query)]);
  return Buffer.concat([u32(Buffer.byteLength(name)), Buffer.from(name), u32(queries.length), ...parts]);
}
