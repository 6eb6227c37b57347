import { Op, opName } from '#shared/events/vocabulary.ts';
import type { StructureKind } from '#shared/structures/structure.ts';
import { isContainer, type Located, type StructureIndex, wayTo } from './structure-index.ts';

/** Structures that a request is looked at for: one that touches more is named by what they lie in. */
const MOST_TOUCHED = 2_000;
/** Structures that are named one by one. */
const MOST_NAMED = 3;
/** What is named after whatever else a request touched, however large. */
const LESS: ReadonlySet<StructureKind> = new Set([
  'free',
  'reservedDescriptors',
  'otherMetadata',
  'directory',
]);

/** A request as far as its name goes. */
export interface NamedRequest {
  /** A number of Op. */
  readonly op: number;
  readonly offsetBytes: bigint;
  readonly lengthBytes: bigint;
}

/** What a request touched. */
export interface Touched {
  /** `journal`, `inode table, group 1 and 2 others`. */
  readonly words: string;
  /** Of what is named, the first. */
  readonly at: Located;
  /** All structures that it touched, innermost, with the bytes of each; what matters first, then what has most of them. */
  readonly structures: ReadonlyMap<Located, bigint>;
  /** Whether something is known of the place beyond what contains it: no partition or file system, no free space alone. */
  readonly isSure: boolean;
  /** Whether all that is known is that some of it is free space. */
  readonly isFree: boolean;
}

/** Whether requests of a kind have a name: those that are about a range of the disk. */
export function hasName(op: number): boolean {
  return op !== Op.Flush && op !== Op.Extents;
}

/** The whole name: `write: journal`. */
export function requestName(op: number, touched: Touched): string {
  return `${opName(op)}: ${touched.words}`;
}

/** What a request touched, by one index; null when nothing is known of the place. */
export function touchedBy(index: StructureIndex, { offsetBytes, lengthBytes }: NamedRequest): Touched | null {
  const endBytes = offsetBytes + lengthBytes;
  const bytes = new Map<Located, bigint>();
  for (const { at, startBytes, endBytes: end } of index.between(offsetBytes, endBytes)) {
    if (at.parent === null) continue;
    bytes.set(at, (bytes.get(at) ?? 0n) + (end - startBytes));
    if (bytes.size >= MOST_TOUCHED) break;
  }
  if (bytes.size === 0) return null;
  const structures = new Map([...bytes].sort(byWeight));
  const all = [...structures.keys()];
  // Free space beside something else is not worth a word.
  const touched = all.filter(({ structure: { kind } }) => kind !== 'free' || all.every(isLess));
  const [first] = touched;
  if (first === undefined) return null;
  const isSure = touched.some(({ structure: { kind } }) => !isContainer(kind) && kind !== 'free');
  const isFree = !isSure && touched.some(({ structure: { kind } }) => kind === 'free');
  const named = (words: string, at = first): Touched => ({ words, at, structures, isSure, isFree });
  const kinds = new Set(touched.map(({ structure: { kind } }) => kind));
  if (kinds.size === 1 && touched.every((at) => groupOf(at) !== null)) return named(sameKindWords(touched));
  if (touched.length <= MOST_NAMED) return named(listed(touched.map(labelOf)));
  if (kinds.size === 1) return named(sameKindWords(touched));
  const common = commonParent(touched);
  if (common === null || common.parent === null || !coversMost(common, offsetBytes, endBytes)) {
    return named(`${labelOf(first)} and ${touched.length - 1} others`);
  }
  return named(`all of ${labelOf(common)}`, common);
}

function byWeight([a, aBytes]: [Located, bigint], [b, bBytes]: [Located, bigint]): number {
  const less = Number(isLess(a)) - Number(isLess(b));
  if (less !== 0 || aBytes === bBytes) return less;
  return aBytes > bBytes ? -1 : 1;
}

function isLess({ structure: { kind } }: Located): boolean {
  return LESS.has(kind) || isContainer(kind);
}

/** A structure in a name: `inode table, group 1`. */
export function labelOf({ structure: { kind, name } }: Located): string {
  if (kind === 'free') return 'free space';
  return name.replace(/ (?:of|in) (group \d+)$/, ', $1');
}

/** Names of several of one kind: `inode tables of groups 1 to 3`. */
export function sameKindWords(touched: readonly Located[]): string {
  const [first] = touched;
  if (first === undefined) return '';
  if (touched.length === 1) return labelOf(first);
  const groups = touched.map(groupOf).filter((group) => group !== null);
  const plain = first.structure.name.replace(/ (?:of|in) group \d+$/, '');
  if (groups.length === touched.length) return `${plural(plain)} of ${numberWords('group', groups)}`;
  const { kind } = first.structure;
  return `${labelOf(first)} and ${touched.length - 1} other ${plural(KIND_WORDS[kind] ?? 'structure')}`;
}

const KIND_WORDS: Partial<Record<StructureKind, string>> = {
  file: 'file',
  directory: 'directory',
  superblockBackup: 'backup superblock',
  partition: 'partition',
};

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `groups 1 to 3`, `groups 1, 3 and 5`, `group 4`. */
export function numberWords(what: string, numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  if (sorted.length === 1) return `${what} ${first}`;
  if (last - first === sorted.length - 1 && sorted.length > 2) return `${what}s ${first} to ${last}`;
  if (sorted.length > 8) return `${sorted.length} ${what}s from ${first} to ${last}`;
  return `${what}s ${sorted.slice(0, -1).join(', ')} and ${last}`;
}

function plural(words: string): string {
  return /[^aeiou]y$/.test(words) ? `${words.slice(0, -1)}ies` : `${words}s`;
}

/** The group of a file system that a structure tells to be of; null for none. */
export function groupOf({ structure: { name } }: Located): number | null {
  const found = / group (\d+)\b/.exec(name);
  return found === null ? null : Number(found[1]);
}

function commonParent(touched: readonly Located[]): Located | null {
  const ways = touched.map(wayTo);
  let common: Located | null = null;
  for (const [depth, at] of (ways[0] ?? []).entries()) {
    if (!ways.every((way) => way[depth] === at)) break;
    common = at;
  }
  return common;
}

/** Whether a range covers nine tenths of a structure. */
function coversMost({ structure: { extents } }: Located, startBytes: bigint, endBytes: bigint): boolean {
  let all = 0n;
  let covered = 0n;
  for (const extent of extents) {
    all += extent.endBytes - extent.startBytes;
    const from = extent.startBytes > startBytes ? extent.startBytes : startBytes;
    const to = extent.endBytes < endBytes ? extent.endBytes : endBytes;
    if (from < to) covered += to - from;
  }
  return all > 0n && covered * 10n >= all * 9n;
}
