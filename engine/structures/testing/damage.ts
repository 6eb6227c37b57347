/** Ways in which an image is damaged: most of what is changed was not zero before, as that is where structures are. */

export type Random = (below: number) => number;

const PAGE_BYTES = 512;
/** Numbers at which programs go wrong. */
const EDGES = [
  0n,
  1n,
  2n,
  7n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_ffffn,
];
const MOST_CHANGES = 8;

/** The places of pages that hold anything, to choose from. */
export function pagesInUse(disk: Uint8Array): readonly number[] {
  const zero = Buffer.alloc(PAGE_BYTES);
  const pages: number[] = [];
  for (let at = 0; at + PAGE_BYTES <= disk.length; at += PAGE_BYTES) {
    if (Buffer.compare(disk.subarray(at, at + PAGE_BYTES), zero) !== 0) pages.push(at);
  }
  return pages;
}

/** Changes a disk in place. @param pages of {@link pagesInUse}. @returns the disk, or the part of it that is left. */
export function damage(disk: Uint8Array, pages: readonly number[], random: Random): Uint8Array {
  const view = new DataView(disk.buffer, disk.byteOffset, disk.byteLength);
  const place = (): number => {
    const page =
      random(8) === 0 ? random(disk.length / PAGE_BYTES) * PAGE_BYTES : (pages[random(pages.length)] ?? 0);
    return page + random(PAGE_BYTES);
  };
  let left = disk;
  for (let changes = 1 + random(MOST_CHANGES); changes > 0; changes -= 1) {
    const at = place();
    const aligned = at & ~7;
    const edge = EDGES[random(EDGES.length)] ?? 0n;
    const isLittle = random(4) !== 0;
    switch (random(8)) {
      case 0:
        view.setUint8(at, view.getUint8(at) ^ (1 << random(8)));
        break;
      case 1:
        view.setUint8(at, random(256));
        break;
      case 2:
        view.setUint16(at & ~1, Number(edge & 0xffffn), isLittle);
        break;
      case 3:
        view.setUint32(at & ~3, Number(edge & 0xffff_ffffn), isLittle);
        break;
      case 4:
        view.setBigUint64(aligned, edge, isLittle);
        break;
      case 5:
        // A small step from what it was: often past one end or the other.
        view.setUint32(at & ~3, (view.getUint32(at & ~3, true) + random(5) - 2) >>> 0, true);
        break;
      case 6: {
        const from = place() & ~(PAGE_BYTES - 1);
        disk.copyWithin(at & ~(PAGE_BYTES - 1), from, from + PAGE_BYTES * (1 + random(8)));
        break;
      }
      default:
        if (random(8) === 0) left = disk.subarray(0, random(disk.length));
        else disk.fill(0, aligned, aligned + (8 << random(10)));
    }
  }
  return left;
}
