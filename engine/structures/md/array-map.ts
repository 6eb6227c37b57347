import { placesOfChunk } from '#shared/raid/chunk-places.ts';
import { type ArrayShape, chunkOf, dataChunksOf, placeInArray } from '#shared/raid/geometry.ts';

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
  /** Whether what one member holds follows from what all others, but for the one with Q, hold at the same place. */
  readonly hasParity: boolean;
  /** The run that a byte below {@link sizeBytes} is in. */
  runAt(byte: bigint): Run;
  /** Whole ranges of members that hold the bytes from `startBytes` to `endBytes`, and others between them. */
  rangesOf(startBytes: bigint, endBytes: bigint): readonly MemberRange[];
  /** Members whose bytes at a place, XORed, give those of `member`; null when it cannot be had so. */
  othersAt(member: number, byte: bigint): readonly number[] | null;
}

/** One member after another: drivers/md/md-linear.c. */
export class LinearMap implements ArrayMap {
  readonly sizeBytes: bigint;
  readonly runBytes: bigint;
  readonly hasParity = false;
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

  othersAt(): null {
    return null;
  }
}

/** Levels 1, 4, 5, 6 and 10, and 0 with members of one size: drivers/md/raid1.c, raid5.c, raid10.c and raid0.c. */
export class StripedMap implements ArrayMap {
  readonly sizeBytes: bigint;
  readonly runBytes: bigint;
  readonly hasParity: boolean;
  readonly #shape: ArrayShape;
  readonly #chunkBytes: bigint;

  /** @param shape with its data at the beginning of the members, of which the size is known. */
  constructor(shape: ArrayShape, memberBytes: bigint) {
    this.#shape = { ...shape, dataOffsetBytes: 0, memberBytes };
    this.#chunkBytes = chunkOf(shape);
    this.hasParity = shape.level >= 4 && shape.level <= 6;
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

  othersAt(member: number, byte: bigint): readonly number[] | null {
    if (!this.hasParity) return null;
    const row = byte / this.#chunkBytes;
    const roles = rolesOfRow(this.#shape, row);
    return roles.flatMap((role, other) => (other === member || role === 'q' ? [] : [other]));
  }
}

/** What each member holds in a row of chunks: `data`, `parity` or `q`. */
export function rolesOfRow(shape: ArrayShape, row: bigint): readonly string[] {
  const whole = { ...shape, dataOffsetBytes: 0, memberBytes: null };
  return Array.from(
    { length: shape.memberCount },
    (_, member) => placeInArray(whole, member, row * chunkOf(shape))?.role.kind ?? 'data',
  );
}
