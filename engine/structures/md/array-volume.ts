import type { Extent } from '#shared/structures/structure.ts';
import {
  checkRead,
  clipExtent,
  MOST_PIECES,
  type PlacedExtent,
  type Volume,
  VolumeReadError,
} from '../volume.ts';
import type { ArrayMap } from './array-map.ts';
import { type RowPart, type RowRole, recoverByQ, sumOf } from './parity-row.ts';

/** A member that takes part in its array. */
export interface ArrayPart {
  /** Its data, from their beginning on. */
  readonly volume: Volume;
  /** Up to where they are right: less than all of them while it is rebuilt. */
  readonly validBytes: bigint;
}

/** The data of an array, read from its members: from copies, and through parity, where some are missing. */
export class ArrayVolume implements Volume {
  readonly name: string;
  readonly sizeBytes: bigint;
  readonly sectorBytes: number;
  readonly #map: ArrayMap;
  readonly #parts: readonly (ArrayPart | null)[];

  /** @param parts by their place in the array; null where one is missing. */
  constructor(name: string, map: ArrayMap, parts: readonly (ArrayPart | null)[]) {
    this.name = name;
    this.#map = map;
    this.#parts = parts;
    this.sizeBytes = map.sizeBytes;
    this.sectorBytes = Math.max(512, ...parts.map((part) => part?.volume.sectorBytes ?? 512));
  }

  async read(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    checkRead(this, offsetBytes, lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    const endBytes = offsetBytes + BigInt(lengthBytes);
    for (let at = offsetBytes; at < endBytes; ) {
      const run = this.#map.runAt(at);
      const end = run.endBytes < endBytes ? run.endBytes : endBytes;
      const within = at - run.startBytes;
      const places = run.copies.map(({ member, byte }) => ({ member, byte: byte + within }));
      bytes.set(await this.#readOne(places, Number(end - at)), Number(at - offsetBytes));
      at = end;
    }
    return bytes;
  }

  place(extent: Extent, mostPieces = MOST_PIECES): readonly PlacedExtent[] {
    const clipped = clipExtent(extent, this.sizeBytes);
    if (clipped === null) return [];
    const { startBytes, endBytes } = clipped;
    if ((endBytes - startBytes) / this.#map.runBytes > BigInt(mostPieces)) {
      return this.#map
        .rangesOf(startBytes, endBytes)
        .flatMap((range) => this.#parts[range.member]?.volume.place(range, mostPieces) ?? []);
    }
    const placed: PlacedExtent[] = [];
    for (let at = startBytes; at < endBytes; ) {
      const run = this.#map.runAt(at);
      const end = run.endBytes < endBytes ? run.endBytes : endBytes;
      const fileBytes = clipped.fileBytes === undefined ? undefined : clipped.fileBytes + (at - startBytes);
      for (const { member, byte } of run.copies) {
        const start = byte + (at - run.startBytes);
        const piece = { startBytes: start, endBytes: start + (end - at) };
        const whole = fileBytes === undefined ? piece : { ...piece, fileBytes };
        placed.push(...(this.#parts[member]?.volume.place(whole, mostPieces) ?? []));
      }
      at = end;
    }
    return placed;
  }

  /** From the first of the places that gives it, else from what all other members hold beside it. */
  async #readOne(
    places: readonly { readonly member: number; readonly byte: bigint }[],
    lengthBytes: number,
  ): Promise<Uint8Array> {
    let why: VolumeReadError | null = null;
    for (const { member, byte } of places) {
      try {
        return await this.#readMember(member, byte, lengthBytes);
      } catch (error) {
        if (!(error instanceof VolumeReadError)) throw error;
        why ??= error;
      }
    }
    const [place] = places;
    const row = place === undefined ? null : this.#map.rowAt(place.byte);
    if (place !== undefined && row !== null) {
      return this.#readThroughParity(row, place.member, place.byte, lengthBytes);
    }
    throw why ?? new VolumeReadError(`no member of ${this.name} has it`);
  }

  async #readMember(member: number, byte: bigint, lengthBytes: number): Promise<Uint8Array> {
    const part = this.#parts[member] ?? null;
    if (part === null) throw new VolumeReadError(`member ${member} of ${this.name} is missing`);
    if (byte + BigInt(lengthBytes) > part.validBytes) {
      throw new VolumeReadError(`member ${member} of ${this.name} is not rebuilt that far`);
    }
    return part.volume.read(byte, lengthBytes);
  }

  /** What all others hold beside it tells what a member holds; with Q, one of these may be missing too. */
  async #readThroughParity(
    row: readonly RowRole[],
    member: number,
    byte: bigint,
    lengthBytes: number,
  ): Promise<Uint8Array> {
    const wanted = row[member];
    const parts: RowPart[] = [];
    let other: RowRole | null = null;
    for (const [beside, role] of row.entries()) {
      if (beside === member || role.kind === 'q') continue;
      try {
        parts.push({ role, bytes: await this.#readMember(beside, byte, lengthBytes) });
      } catch (error) {
        if (!(error instanceof VolumeReadError)) throw error;
        if (other !== null || wanted?.kind !== 'data' || !row.some((each) => each.kind === 'q')) {
          throw new VolumeReadError(`member ${member} of ${this.name} is missing, and ${error.message}`);
        }
        other = role;
      }
    }
    if (other === null || wanted?.kind !== 'data') {
      return sumOf(
        parts.map(({ bytes }) => bytes),
        lengthBytes,
      );
    }
    const q = row.findIndex((role) => role.kind === 'q');
    parts.push({ role: { kind: 'q' }, bytes: await this.#readMember(q, byte, lengthBytes) });
    return recoverByQ(parts, wanted.power, other.kind === 'data' ? other.power : null, lengthBytes);
  }
}
