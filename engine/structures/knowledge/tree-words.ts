import type { Structure, StructureKind } from '#shared/structures/structure.ts';

/** Kinds that are named in the words about a disk. */
const NAMED: ReadonlySet<StructureKind> = new Set([
  'partitionTable',
  'arrayMember',
  'array',
  'arraySuperblock',
  'swap',
  'fileSystem',
  'notUnderstood',
]);
/** Structures named at most. */
const MOST = 6;
/** Deeper than partitions of an array there is nothing to name. */
const MAX_DEPTH = 6;

/** What lies on a disk, in words: `GPT, 2 partitions; ext4 on partition 1`. */
export function treeWords(disk: Structure): string {
  const found: string[] = [];
  const visit = (structure: Structure, place: string, depth: number): void => {
    for (const child of structure.children) {
      // Parts of a table are no tables of their own.
      const isPart = child.kind === 'partitionTable' && structure.kind === 'partitionTable';
      if (NAMED.has(child.kind) && !isPart) found.push(namedWords(child, place));
      if (child.kind === 'fileSystem' || depth >= MAX_DEPTH) continue;
      visit(child, child.kind === 'partition' ? ` on ${firstWords(child.name)}` : place, depth + 1);
    }
  };
  visit(disk, '', 0);
  if (found.length === 0) return 'nothing that is known here lies on it';
  const more = found.length - MOST;
  return [...found.slice(0, MOST), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function namedWords(structure: Structure, place: string): string {
  const partitions = structure.children.filter(({ kind }) => kind === 'partition').length;
  const counted = partitions === 1 ? ', 1 partition' : partitions > 1 ? `, ${partitions} partitions` : '';
  const alreadySays = place !== '' && structure.name.includes(place.slice(4));
  return `${structure.name}${counted}${alreadySays ? '' : place}`;
}

/** A name without what is told in brackets or after a comma. */
function firstWords(name: string): string {
  return name.split(/[,(]/, 1)[0]?.trim() ?? name;
}
