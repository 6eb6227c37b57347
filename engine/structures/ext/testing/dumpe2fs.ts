import { runTool } from '../../testing/images.ts';
import type { BlockRun } from '../geometry.ts';

/** What dumpe2fs says of a group. Runs are of blocks; absent ones are empty. */
export interface DumpedGroup {
  readonly blocks: BlockRun;
  /** `Primary` or `Backup`. */
  readonly superblock: { readonly kind: string; readonly block: number } | null;
  readonly descriptors: BlockRun | null;
  readonly reserved: BlockRun | null;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: BlockRun;
  readonly free: readonly BlockRun[];
  readonly freeInodes: number;
  readonly freeInodeNumbers: readonly BlockRun[];
  readonly flags: readonly string[];
}

/** Everything that dumpe2fs prints of an image. */
export interface Dump {
  /** The lines before the groups, by label. */
  readonly head: ReadonlyMap<string, string>;
  readonly groups: readonly DumpedGroup[];
}

/** Runs dumpe2fs on an image. */
export function dumpe2fs(image: string): Dump {
  const text = runTool('dumpe2fs', [image]);
  const [headText = '', ...groupTexts] = text.split(/^Group (?=\d+: )/m);
  const head = new Map<string, string>();
  for (const line of headText.split('\n')) {
    const match = /^([A-Z][^:]*):\s*(.*)$/.exec(line);
    if (match?.[1] !== undefined) head.set(match[1], match[2] ?? '');
  }
  return { head, groups: groupTexts.map(groupOf) };
}

function groupOf(text: string): DumpedGroup {
  const kind = /(Primary|Backup) superblock at (\d+)/.exec(text);
  return {
    blocks: runAfter(text, 'Blocks ') ?? missing(text, 'Blocks'),
    superblock: kind === null ? null : { kind: kind[1] ?? '', block: Number(kind[2]) },
    descriptors: runAfter(text, 'Group descriptors? at '),
    reserved: runAfter(text, 'Reserved GDT blocks at '),
    blockBitmap: (runAfter(text, 'Block bitmap at ') ?? missing(text, 'Block bitmap')).firstBlock,
    inodeBitmap: (runAfter(text, 'Inode bitmap at ') ?? missing(text, 'Inode bitmap')).firstBlock,
    inodeTable: runAfter(text, 'Inode table at ') ?? missing(text, 'Inode table'),
    free: runsOf(/^ {2}Free blocks: (.*)$/m.exec(text)?.[1] ?? ''),
    freeInodeNumbers: runsOf(/^ {2}Free inodes: (.*)$/m.exec(text)?.[1] ?? ''),
    freeInodes: Number(/(\d+) free inodes/.exec(text)?.[1]),
    flags: (/\[([^\]]*)\]/.exec(text)?.[1] ?? '').split(', ').filter((flag) => flag !== ''),
  };
}

function missing(text: string, label: string): never {
  throw new Error(`dumpe2fs says nothing of "${label}" in: ${text}`);
}

function runAfter(text: string, label: string): BlockRun | null {
  const match = new RegExp(`${label}(\\d+(?:-\\d+)?)`).exec(text);
  return match?.[1] === undefined ? null : (runsOf(match[1])[0] ?? null);
}

function runsOf(text: string): BlockRun[] {
  return text
    .split(', ')
    .filter((run) => run.trim() !== '')
    .map((run) => {
      const [first = 0, last = first] = run.split('-').map(Number);
      return { firstBlock: first, count: last - first + 1 };
    });
}

/** The numbers from `first` to `last` that lie in none of the runs. */
export function numbersOutside(first: number, last: number, runs: readonly BlockRun[]): number[] {
  const inside = new Set(
    runs.flatMap((run) => Array.from({ length: run.count }, (_, index) => run.firstBlock + index)),
  );
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (one) => !inside.has(one),
  );
}
