import { Command, CommandFlag, Option } from '../protocol.ts';
import { random } from './random.ts';
import { goData, metaData, RawClient, u32 } from './raw-client.ts';

type Draw = (below: number) => number;

const OPTIONS = [...Object.values(Option), 0, 12, 99, 0x7fff_ffff, 0xffff_ffff];
const LENGTHS = [
  0,
  1,
  3,
  27,
  28,
  29,
  512,
  4095,
  65_536,
  65_537,
  1 << 20,
  0x7fff_ffff,
  0xffff_fffa,
  0xffff_ffff,
];
const OFFSETS = [
  0n,
  1n,
  511n,
  65_535n,
  1n << 20n,
  (1n << 26n) - 1n,
  1n << 26n,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];
const NAMES = ['', 'disk', 'nope', 'x'.repeat(4096), 'x'.repeat(5000), 'a\0b', 'é'];

function pick<T>(draw: Draw, from: readonly T[], otherwise: T): T {
  return from[draw(from.length)] ?? otherwise;
}

function garbage(draw: Draw, most: number): Buffer {
  const bytes = Buffer.allocUnsafe(draw(most + 1));
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = draw(256);
  return bytes;
}

/** An option: mostly right in form, with a wrong length, name or magic now and then. */
function option(draw: Draw): Buffer {
  const number = pick(draw, OPTIONS, 0);
  const name = pick(draw, NAMES, '');
  let data: Buffer;
  switch (draw(6)) {
    case 0:
      data = garbage(draw, 40);
      break;
    case 1:
      data = metaData(
        name,
        Array.from({ length: draw(4) }, () => pick(draw, ['base:', 'base:allocation', 'x:y', ''], '')),
      );
      break;
    case 2:
      data = Buffer.alloc(0);
      break;
    case 3:
      data = Buffer.concat([u32(pick(draw, LENGTHS, 0)), garbage(draw, 20)]);
      break;
    default:
      data = goData(
        name,
        Array.from({ length: draw(5) }, () => draw(6)),
      );
  }
  const length = draw(12) === 0 ? pick(draw, LENGTHS, 0) : data.length;
  const magic = draw(40) === 0 ? garbage(draw, 8) : Buffer.from('IHAVEOPT');
  return Buffer.concat([magic, u32(number), u32(length), data]);
}

/** A request: any command, mostly on the disk, sometimes with a payload that does not fit its length. */
function request(draw: Draw, cookie: number): Buffer {
  const command = draw(10) === 0 ? draw(0x1_0000) : draw(9);
  const flags =
    draw(4) === 0 ? draw(0x1_0000) : (pick(draw, [0, ...Object.values(CommandFlag)], 0) as number);
  const header = Buffer.alloc(28);
  header.writeUInt32BE(draw(200) === 0 ? draw(0xffff_ffff) : 0x2560_9513, 0);
  header.writeUInt16BE(flags, 4);
  header.writeUInt16BE(command, 6);
  header.writeBigUInt64BE(BigInt(cookie), 8);
  header.writeBigUInt64BE(draw(3) === 0 ? pick(draw, OFFSETS, 0n) : BigInt(draw(1 << 26)), 16);
  if (command !== Command.Write) {
    header.writeUInt32BE(draw(3) === 0 ? pick(draw, LENGTHS, 0) : draw(100_000), 24);
    return header;
  }
  const payload = Buffer.alloc(draw(20) === 0 ? draw(2 << 20) : draw(20_000), cookie);
  header.writeUInt32BE(draw(60) === 0 ? pick(draw, LENGTHS, 0) : payload.length, 24);
  return Buffer.concat([header, payload]);
}

/** Connects, as soon as the queue of clients that wait to be accepted has room. */
async function connect(where: string | number): Promise<RawClient> {
  for (;;) {
    try {
      return await RawClient.connect(where, 500);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/**
 * One client that does what it likes, made from a seed: a handshake of options good and bad, then often transmission. It
 * sends in pieces, reads now and then or not at all, and leaves in one of several ways.
 */
export async function fuzzOnce(where: string | number, seed: number): Promise<void> {
  const draw = random(seed);
  const client = await connect(where);
  const send = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      const piece = draw(4) === 0 ? 1 + draw(200) : bytes.length;
      client.write(bytes.subarray(at, at + piece));
      at += piece;
      if (draw(8) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    if (draw(6) === 0) client.socket.pause();
    if (draw(20) === 0) await send(garbage(draw, 300));
    else if (draw(3) === 0) {
      await send(u32(draw(10) === 0 ? draw(8) : 3));
      for (let i = draw(12); i > 0; i -= 1) await send(option(draw));
    } else {
      await send(u32(3));
      for (let i = draw(3); i > 0; i -= 1)
        await send(Buffer.concat([Buffer.from('IHAVEOPT'), u32(99), u32(0)]));
      if (draw(2) === 0)
        await send(Buffer.concat([Buffer.from('IHAVEOPT'), u32(Option.StructuredReply), u32(0)]));
      const meta = metaData('', ['base:allocation']);
      if (draw(2) === 0) {
        await send(
          Buffer.concat([Buffer.from('IHAVEOPT'), u32(Option.SetMetaContext), u32(meta.length), meta]),
        );
      }
      const go = goData('', [3]);
      await send(Buffer.concat([Buffer.from('IHAVEOPT'), u32(Option.Go), u32(go.length), go]));
      for (let i = draw(60); i > 0; i -= 1) await send(request(draw, i));
    }
    if (draw(3) === 0) await new Promise((resolve) => setTimeout(resolve, draw(10)));
    if (draw(3) === 0) client.socket.end();
  } finally {
    // A reset of a socket that has unsent bytes or was ended already would leave its handle open.
    const clean = client.socket.writableLength === 0 && !client.socket.writableEnded;
    if (typeof where === 'number' && clean && draw(2) === 0) client.socket.resetAndDestroy();
    else client.close();
  }
}
