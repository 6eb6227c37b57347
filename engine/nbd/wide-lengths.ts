import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Answer, Backend, ConnectionFacts, Request } from './backend.ts';
import type { PendingRequest } from './pending-request.ts';
import { Command, Errno } from './protocol.ts';

/** What a backend without wide lengths is asked for at a time: as much as fits, and no less aligned than its request. */
const PIECE_BYTES = 0xffff_0000;
/** Pieces of one request; a longer one is refused with EOVERFLOW, as it would keep the disk busy for hours. */
const MAX_PIECES = 1 << 16;
/** Pieces that are answered at once before other connections get their turn. */
const PIECES_A_TURN = 64;
/** Extents are asked for no more at a time, so that every length is an exact number; 2^52 bytes. */
const STATUS_HIGH = 1 << 20;
/** A unit of an offset's or a length's high half. */
const HIGH = 0x1_0000_0000;
const NOTHING = Buffer.alloc(0);

/** A part of a request that moves no data; what a backend collects for it goes to the whole one. */
class Piece implements Request {
  readonly connection: ConnectionFacts;
  readonly payload = NOTHING;
  readonly payloadStart = 0;
  readonly #whole: PendingRequest;
  offsetHigh: number;
  offsetLow: number;
  length = 0;
  lengthHigh = 0;
  flags: number;

  constructor(whole: PendingRequest) {
    this.#whole = whole;
    this.connection = whole.connection;
    this.offsetHigh = whole.offsetHigh;
    this.offsetLow = whole.offsetLow;
    this.flags = whole.flags;
  }

  get extentCount(): number {
    return this.#whole.extentCount;
  }

  get extentLength(): readonly number[] {
    return this.#whole.extentLength;
  }

  get extentFlags(): readonly number[] {
    return this.#whole.extentFlags;
  }

  borrowPayload(): void {}

  space(): Buffer {
    return NOTHING;
  }

  data(): void {}

  hole(): void {}

  extent(length: number, flags: number): boolean {
    return this.#whole.extent(length, flags);
  }

  /** Goes on to what follows it. */
  next(): void {
    const low = this.offsetLow + this.length;
    this.offsetLow = low % HIGH;
    if (low >= HIGH) this.offsetHigh += 1;
  }
}

/**
 * Asks a backend for a request of 4 GiB or more (trim, write zeroes, cache or block status), whole where it takes that,
 * else piece by piece in order, up to the first error; every piece has the request's FUA. Block status may tell of less
 * than was asked for (proto.md, "NBD_CMD_BLOCK_STATUS"), so one piece will do.
 */
export function askWide(backend: Backend, request: PendingRequest): Answer {
  const wide = backend.capabilities.wideLengths === true;
  if (request.command === Command.BlockStatus) {
    if (wide && request.lengthHigh < STATUS_HIGH) return backend.extents(request);
    const piece = new Piece(request);
    piece.lengthHigh = wide ? STATUS_HIGH : 0;
    piece.length = wide ? 0 : PIECE_BYTES;
    return backend.extents(piece);
  }
  if (wide) return effect(backend, request.command, request);
  const bytes = request.lengthHigh * HIGH + request.length;
  return bytes / PIECE_BYTES > MAX_PIECES ? Errno.EOVERFLOW : inPieces(backend, request, bytes);
}

function effect(backend: Backend, command: number, request: Request): Answer {
  switch (command) {
    case Command.Trim:
      return backend.trim(request);
    case Command.WriteZeroes:
      return backend.zero(request);
    default:
      return backend.cache(request);
  }
}

async function inPieces(backend: Backend, request: PendingRequest, bytes: number): Promise<number> {
  const piece = new Piece(request);
  let count = 0;
  for (let left = bytes; left > 0; left -= piece.length) {
    piece.length = Math.min(left, PIECE_BYTES);
    const errno = await effect(backend, request.command, piece);
    if (errno !== 0) return errno;
    if (request.abandoned) return Errno.EIO;
    piece.next();
    // Having begun, zeroing goes on even where it is slow: a failure now would leave it half done.
    piece.flags &= ~RowFlag.Fast;
    count += 1;
    if (count % PIECES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return Errno.Ok;
}
