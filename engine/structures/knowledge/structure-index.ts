import type { Structure, StructureKind } from '#shared/structures/structure.ts';

/** Extents that are worked on before others get their turn. */
const AT_ONCE = 1_000;

/** A structure with what it lies in. */
export interface Located {
  readonly structure: Structure;
  /** What it lies in; null for the disk itself. */
  readonly parent: Located | null;
  readonly path: string;
}

/** Structures down to one, the disk first. */
export function wayTo(at: Located): Located[] {
  const way: Located[] = [];
  for (let each: Located | null = at; each !== null; each = each.parent) way.unshift(each);
  return way;
}

/** A stretch of a disk that belongs to one structure, innermost. */
export interface Stretch {
  readonly startBytes: bigint;
  readonly endBytes: bigint;
  readonly at: Located;
  /** For what a file owns: which byte of the file lies at `startBytes`; else null. */
  readonly fileBytes: bigint | null;
}

interface Piece extends Stretch {
  /** What lies over what: the higher. */
  readonly rank: number;
}

/** What others lie in, and gives way to whatever lies there: by depth alone. */
const CONTAINERS: ReadonlySet<StructureKind> = new Set([
  'disk',
  'partition',
  'arrayMember',
  'array',
  'fileSystem',
  'group',
]);

export function isContainer(kind: StructureKind): boolean {
  return CONTAINERS.has(kind);
}

/** Of two on the same bytes what is no container wins, then what stands deeper in the tree; free space is next to nothing. */
function rankOf(kind: StructureKind, depth: number): number {
  if (CONTAINERS.has(kind)) return depth;
  return kind === 'free' ? depth + 0.5 : depth + 100;
}

/** Which structure each byte of a disk belongs to, by what was known at one time. */
export class StructureIndex {
  /** The disk as a whole. */
  readonly whole: Located;
  readonly #stretches: readonly Stretch[];

  private constructor(whole: Located, stretches: readonly Stretch[]) {
    this.whole = whole;
    this.#stretches = stretches;
  }

  /** @param breathe awaited now and then. */
  static async build(tree: Structure, breathe: () => Promise<void>): Promise<StructureIndex> {
    const whole: Located = { structure: tree, parent: null, path: '' };
    const pieces: Piece[] = [];
    let seen = 0;
    const open: [at: Located, depth: number][] = [[whole, 0]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [at, depth] = next;
      const rank = rankOf(at.structure.kind, depth);
      for (const { startBytes, endBytes, fileBytes } of at.structure.extents) {
        if (startBytes < endBytes)
          pieces.push({ startBytes, endBytes, at, fileBytes: fileBytes ?? null, rank });
      }
      for (const structure of at.structure.children) {
        const path = at.path === '' ? structure.key : `${at.path}/${structure.key}`;
        open.push([{ structure, parent: at, path }, depth + 1]);
      }
      seen += 1 + at.structure.extents.length;
      if (seen >= AT_ONCE) {
        seen = 0;
        await breathe();
      }
    }
    return new StructureIndex(whole, await flatten(await sorted(pieces, breathe), breathe));
  }

  /** The stretches of [startBytes, endBytes), cut to it, in order and without overlap. */
  *between(startBytes: bigint, endBytes: bigint): Generator<Stretch> {
    const stretches = this.#stretches;
    let low = 0;
    let high = stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((stretches[middle]?.endBytes ?? 0n) <= startBytes) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < stretches.length; i += 1) {
      const stretch = stretches[i];
      if (stretch === undefined || stretch.startBytes >= endBytes) return;
      yield cut(stretch, startBytes, endBytes);
    }
  }
}

function cut(stretch: Stretch, startBytes: bigint, endBytes: bigint): Stretch {
  if (stretch.startBytes >= startBytes && stretch.endBytes <= endBytes) return stretch;
  const from = stretch.startBytes < startBytes ? startBytes : stretch.startBytes;
  const to = stretch.endBytes > endBytes ? endBytes : stretch.endBytes;
  const fileBytes = stretch.fileBytes === null ? null : stretch.fileBytes + (from - stretch.startBytes);
  return { startBytes: from, endBytes: to, at: stretch.at, fileBytes };
}

/** By where they begin, and what lies below others first. */
async function sorted(pieces: Piece[], breathe: () => Promise<void>): Promise<readonly Piece[]> {
  let runs: (readonly Piece[])[] = [];
  for (let at = 0; at < pieces.length; at += AT_ONCE) {
    runs.push(pieces.slice(at, at + AT_ONCE).sort(byStart));
    await breathe();
  }
  while (runs.length > 1) {
    const merged: (readonly Piece[])[] = [];
    for (let i = 0; i < runs.length; i += 2)
      merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], breathe));
    runs = merged;
  }
  return runs[0] ?? [];
}

function byStart(a: Piece, b: Piece): number {
  if (a.startBytes !== b.startBytes) return a.startBytes < b.startBytes ? -1 : 1;
  return a.rank - b.rank;
}

async function merge(
  a: readonly Piece[],
  b: readonly Piece[],
  breathe: () => Promise<void>,
): Promise<readonly Piece[]> {
  if (b.length === 0) return a;
  const merged: Piece[] = [];
  let i = 0;
  let j = 0;
  for (let piece = a[0] ?? b[0]; piece !== undefined; ) {
    const left = a[i];
    const right = b[j];
    if (left !== undefined && (right === undefined || byStart(left, right) <= 0)) {
      piece = left;
      i += 1;
    } else if (right !== undefined) {
      piece = right;
      j += 1;
    } else {
      break;
    }
    merged.push(piece);
    if (merged.length % AT_ONCE === 0) await breathe();
  }
  return merged;
}

/** Cuts pieces that lie over one another into stretches, each of the one that lies on top. */
async function flatten(pieces: readonly Piece[], breathe: () => Promise<void>): Promise<readonly Stretch[]> {
  const stretches: Stretch[] = [];
  const open = new PieceHeap();
  let at = 0n;
  const tellUntil = (endBytes: bigint): void => {
    for (;;) {
      const top = open.topAfter(at);
      if (top === null || at >= endBytes) break;
      const to = top.endBytes < endBytes ? top.endBytes : endBytes;
      add(stretches, cut(top, at, to));
      at = to;
    }
    at = endBytes;
  };
  let done = 0;
  for (const piece of pieces) {
    if (piece.startBytes > at) tellUntil(piece.startBytes);
    open.push(piece);
    done += 1;
    if (done % AT_ONCE === 0) await breathe();
  }
  let end = at;
  for (const piece of open.pieces) if (piece.endBytes > end) end = piece.endBytes;
  tellUntil(end);
  return stretches;
}

function add(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1);
  const goesOn =
    last !== undefined &&
    last.at === next.at &&
    last.endBytes === next.startBytes &&
    (last.fileBytes === null
      ? next.fileBytes === null
      : next.fileBytes === last.fileBytes + (last.endBytes - last.startBytes));
  if (last !== undefined && goesOn) stretches[stretches.length - 1] = { ...last, endBytes: next.endBytes };
  else
    stretches.push({
      startBytes: next.startBytes,
      endBytes: next.endBytes,
      at: next.at,
      fileBytes: next.fileBytes,
    });
}

/** Pieces that have begun, the highest rank on top; of equal ones that which begins later. Those that are over leave when they come up. */
class PieceHeap {
  readonly pieces: Piece[] = [];

  push(piece: Piece): void {
    const { pieces } = this;
    let at = pieces.length;
    pieces.push(piece);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = pieces[parent];
      if (above === undefined || !isOver(piece, above)) break;
      pieces[at] = above;
      at = parent;
    }
    pieces[at] = piece;
  }

  /** The piece on top that reaches beyond `at`; null for none. */
  topAfter(at: bigint): Piece | null {
    for (;;) {
      const top = this.pieces[0];
      if (top === undefined) return null;
      if (top.endBytes > at) return top;
      this.#pop();
    }
  }

  #pop(): void {
    const { pieces } = this;
    const last = pieces.pop();
    if (last === undefined || pieces.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let child = left;
      const a = pieces[left];
      const b = pieces[right];
      if (a === undefined) break;
      if (b !== undefined && isOver(b, a)) child = right;
      const below = pieces[child];
      if (below === undefined || !isOver(below, last)) break;
      pieces[at] = below;
      at = child;
    }
    pieces[at] = last;
  }
}

function isOver(a: Piece, b: Piece): boolean {
  return a.rank === b.rank ? a.startBytes > b.startBytes : a.rank > b.rank;
}
