import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { disksOfSet, setNamed } from '../md/testing/fixtures.ts';
import { ImageFolder, runTool } from './images.ts';

/** A real image, or the disks of an array, to be damaged. */
export interface FuzzSeed {
  readonly name: string;
  readonly disks: readonly Uint8Array[];
}

const MIB = 1 << 20;
const SMALL_EXT = ['-q', '-b', '1024', '-O', 'metadata_csum,64bit'];

/** Arrays of each level and each kind of superblock. */
const MD_SEEDS = [
  'raid0-unequal-alternate',
  'linear-090',
  'raid1-090-spare',
  'raid4',
  'raid5-10-spare-bitmap',
  'raid5-failed-and-rebuilt',
  'raid5-journal',
  'raid6-11',
  'raid10-f2-3',
  'raid10-o3-4',
  'ext4-on-raid5',
  'ext4-on-raid10',
];

/** How the images of one disk are made, by the programs that people use. */
const MADE: Readonly<Record<string, { readonly mib: number; make(path: string, folder: string): void }>> = {
  gpt: {
    mib: 2,
    make: (path) => {
      runTool('sgdisk', [
        '-a',
        '1',
        '-n',
        '1:40:+256K',
        '-n',
        '3:0:+512K',
        '-c',
        '3:named',
        '-n',
        '128:0:0',
        path,
      ]);
    },
  },
  mbr: {
    mib: 4,
    make: (path) => {
      const parts = 'size=512KiB, type=c, bootable\ntype=5\nsize=256KiB, type=83\nsize=256KiB\nsize=256KiB\n';
      runTool('sfdisk', [path], `label: dos\nfirst-lba: 64\ngrain: 512\n${parts}`);
    },
  },
  swap: { mib: 1, make: (path) => void runTool('mkswap', ['-L', 'swap', path]) },
  fat16: { mib: 8, make: (path, folder) => makeFat(path, folder, 16) },
  fat12: { mib: 1, make: (path, folder) => makeFat(path, folder, 12) },
  fat32: { mib: 36, make: (path, folder) => makeFat(path, folder, 32) },
  ext4: { mib: 4, make: (path, folder) => makeExt(path, folder, ['-t', 'ext4', ...SMALL_EXT]) },
  'ext4 with inline data': {
    mib: 2,
    make: (path, folder) => makeExt(path, folder, ['-t', 'ext4', ...SMALL_EXT, '-O', 'inline_data,^flex_bg']),
  },
  'ext2 with meta_bg': {
    mib: 16,
    make: (path, folder) =>
      makeExt(path, folder, ['-t', 'ext2', '-b', '1024', '-O', 'meta_bg,^resize_inode']),
  },
  ext3: { mib: 8, make: (path, folder) => makeExt(path, folder, ['-t', 'ext3', '-b', '2048']) },
};

function makeFat(path: string, folder: string, bits: number): void {
  runTool('mkfs.vfat', ['-F', String(bits), '-s', '1', path]);
  writeFileSync(join(folder, 'file'), Buffer.alloc(100_000, 7));
  runTool('mcopy', ['-i', path, join(folder, 'file'), '::file']);
}

/** With directories, a file of many extents, and one that is short. */
function makeExt(path: string, folder: string, options: readonly string[]): void {
  const tree = join(folder, 'tree');
  runTool('sh', [
    '-c',
    'rm -rf "$1"; mkdir -p "$1/a/b"; head -c 200000 /dev/urandom >"$1/a/big"; echo short >"$1/a/b/short"; ln -s short "$1/a/b/link"; ' +
      'truncate -s 3M "$1/holes"; for i in 1 9 17; do head -c 3000 /dev/urandom | dd of="$1/holes" bs=4096 seek=$i conv=notrunc status=none; done',
    '-',
    tree,
  ]);
  runTool('mke2fs', ['-q', '-F', ...options, '-d', tree, path]);
}

/** Makes all of them anew; takes a few seconds. */
export function fuzzSeeds(): readonly FuzzSeed[] {
  const folder = new ImageFolder();
  try {
    const made = Object.entries(MADE).map(([name, { mib, make }]) => {
      const path = folder.image(name.replaceAll(' ', '-'), mib * MIB);
      make(path, folder.path);
      return { name, disks: [Uint8Array.from(readFileSync(path))] };
    });
    return [...made, ...MD_SEEDS.map((name) => ({ name, disks: disksOfSet(setNamed(name)) }))];
  } finally {
    folder.remove();
  }
}
