import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../../testing/images.ts';
import { debugfs } from './debugfs.ts';

/** Files that a folder gets: so many small ones, each in one of these forms. */
const SMALL_FILES = 120;
const DEEP_LEVELS = 30;
/** Pieces of a file with holes: enough for an extent tree of two levels below its root, with blocks of 4 KiB. */
const PIECES = 1500;

/**
 * Fills a folder with more than 200 files of the shapes that file systems store in different ways: empty, tiny, of just under
 * and over what fits into an inode, sparse, in many pieces, large, with long and odd names, nested deeply, with hard links and
 * symlinks short and long.
 */
export function fillWithShapes(folder: string): void {
  mkdirSync(join(folder, 'small'));
  for (let index = 0; index < SMALL_FILES; index++) {
    writeFileSync(join(folder, 'small', `file-${index}`), 'x'.repeat(sizeOf(index)));
  }
  writeFileSync(join(folder, `long-${'n'.repeat(250)}`), 'a long name');
  writeFileSync(join(folder, 'näme with späces ☃'), 'a name that is not ASCII');
  writeFileSync(join(folder, 'line\nbreak'), 'a name with a control character');
  writePieces(join(folder, 'pieces'), PIECES, 8192);
  writePieces(join(folder, 'two pieces far apart'), 2, 40 << 20);
  writeFileSync(join(folder, 'large'), Buffer.alloc(6 << 20, 'large '));
  addDirectories(folder);
  addLinks(folder);
}

function sizeOf(index: number): number {
  const sizes = [
    0, 1, 10, 59, 60, 61, 100, 150, 159, 160, 200, 1023, 1024, 1025, 4095, 4096, 5000, 12289, 70000,
  ];
  return sizes[index % sizes.length] ?? 0;
}

function writePieces(path: string, pieces: number, everyBytes: number): void {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(4096, 'p');
  for (let index = 0; index < pieces; index++) writeSync(file, piece, 0, piece.length, index * everyBytes);
  closeSync(file);
}

function addDirectories(folder: string): void {
  let deep = folder;
  for (let level = 0; level < DEEP_LEVELS; level++) {
    deep = join(deep, `level-${level}`);
    mkdirSync(deep);
    writeFileSync(join(deep, 'here'), `level ${level}`);
  }
  mkdirSync(join(folder, 'empty'));
  // Enough names for several blocks, so that an index by hash is worth making.
  const many = join(folder, 'many');
  mkdirSync(many);
  for (let index = 0; index < 400; index++) {
    writeFileSync(join(many, `a name of some length, number ${index}`), '');
  }
  // Names that fit into an inode, of 128 bytes, of 256 and not.
  for (const names of [1, 3, 8, 20]) {
    const few = join(folder, `with-${names}-names`);
    mkdirSync(few);
    for (let index = 0; index < names; index++) writeFileSync(join(few, `n${index}`), '');
  }
}

function addLinks(folder: string): void {
  const links = join(folder, 'links');
  mkdirSync(links);
  writeFileSync(join(links, 'first'), 'linked three times');
  linkSync(join(links, 'first'), join(links, 'second'));
  linkSync(join(links, 'first'), join(folder, 'empty', 'third'));
  for (const length of [1, 20, 59, 60, 61, 100, 200, 1000]) {
    symlinkSync('t'.repeat(length), join(links, `to-${length}`));
  }
}

/** The file that {@link roughen} writes into the gaps. */
const FILL_BYTES = 3 << 20;

/**
 * Does to a filled image what wears file systems: a file in pieces between others, extents that are reserved but not written,
 * holes, attributes in blocks of their own, devices, deleted files, and directories with an index by hash.
 */
export function roughen(image: string): void {
  writeFileSync(`${image}.fill`, Buffer.alloc(FILL_BYTES, 'fill'));
  const commands: string[] = [];
  // Every other small file goes, and what comes next falls into the gaps.
  for (let index = 0; index < SMALL_FILES; index += 2) commands.push(`rm /small/file-${index}`);
  commands.push(`write ${image}.fill /in-the-gaps`, 'punch /large 10 20', 'fallocate /large 7000 7100');
  commands.push('mknod a-pipe p', 'mknod a-device b 8 1', 'mknod a-terminal c 4 64');
  commands.push(`ea_set /small/file-1 user.long ${'v'.repeat(600)}`);
  commands.push('ea_set /small/file-3 user.short value');
  commands.push(`ea_set /large user.long ${'w'.repeat(700)}`);
  debugfs(image, commands, true);
  indexDirectories(image);
}

/** What e2fsck does with -D; a status of 1 says that it did. */
function indexDirectories(image: string): void {
  runTool('sh', ['-c', 'e2fsck -fyD "$1" || [ $? -eq 1 ]', '-', image]);
}
