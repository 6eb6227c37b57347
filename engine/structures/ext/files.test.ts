import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatBytes } from '#shared/bytes/size.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { at, fact, ImageFolder } from '../testing/images.ts';
import type { MappedRun } from './mapping.ts';
import { ownersOf, pathsOf, type Stat, statInodes } from './testing/debugfs.ts';
import { dumpe2fs, numbersOutside } from './testing/dumpe2fs.ts';
import { makeExt, VARIANTS } from './testing/ext-images.ts';
import { fillWithShapes, roughen } from './testing/file-shapes.ts';
import { blocksOf, parseImage, walk } from './testing/parse-image.ts';

/** Those of the variants that store files in different ways. */
const FILLED = [
  'ext4 of 4 KiB',
  'ext4 of 1 KiB',
  'ext4 of 64 KiB',
  'ext2 of 1 KiB',
  'ext2 of 4 KiB, revision 0',
  'ext3 of 2 KiB',
  'uninit_bg without 64bit',
  'bigalloc',
  'inline_data',
  'inline_data of 1 KiB, inodes of 512',
  'quota, project, orphan_file',
  'inodes of 128 bytes',
];
const RESIZE_INODE = 7;

const folder = new ImageFolder();
const source = join(folder.path, 'source');
beforeAll(() => {
  mkdirSync(source);
  fillWithShapes(source);
});
afterAll(() => folder.remove());

describe('files, as debugfs tells them', () => {
  for (const name of FILLED) {
    it(`are told of ${name}`, async () => {
      const { size, options } = VARIANTS[name] ?? { size: '', options: [] };
      // Few inodes: debugfs looks through all of them for each question.
      const image = makeExt(folder, `files ${name}`, size, [...options, '-N', '2048'], source);
      roughen(image);
      const { head, groups } = dumpe2fs(image);
      const root = await parseImage(image);
      const blockBytes = Number(head.get('Block size'));
      const files = filesOf(root);
      expect(files.size).toBeGreaterThan(200);
      const freeInodes = groups.flatMap(({ freeInodeNumbers }) => freeInodeNumbers);
      const inodes = numbersOutside(1, Number(head.get('Inode count')), freeInodes);
      expectPaths(files, pathsOf(image, inodes));
      const stats = statInodes(image, [...files.keys()]);
      for (const stat of stats) expectFile(files.get(stat.inode), stat, blockBytes);
      const free = groups.flatMap((group) => group.free);
      const used = numbersOutside(1, Number(head.get('Block count')) - 1, free);
      expect(ownersFrom(root, blockBytes)).toEqual(expectedOwners(image, used));
    });
  }
});

/** Files and directories by inode. */
function filesOf(root: Structure): Map<number, Structure> {
  const files = new Map<number, Structure>();
  for (const structure of walk(at(root, 'files'))) {
    if (structure.kind !== 'file' && structure.kind !== 'directory') continue;
    files.set(Number(fact(structure, 'inode')), structure);
  }
  return files;
}

/** Names as debugfs prints them: with control characters as they are, and so without what follows a line break. */
function expectPaths(
  files: ReadonlyMap<number, Structure>,
  paths: ReadonlyMap<number, readonly string[]>,
): void {
  const ours: [number, string[]][] = [];
  for (const [inode, structure] of files) {
    if (structure.name === '/') continue;
    const all = [structure.name, ...(fact(structure, 'also')?.split(', ') ?? [])];
    ours.push([inode, all.map((path) => path.replace(/\\x0a.*/, '')).sort()]);
  }
  const theirs = [...paths].map(([inode, all]): [number, string[]] => [inode, all.toSorted()]);
  const byInode = (a: [number, unknown], b: [number, unknown]): number => a[0] - b[0];
  expect(ours.sort(byInode)).toEqual(theirs.sort(byInode));
}

function expectFile(structure: Structure | undefined, stat: Stat, blockBytes: number): void {
  if (structure === undefined) throw new Error(`inode ${stat.inode} is not told of`);
  const facts = new Map(structure.facts);
  expect(structure.kind === 'directory', structure.name).toBe(stat.type === 'directory');
  expect([...facts.keys()], structure.name).not.toContain('not understood here, because');
  expect(facts.get('checksum of its inode'), structure.name).toBeUndefined();
  expect(facts.get('size'), structure.name).toMatch(sizePattern(stat.size));
  if (stat.links > 1 && stat.type !== 'directory') {
    expect(facts.get('hard links'), structure.name).toBe(`${stat.links}`);
  }
  const usual = Math.ceil(stat.size / blockBytes) * blockBytes;
  expect(facts.get('takes on the disk'), structure.name).toBe(
    stat.sectors * 512 === usual ? undefined : formatBytes(stat.sectors * 512),
  );
  if (stat.fastLink !== null) expect(facts.get('points to')).toBe(stat.fastLink);
  if (!isInInode(structure)) {
    expect(merged(runsFrom(structure, blockBytes)), structure.name).toEqual(merged(stat.runs));
  }
  const unwritten = stat.runs.reduce((sum, run) => sum + (run.unwritten ? run.count : 0), 0);
  expect(facts.get('reserved but not yet written')).toBe(unwritten > 0 ? `${unwritten} blocks` : undefined);
  expect(blocksIn(structure, 'mapping', blockBytes), structure.name).toEqual(
    stat.ownBlocks.toSorted((a, b) => a - b),
  );
  const attributes = structure.facts.some(([label]) => label === 'extended attributes')
    ? Number(/block (\d+)/.exec(facts.get('extended attributes') ?? '')?.[1])
    : (blocksIn(structure, 'attributes', blockBytes)[0] ?? 0);
  expect(attributes, structure.name).toBe(stat.attributeBlock);
}

function isInInode(structure: Structure): boolean {
  return structure.extents.some(({ startBytes, endBytes }) => endBytes - startBytes < 1024n);
}

function sizePattern(size: number): RegExp {
  const exact = size.toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return size < 1024 ? new RegExp(`^${size} bytes?$`) : new RegExp(`\\(${exact} bytes\\)$`);
}

function runsFrom(structure: Structure, blockBytes: number): Omit<MappedRun, 'unwritten'>[] {
  return structure.extents.map(({ startBytes, endBytes, fileBytes = -1n }) => ({
    logicalBlock: Number(fileBytes) / blockBytes,
    firstBlock: Number(startBytes) / blockBytes,
    count: Number(endBytes - startBytes) / blockBytes,
  }));
}

/** In the order of the file, with what goes on without a gap as one. */
function merged(runs: readonly Omit<MappedRun, 'unwritten'>[]): string[] {
  const pieces: Omit<MappedRun, 'unwritten'>[] = [];
  for (const run of runs.toSorted((a, b) => a.logicalBlock - b.logicalBlock)) {
    const last = pieces.at(-1);
    const goesOn =
      last !== undefined &&
      last.logicalBlock + last.count === run.logicalBlock &&
      last.firstBlock + last.count === run.firstBlock;
    if (goesOn) pieces[pieces.length - 1] = { ...last, count: last.count + run.count };
    else pieces.push(run);
  }
  return pieces.map((piece) => `${piece.logicalBlock} at ${piece.firstBlock}, ${piece.count} blocks`);
}

function blocksIn(structure: Structure, key: string, blockBytes: number): number[] {
  const child = structure.children.find((one) => one.key === key);
  if (child === undefined) return [];
  return blocksOf(child, blockBytes).flatMap(({ firstBlock, count }) =>
    Array.from({ length: count }, (_, index) => firstBlock + index),
  );
}

/** The owner of every block that our structures give to an inode. */
function ownersFrom(root: Structure, blockBytes: number): string[] {
  const owners = new Map<number, number>();
  const give = (structure: Structure, inode: number): void => {
    if (isInInode(structure)) return;
    for (const { firstBlock, count } of blocksOf(structure, blockBytes)) {
      for (let block = firstBlock; block < firstBlock + count; block++) owners.set(block, inode);
    }
  };
  const visit = (structure: Structure, owner: number): void => {
    const inode = Number(fact(structure, 'inode') ?? owner);
    if (inode !== 0 && structure.key !== 'superblock') give(structure, inode);
    for (const child of structure.children) visit(child, inode);
  };
  for (const child of root.children) {
    if (child.kind !== 'group' && child.key !== 'deleted' && child.key !== 'resizeInode') visit(child, 0);
  }
  return ownedRuns(owners);
}

/** What the resize inode maps are the reserved descriptors, which are told as such. */
function expectedOwners(image: string, blocks: readonly number[]): string[] {
  const owners = ownersOf(image, blocks);
  return ownedRuns(new Map([...owners].filter(([, inode]) => inode !== RESIZE_INODE)));
}

/** Neighbours of one owner together, in the order of the disk. */
function ownedRuns(owners: ReadonlyMap<number, number>): string[] {
  const runs: { first: number; last: number; inode: number }[] = [];
  for (const [block, inode] of [...owners].sort((a, b) => a[0] - b[0])) {
    const run = runs.at(-1);
    if (run?.inode === inode && run.last + 1 === block) run.last = block;
    else runs.push({ first: block, last: block, inode });
  }
  return runs.map(({ first, last, inode }) => `${first}-${last}: inode ${inode}`);
}
