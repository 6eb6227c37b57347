import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Info, Option, OptionReply, SIMPLE_REPLY_MAGIC, STRUCTURED_REPLY_MAGIC } from '../../protocol.ts';
import { u16, u32 } from '../../testing/raw-client.ts';

/** A request as a false server sees it. */
export interface Asked {
  readonly flags: number;
  readonly command: number;
  readonly cookie: bigint;
  readonly offset: bigint;
  readonly length: number;
}

/** What a false server does; each part has an honest form. */
export interface Falsehoods {
  /** In place of the greeting. */
  readonly greeting?: Buffer;
  /** In place of the replies to an option; null for no reply at all. */
  readonly option?: (option: number) => Buffer | null | undefined;
  readonly flags?: number;
  readonly sizeBytes?: bigint;
  /** What it sends for a request; the connection ends with null. */
  readonly answer?: (asked: Asked, socket: Socket) => Buffer | null;
}

export const FALSE_DISK_BYTES = 1n << 20n;
/** The number it gives base:allocation. */
export const FALSE_CONTEXT = 5;

export const u64 = (value: bigint): Buffer =>
  Buffer.concat([u32(Number(value >> 32n)), u32(Number(value & 0xffff_ffffn))]);

export function simpleReply(cookie: bigint, errno = 0): Buffer {
  return Buffer.concat([u32(SIMPLE_REPLY_MAGIC), u32(errno), u64(cookie)]);
}

/** A chunk whose header says `length`, the data's own unless told. */
export function chunk(
  cookie: bigint,
  flags: number,
  type: number,
  data: Buffer,
  length = data.length,
): Buffer {
  return Buffer.concat([u32(STRUCTURED_REPLY_MAGIC), u16(flags), u16(type), u64(cookie), u32(length), data]);
}

export function optionReply(
  option: number,
  type: number,
  data: Buffer = Buffer.alloc(0),
  length = data.length,
): Buffer {
  return Buffer.concat([Buffer.from('0003e889045565a9', 'hex'), u32(option), u32(type), u32(length), data]);
}

/** A server made of a raw socket, which lies as it is told to. */
export class FalseServer {
  readonly uri: string;
  connections = 0;
  readonly #folder: string;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #falsehoods: Falsehoods;

  private constructor(falsehoods: Falsehoods) {
    this.#falsehoods = falsehoods;
    this.#folder = mkdtempSync(join(tmpdir(), 'nbdscope-false-'));
    this.uri = `nbd+unix:///?socket=${join(this.#folder, 's')}`;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static start(falsehoods: Falsehoods): Promise<FalseServer> {
    const server = new FalseServer(falsehoods);
    return new Promise((resolve) => {
      server.#server.listen(join(server.#folder, 's'), () => resolve(server));
    });
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.write(this.#falsehoods.greeting ?? Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), u16(3)]));
    let held: Buffer = Buffer.alloc(0);
    let skip = 4;
    let transmission = false;
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      for (;;) {
        if (held.length < skip) return;
        held = held.subarray(skip);
        skip = 0;
        if (held.length < (transmission ? 28 : 16)) return;
        if (transmission) {
          const command = held.readUInt16BE(6);
          const length = held.readUInt32BE(24);
          const need = 28 + (command === 1 ? length : 0);
          if (held.length < need) return;
          this.#answer(socket, held, command, length);
          held = held.subarray(need);
          continue;
        }
        const option = held.readUInt32BE(8);
        const need = 16 + held.readUInt32BE(12);
        if (held.length < need) return;
        held = held.subarray(need);
        const reply = this.#falsehoods.option?.(option);
        if (reply !== null) socket.write(reply ?? this.#honestReply(option));
        if (option === Option.Go) transmission = true;
      }
    });
  }

  #honestReply(option: number): Buffer {
    const ack = optionReply(option, OptionReply.Ack);
    if (option === Option.SetMetaContext) {
      const context = Buffer.concat([u32(FALSE_CONTEXT), Buffer.from('base:allocation')]);
      return Buffer.concat([optionReply(option, OptionReply.MetaContext, context), ack]);
    }
    if (option !== Option.Go) return ack;
    const size = this.#falsehoods.sizeBytes ?? FALSE_DISK_BYTES;
    const info = Buffer.concat([u16(Info.Export), u64(size), u16(this.#falsehoods.flags ?? 0x1ed)]);
    return Buffer.concat([optionReply(option, OptionReply.Info, info), ack]);
  }

  #answer(socket: Socket, head: Buffer, command: number, length: number): void {
    if (command === 2) return;
    const asked: Asked = {
      flags: head.readUInt16BE(4),
      command,
      cookie: head.readBigUInt64BE(8),
      offset: head.readBigUInt64BE(16),
      length,
    };
    const reply = this.#falsehoods.answer?.(asked, socket) ?? null;
    if (reply === null) socket.destroy();
    else socket.write(reply);
  }
}
