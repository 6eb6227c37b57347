import { placesOfChunk } from '#shared/raid/chunk-places.ts';
import { type ArrayShape, chunkOf, dataChunksOf, placeInArray } from '#shared/raid/geometry.ts';
import type { RowRole } from './parity-row.ts';

/** A byte of a member, counted from where its data begin. */
export interface MemberPlace {
  readonly member: number;
  readonly byte: bigint;
}

/** Bytes of an array that each member which has them holds in one piece. */
export interface Run {
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  /** Where the first of them lies; several where there are copies. */
  readonly copies: readonly MemberPlace[];
}

export interface MemberRange {
  readonly member: number;
  readonly startBytes: bigint;
  readonly endBytes: bigint;
}

/** Which byte of an array lies where on its members. */
export interface ArrayMap {
  readonly sizeBytes: bigint;
  /** The longest run, bytes. */
  readonly runBytes: bigint;
  /** The run that a byte below {@link sizeBytes} is in. */
  runAt(byte: bigint): Run;
  /** Whole ranges of members that hold the bytes from `startBytes` to `endBytes`, and others between them. */
  rangesOf(startBytes: bigint, endBytes: bigint): readonly MemberRange[];
  /** What each member holds to the stripe that is at a byte of all of them; null where there is no parity. */
  rowAt(memberByte: bigint): readonly RowRole[] | null;
}

/** One member after another: drivers/md/md-linear.c. */
export class LinearMap implements ArrayMap {
  readonly sizeBytes: bigint;
  readonly runBytes: bigint;
  readonly #sizes: readonly bigint[];

  /** @param sizes of the members' data, bytes; whole chunks where the array has chunks. */
  constructor(sizes: readonly bigint[]) {
    this.#sizes = sizes;
    this.sizeBytes = sizes.reduce((sum, size) => sum + size, 0n);
    this.runBytes = sizes.reduce((most, size) => (size > most ? size : most), 0n);
  }

  runAt(byte: bigint): Run {
    let startBytes = 0n;
    for (const [member, size] of this.#sizes.entries()) {
      if (byte < startBytes + size) {
        return { startBytes, endBytes: startBytes + size, copies: [{ member, byte: 0n }] };
      }
      startBytes += size;
    }
    return { startBytes, endBytes: this.sizeBytes, copies: [] };
  }

  rangesOf(startBytes: bigint, endBytes: bigint): readonly MemberRange[] {
    const ranges: MemberRange[] = [];
    for (let at = startBytes; at < endBytes; ) {
      const run = this.runAt(at);
      const end = run.endBytes < endBytes ? run.endBytes : endBytes;
      for (const { member } of run.copies) {
        ranges.push({ member, startBytes: at - run.startBytes, endBytes: end - run.startBytes });
      }
      at = run.endBytes;
    }
    return ranges;
  }

  rowAt(): null {
    return null;
  }
}

/** Levels 1, 4, 5, 6 and 10, and 0 with members of one size: drivers/md/raid1.c, raid5.c, raid10.c and raid0.c. */
export class StripedMap implements ArrayMap {
  readonly sizeBytes: bigint;
  readonly runBytes: bigint;
  readonly #shape: ArrayShape;
  readonly #chunkBytes: bigint;

  /** @param shape with its data at the beginning of the members, of which the size is known. */
  constructor(shape: ArrayShape, memberBytes: bigint) {
    this.#shape = { ...shape, dataOffsetBytes: 0, memberBytes };
    this.#chunkBytes = chunkOf(shape);
    const rows = memberBytes / this.#chunkBytes;
    if (shape.level === 1) {
      this.sizeBytes = memberBytes;
      this.runBytes = memberBytes;
      return;
    }
    this.runBytes = this.#chunkBytes;
    this.sizeBytes = this.#chunksIn(rows) * this.#chunkBytes;
  }

  #chunksIn(rows: bigint): bigint {
    const { level, copies, copyLayout, memberCount } = this.#shape;
    const n = BigInt(memberCount);
    if (level !== 10) return rows * BigInt(dataChunksOf(this.#shape));
    return copyLayout === 'near' ? (rows * n) / BigInt(copies) : (rows / BigInt(copies)) * n;
  }

  runAt(byte: bigint): Run {
    if (this.#shape.level === 1) {
      const copies = Array.from({ length: this.#shape.memberCount }, (_, member) => ({ member, byte: 0n }));
      return { startBytes: 0n, endBytes: this.sizeBytes, copies };
    }
    const chunk = byte / this.#chunkBytes;
    const startBytes = chunk * this.#chunkBytes;
    const copies = placesOfChunk(this.#shape, chunk).map(({ member, row }) => ({
      member,
      byte: row * this.#chunkBytes,
    }));
    return { startBytes, endBytes: startBytes + this.#chunkBytes, copies };
  }

  rangesOf(startBytes: bigint, endBytes: bigint): readonly MemberRange[] {
    const { level, memberCount } = this.#shape;
    const members = Array.from({ length: memberCount }, (_, member) => member);
    if (level === 1) return members.map((member) => ({ member, startBytes, endBytes }));
    const first = placesOfChunk(this.#shape, startBytes / this.#chunkBytes);
    const last = placesOfChunk(this.#shape, (endBytes - 1n) / this.#chunkBytes);
    return first.flatMap(({ row }, copy) =>
      members.map((member) => ({
        member,
        startBytes: row * this.#chunkBytes,
        endBytes: ((last[copy]?.row ?? row) + 1n) * this.#chunkBytes,
      })),
    );
  }

  rowAt(memberByte: bigint): readonly RowRole[] | null {
    const { level, memberCount } = this.#shape;
    if (level < 4 || level > 6) return null;
    const rowByte = (memberByte / this.#chunkBytes) * this.#chunkBytes;
    const kinds = Array.from(
      { length: memberCount },
      (_, member) => placeInArray(this.#shape, member, rowByte)?.role.kind ?? 'data',
    );
    // Powers count from the member after Q on, around the end (raid6_d0 and raid6_idx_to_slot in raid5.c).
    const first = kinds.indexOf('q') + 1;
    const roles: RowRole[] = kinds.map((kind) => (kind === 'data' ? { kind, power: 0 } : { kind }));
    for (let i = 0, power = 0; i < memberCount; i += 1) {
      const member = (first + i) % memberCount;
      if (kinds[member] !== 'data') continue;
      roles[member] = { kind: 'data', power };
      power += 1;
    }
    return roles;
  }
}
