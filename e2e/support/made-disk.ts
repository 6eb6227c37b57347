import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BLOCK = 4096;
/** sgdisk's default: 2048 sectors. */
const PARTITION_BLOCK = 256;
/** Before the backup of the partition table. */
const PARTITION_MIB = 60;

/** An image of 64 MiB: a GPT with one partition, and ext4 with files on it, by the tools that everybody makes them with. */
export interface MadeDisk {
  readonly path: string;
  /** Blocks of the disk that belong to the journal, and to `/docs/hello.txt`, in order, as debugfs tells. */
  readonly journal: readonly number[];
  readonly hello: readonly number[];
}

/** Makes it in a folder. */
export async function makeDisk(folder: string): Promise<MadeDisk> {
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'docs'), { recursive: true });
  writeFileSync(join(tree, 'docs/hello.txt'), Buffer.alloc(5 * BLOCK, 'hello'));
  writeFileSync(join(tree, 'docs/large.bin'), Buffer.alloc(700 * BLOCK, 7));
  const path = join(folder, 'disk.img');
  writeFileSync(path, '');
  await truncate(path, 64 << 20);
  await run('sgdisk', ['-n', `1:2048:+${PARTITION_MIB}M`, path]);
  const fs = join(folder, 'ext4.img');
  writeFileSync(fs, '');
  await truncate(fs, PARTITION_MIB << 20);
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', String(BLOCK), '-J', 'size=4', '-d', tree, fs]);
  await run('dd', [`if=${fs}`, `of=${path}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
  return { path, journal: await blocksOf(fs, '<8>'), hello: await blocksOf(fs, '/docs/hello.txt') };
}

async function blocksOf(image: string, file: string): Promise<readonly number[]> {
  const { stdout } = await run('debugfs', ['-R', `blocks ${file}`, image]);
  return stdout
    .trim()
    .split(/\s+/)
    .map((block) => Number(block) + PARTITION_BLOCK);
}
