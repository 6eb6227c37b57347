import type { StripedRange } from '#shared/structures/striped-range.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import type { Found } from './found.ts';
import { MOST_PIECES, type Volume } from './volume.ts';

/** Pieces of all structures of one disk together, past which extents of arrays are told by whole ranges. */
const MOST_PIECES_A_DISK = 1_000_000;
/** Structures and pieces of them between two breaths. */
const BREATH = 1024;

/**
 * Makes one disk's tree of what was found: everything, with the extents that lie on that disk, as bytes of the disk. Structures that have none there
 * stay, as what they hold or a name may be of use.
 */
export class PlacedTree {
  readonly #disk: number;
  readonly #breathe: () => Promise<void>;
  #piecesLeft = MOST_PIECES_A_DISK;
  #untilBreath = BREATH;

  constructor(disk: number, breathe: () => Promise<void>) {
    this.#disk = disk;
    this.#breathe = breathe;
  }

  async rootOf(volume: Volume, found: readonly Found[]): Promise<Structure> {
    return {
      key: 'disk',
      kind: 'disk',
      name: volume.name,
      facts: [['Size', `${volume.sizeBytes} bytes`]],
      extents: [{ startBytes: 0n, endBytes: volume.sizeBytes }],
      children: await this.#all(found),
    };
  }

  async #all(found: readonly Found[]): Promise<readonly Structure[]> {
    const children: Structure[] = [];
    for (const each of found) {
      children.push(await this.#placed(each.structure, each.volume, each.inside, ''));
    }
    return withOwnKeys(children);
  }

  /**
   * @param path of the structure below the one that a parser made, empty for that itself.
   * @param inside what is to be added to structures, by such paths.
   */
  async #placed(
    structure: Structure,
    volume: Volume,
    inside: ReadonlyMap<string, readonly Found[]>,
    path: string,
  ): Promise<Structure> {
    const children: Structure[] = [];
    for (const child of structure.children) {
      this.#untilBreath -= 1;
      if (this.#untilBreath <= 0) {
        this.#untilBreath = BREATH;
        await this.#breathe();
      }
      if (child.children.length === 0 && inside.size === 0) {
        children.push({ ...child, extents: this.#extents(child, volume) });
      } else {
        const childPath = path === '' ? child.key : `${path}/${child.key}`;
        children.push(await this.#placed(child, volume, inside, childPath));
      }
    }
    children.push(...(await this.#all(inside.get(path) ?? [])));
    const { stripes, ...plain } = structure;
    const placed = { ...plain, extents: this.#extents(structure, volume), children: withOwnKeys(children) };
    const onDisk = stripes === undefined ? null : this.#stripes(stripes, volume);
    return onDisk === null ? placed : { ...placed, stripes: onDisk };
  }

  /** Null where what is striped does not lie on this disk in one piece. */
  #stripes(stripes: StripedRange, volume: Volume): StripedRange | null {
    const [place, ...others] = volume.place(stripes);
    if (place === undefined || others.length > 0 || place.disk !== this.#disk) return null;
    return { ...stripes, startBytes: place.startBytes, endBytes: place.endBytes };
  }

  #extents(structure: Structure, volume: Volume): readonly Extent[] {
    if (structure.extents.length === 0) return [];
    const here: Extent[] = [];
    for (const extent of structure.extents) {
      for (const { disk, ...piece } of volume.place(extent, Math.min(MOST_PIECES, this.#piecesLeft))) {
        if (disk === this.#disk) here.push(piece);
      }
    }
    this.#piecesLeft = Math.max(0, this.#piecesLeft - here.length);
    this.#untilBreath -= here.length;
    return ascending(here);
  }
}

/** By place on the disk, what touches joined; what overlaps (a hostile image may claim it) cut to what is new. */
function ascending(extents: Extent[]): readonly Extent[] {
  extents.sort((a, b) => (a.startBytes < b.startBytes ? -1 : a.startBytes > b.startBytes ? 1 : 0));
  const joined: Extent[] = [];
  for (const extent of extents) {
    const before = joined.at(-1);
    if (before === undefined || extent.startBytes > before.endBytes) {
      joined.push(extent);
      continue;
    }
    if (extent.endBytes <= before.endBytes) continue;
    const startBytes = before.endBytes;
    const fileBytes =
      extent.fileBytes === undefined ? undefined : extent.fileBytes + (startBytes - extent.startBytes);
    const goesOn =
      before.fileBytes === undefined
        ? fileBytes === undefined
        : fileBytes === before.fileBytes + (startBytes - before.startBytes);
    if (goesOn) joined[joined.length - 1] = { ...before, endBytes: extent.endBytes };
    else if (fileBytes === undefined) joined.push({ startBytes, endBytes: extent.endBytes });
    else joined.push({ startBytes, endBytes: extent.endBytes, fileBytes });
  }
  return joined;
}

/** Keys that siblings share, or that hold a slash, would make paths that lead elsewhere. */
function withOwnKeys(siblings: readonly Structure[]): readonly Structure[] {
  const taken = new Set<string>();
  let isFine = true;
  for (const { key } of siblings) {
    if (taken.has(key) || key.includes('/') || key === '') isFine = false;
    taken.add(key);
  }
  if (isFine) return siblings;
  const counts = new Map<string, number>();
  return siblings.map((sibling) => {
    const key = sibling.key.replaceAll('/', '|') || '-';
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return { ...sibling, key: count === 1 ? key : `${key}~${count}` };
  });
}
