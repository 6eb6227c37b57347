/** Structures in words, as they stand beside the picture. */
import { thousands } from '#shared/bytes/size.ts';
import type { StructureChain, StructureLine } from '#shared/contract/structures.ts';
import type { StructureKind } from '#shared/structures/structure.ts';

/** Kinds that say where something lies, rather than what it is. */
const PLACES: ReadonlySet<StructureKind> = new Set(['partition', 'array', 'fileSystem']);

/** What a block, or a part of it, belongs to: what it is, and where that lies. */
export interface ChainWords {
  /** `inode table of group 3`; `/usr/share/doc/x, bytes 8,192 to 12,287`. */
  readonly what: string;
  /** `ext4 on partition 1`; empty where nothing is around it. */
  readonly where: string;
}

/** A chain of structures, the outermost first, in words; null for one of nothing. */
export function chainWords({
  chain,
  fileBytes,
}: Pick<StructureChain, 'chain' | 'fileBytes'>): ChainWords | null {
  const inner = chain.at(-1);
  if (inner === undefined) return null;
  const around = chain.slice(0, -1).filter(({ kind }) => PLACES.has(kind));
  const where = around.map(({ name }) => name).reverse();
  return { what: `${inner.name}${bytesWords(fileBytes)}`, where: where.join(' on ') };
}

/** Both in one sentence, the place first: `ext4 on partition 1: inode table of group 3`. */
export function chainSentence(chain: Pick<StructureChain, 'chain' | 'fileBytes'>): string {
  const words = chainWords(chain);
  if (words === null) return '';
  return words.where === '' ? words.what : `${words.where}: ${words.what}`;
}

function bytesWords(fileBytes: StructureChain['fileBytes']): string {
  if (fileBytes === null) return '';
  const [from, to] = fileBytes.map(BigInt);
  if (from === undefined || to === undefined || to <= from) return '';
  return `, bytes ${thousands(from)} to ${thousands(to - 1n)}`;
}

/** A name that is a path without the part that `around` has already: what stands in a tree below it. */
export function nameBelow(line: StructureLine, around: StructureLine | null): string {
  const isPath = line.name.startsWith('/') && line.name.length > 1;
  if (!isPath || around === null || around.kind !== 'directory') return line.name;
  return line.name.slice(line.name.lastIndexOf('/') + 1);
}

/** The name of a request without its operation, where that stands beside it: `journal` of `write: journal`. */
export function touchedWords(name: string): string {
  const at = name.indexOf(': ');
  return at < 0 ? name : name.slice(at + 2);
}
