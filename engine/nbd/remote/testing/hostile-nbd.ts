import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chunk, Command, Info, Option, OptionReply } from '../../protocol.ts';
import { type Draw, garbage, once, pick, wideNumber } from '../../testing/fuzz-part.ts';
import { u16, u32 } from '../../testing/raw-client.ts';
import { chunk, optionReply, simpleReply, u64 } from './false-server.ts';

/** What the disk holds: every eight bytes are their own offset, but for the blocks of 4 KiB with odd numbers, which are zero. */
export function diskByte(at: number): number {
  return isHole(at) ? 0 : 1 + ((at * 31 + (at >> 9)) % 255);
}

export function diskBytes(offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_none, i) => diskByte(offset + i)));
}

export const DISK_BYTES = 1 << 20;
const CONTEXT = 7;
const isHole = (at: number): boolean => (Math.floor(at / 4096) & 1) === 1;
const ERRORS: readonly [number, ...number[]] = [1, 5, 12, 22, 28, 75, 95, 108, 9999, 0xffff_ffff];
/** Chunks of a reply without end that are sent at once. */
const AT_ONCE = 200;

/** A request as it came. */
interface Asked {
  readonly command: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
}

/** How a server lies while it shakes hands, so that the disk may still come about. */
export interface Handshake {
  readonly lies: boolean;
  readonly structured: boolean;
  readonly flags: number;
}

/**
 * An NBD server made of raw sockets. Whatever it sends as bytes of the disk, at the place it names, is what the disk holds
 * there or zeroes, since nobody could tell others from them; all else of its replies may be anything.
 */
export class HostileNbd {
  readonly path: string;
  honest = false;
  connections = 0;
  /** Whether a reply has carried the cookie of another request, without saying what place it is of. */
  hasSwapped = false;
  readonly #draw: Draw;
  readonly #handshake: Handshake;
  readonly #lieEvery: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nbdscope-hostile-'));
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(draw: Draw, handshake: Handshake) {
    this.#draw = draw;
    this.#handshake = handshake;
    this.#lieEvery = 2 + draw(8);
    this.path = join(this.#folder, 's');
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static start(draw: Draw, handshake: Handshake): Promise<HostileNbd> {
    const server = new HostileNbd(draw, handshake);
    return new Promise((resolve) => server.#server.listen(server.path, () => resolve(server)));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #liesNow(): boolean {
    return !this.honest && once(this.#draw, this.#lieEvery);
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      this.connections -= 1;
      this.#sockets.delete(socket);
    });
    const lies = this.#handshake.lies && !this.honest;
    this.#send(socket, Buffer.concat([Buffer.from('NBDMAGICIHAVEOPT'), u16(3)]), lies);
    let held: Buffer = Buffer.alloc(0);
    let transmission = false;
    let flags = false;
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      if (!flags && held.length >= 4) {
        flags = true;
        held = held.subarray(4);
      }
      for (;;) {
        if (!flags || held.length < (transmission ? 28 : 16)) return;
        if (transmission) {
          const [command, length] = [held.readUInt16BE(6), held.readUInt32BE(24)];
          const need = 28 + (command === Command.Write ? length : 0);
          if (held.length < need) return;
          const [cookie, offset] = [held.readBigUInt64BE(8), Number(held.readBigUInt64BE(16))];
          held = held.subarray(need);
          if (command === Command.Disconnect) socket.end();
          else this.#answer(socket, { command, cookie, offset, length });
        } else {
          const option = held.readUInt32BE(8);
          const need = 16 + held.readUInt32BE(12);
          if (held.length < need) return;
          held = held.subarray(need);
          this.#send(socket, this.#optionReplies(option, lies), lies);
          transmission = option === Option.Go || option === Option.ExportName;
        }
      }
    });
  }

  #optionReplies(option: number, lies: boolean): Buffer {
    const draw = this.#draw;
    const ack = optionReply(option, OptionReply.Ack);
    const odd = (): Buffer => {
      const type = once(draw, 3) ? 0x8000_0000 + draw(20) : draw(8);
      const data = garbage(draw, 40);
      const length = once(draw, 4) ? draw(0x1_0000_0000) : data.length;
      return optionReply(once(draw, 4) ? draw(20) : option, type, data, length);
    };
    const before = lies ? Array.from({ length: draw(3) }, odd) : [];
    if (option === Option.StructuredReply && !this.#handshake.structured) {
      return Buffer.concat([...before, optionReply(option, OptionReply.ErrUnsup)]);
    }
    if (option === Option.SetMetaContext) {
      const context = Buffer.concat([u32(CONTEXT), Buffer.from('base:allocation')]);
      return Buffer.concat([...before, optionReply(option, OptionReply.MetaContext, context), ack]);
    }
    if (option !== Option.Go) return Buffer.concat([...before, ack]);
    const size = lies && once(draw, 2) ? wideNumber(draw) : BigInt(DISK_BYTES);
    const facts = Buffer.concat([u16(Info.Export), u64(size), u16(this.#handshake.flags)]);
    const sizes = lies
      ? [u16(Info.BlockSize), u32(draw(0x1_0000_0000)), u32(2 ** draw(32)), u32(2 ** draw(32))]
      : [u16(Info.BlockSize), u32(1), u32(4096), u32(1 << 20)];
    return Buffer.concat([
      ...before,
      optionReply(option, OptionReply.Info, facts),
      optionReply(option, OptionReply.Info, Buffer.concat(sizes)),
      ack,
    ]);
  }

  /** Sends what may be spoilt on its way: some of it changed, cut off, or followed by what nobody asked for. */
  #send(socket: Socket, bytes: Buffer, lies: boolean): void {
    const draw = this.#draw;
    if (!lies || !once(draw, 4)) {
      socket.write(bytes);
      return;
    }
    const spoilt = Buffer.from(bytes);
    switch (draw(4)) {
      case 0:
        for (let i = 1 + draw(3); i > 0; i -= 1) spoilt[draw(spoilt.length)] = draw(256);
        socket.write(spoilt);
        break;
      case 1:
        socket.end(spoilt.subarray(0, draw(spoilt.length)));
        break;
      case 2:
        socket.write(Buffer.concat([spoilt, garbage(draw, 200)]));
        break;
      default:
        if (once(draw, 3)) socket.destroy();
        else socket.write(garbage(draw, 300));
    }
  }

  #answer(socket: Socket, asked: Asked): void {
    if (this.#liesNow) this.#lie(socket, asked);
    else socket.write(this.#honestReply(asked));
  }

  #honestReply({ command, cookie, offset, length }: Asked): Buffer {
    const { structured } = this.#handshake;
    if (command === Command.Read && !structured) {
      return Buffer.concat([simpleReply(cookie), diskBytes(offset, length)]);
    }
    if (command === Command.Read) {
      const data = Buffer.concat([u64(BigInt(offset)), diskBytes(offset, length)]);
      return chunk(cookie, 1, Chunk.OffsetData, data);
    }
    if (command !== Command.BlockStatus) return simpleReply(cookie);
    return chunk(cookie, 1, Chunk.BlockStatus, Buffer.concat([u32(CONTEXT), u32(length), u32(0)]));
  }

  #lie(socket: Socket, asked: Asked): void {
    const draw = this.#draw;
    switch (draw(9)) {
      case 0:
        // Not a word.
        break;
      case 1:
        socket.destroy();
        break;
      case 2:
        socket.write(garbage(draw, 5000));
        break;
      case 3:
        socket.end(this.#honestReply(asked).subarray(0, draw(40)));
        break;
      case 4:
        socket.write(simpleReply(asked.cookie, pick(draw, ERRORS)));
        break;
      case 5:
        this.#withoutEnd(socket, () => this.#oddChunk(asked, 0));
        break;
      case 6:
        socket.write(this.#oddSimple(asked));
        break;
      default:
        for (let i = draw(6); i > 0; i -= 1) socket.write(this.#oddChunk(asked, 0));
        socket.write(once(draw, 2) ? this.#oddChunk(asked, 1) : this.#honestReply(asked));
    }
  }

  #cookie({ cookie }: Asked): bigint {
    const draw = this.#draw;
    if (!once(draw, 10)) return cookie;
    return once(draw, 2) ? wideNumber(draw) : cookie + BigInt(draw(5)) - 2n;
  }

  #oddSimple(asked: Asked): Buffer {
    const draw = this.#draw;
    const cookie = this.#cookie(asked);
    this.hasSwapped ||= cookie !== asked.cookie;
    const errno = once(draw, 2) ? pick(draw, ERRORS) : 0;
    // Bytes for what wants none are the beginning of the next reply, and so may say anything.
    const more = asked.command === Command.Read ? diskBytes(asked.offset, asked.length) : garbage(draw, 40);
    return Buffer.concat([simpleReply(BigInt.asUintN(64, cookie), errno), more]);
  }

  /** A chunk of which any field may be anything, and the bytes those of the place that it names. */
  #oddChunk(asked: Asked, done: number): Buffer {
    const draw = this.#draw;
    const cookie = BigInt.asUintN(64, this.#cookie(asked));
    const flags = once(draw, 10) ? draw(0x1_0000) : done;
    const length = (honest: number): number => (once(draw, 12) ? draw(0x1_0000_0000) : honest);
    const shift = once(draw, 3) ? draw(1024) - 512 : 0;
    const place = Math.min(DISK_BYTES - 1, Math.max(0, asked.offset + draw(asked.length + 1) + shift));
    const most = Math.min(DISK_BYTES - place, asked.length);
    switch (draw(7)) {
      case 0:
      case 1: {
        const data = Buffer.concat([u64(BigInt(place)), diskBytes(place, draw(most + 2))]);
        return chunk(cookie, flags, Chunk.OffsetData, data, length(data.length));
      }
      case 2: {
        const at = once(draw, 4) ? wideNumber(draw) : BigInt(place);
        const size = once(draw, 4) ? draw(0x1_0000_0000) : draw(most + 2);
        return chunk(cookie, flags, Chunk.OffsetHole, Buffer.concat([u64(at), u32(size)]), length(12));
      }
      case 3: {
        const text = garbage(draw, 100);
        const textLength = once(draw, 3) ? draw(0x1_0000) : text.length;
        const error = once(draw, 6) ? 0 : pick(draw, ERRORS);
        const data = Buffer.concat([u32(error), u16(textLength), text]);
        return chunk(cookie, flags, pick(draw, [0x8001, 0x8002, 0x8003, 0xffff]), data, length(data.length));
      }
      case 4: {
        const words = Array.from({ length: 2 * draw(20) }, () =>
          u32(Number(wideNumber(draw) & 0xffff_ffffn)),
        );
        const data = Buffer.concat([u32(once(draw, 5) ? draw(10) : CONTEXT), ...words]);
        return chunk(cookie, flags, Chunk.BlockStatus, data, length(data.length));
      }
      case 5:
        return chunk(cookie, flags, Chunk.None, Buffer.alloc(0), length(0));
      default: {
        // Extended replies were never agreed on.
        const extended = Buffer.from('6e8a278c00010001', 'hex');
        return Buffer.concat([extended, u64(cookie), u64(BigInt(asked.offset)), u64(16n), garbage(draw, 16)]);
      }
    }
  }

  #withoutEnd(socket: Socket, next: () => Buffer): void {
    const go = (): void => {
      for (let i = 0; i < AT_ONCE; i += 1) {
        if (socket.destroyed || !socket.writable || !socket.write(next())) return;
      }
      setImmediate(go);
    };
    socket.on('drain', go);
    go();
  }
}
