import { type ImageFolder, runTool } from '../../testing/images.ts';

/** The features that file systems are made with, each as the words that mke2fs takes, and the size of the image. */
export const VARIANTS: Readonly<
  Record<string, { readonly size: string; readonly options: readonly string[] }>
> = {
  'ext4 of 4 KiB': { size: '300M', options: ['-t', 'ext4', '-b', '4096'] },
  'ext4 of 1 KiB': { size: '96M', options: ['-t', 'ext4', '-b', '1024'] },
  'ext4 of 2 KiB without 64bit': { size: '160M', options: ['-t', 'ext4', '-b', '2048', '-O', '^64bit'] },
  'ext4 of 16 KiB': { size: '400M', options: ['-t', 'ext4', '-b', '16384'] },
  'ext4 of 64 KiB': { size: '512M', options: ['-t', 'ext4', '-b', '65536'] },
  'ext2 of 1 KiB': { size: '64M', options: ['-t', 'ext2', '-b', '1024'] },
  'ext2 of 4 KiB, revision 0': {
    size: '64M',
    options: ['-t', 'ext2', '-b', '4096', '-r', '0', '-O', 'none'],
  },
  'ext3 of 2 KiB': { size: '96M', options: ['-t', 'ext3', '-b', '2048'] },
  'copies in all groups': {
    size: '96M',
    options: ['-t', 'ext4', '-b', '1024', '-O', '^sparse_super,^resize_inode'],
  },
  'copies in two groups': {
    size: '96M',
    options: ['-t', 'ext4', '-b', '1024', '-O', 'sparse_super2,^resize_inode'],
  },
  meta_bg: { size: '300M', options: ['-t', 'ext4', '-b', '1024', '-O', 'meta_bg,^resize_inode'] },
  'meta_bg without flex_bg': {
    size: '300M',
    options: ['-t', 'ext4', '-b', '1024', '-O', 'meta_bg,^resize_inode,^flex_bg,^64bit'],
  },
  'no flex_bg, no journal': {
    size: '96M',
    options: ['-t', 'ext4', '-b', '1024', '-O', '^flex_bg,^has_journal'],
  },
  uninit_bg: { size: '96M', options: ['-t', 'ext4', '-b', '1024', '-O', 'uninit_bg,^metadata_csum'] },
  'uninit_bg without 64bit': {
    size: '96M',
    options: ['-t', 'ext4', '-b', '1024', '-O', 'uninit_bg,^metadata_csum,^64bit'],
  },
  metadata_csum_seed: { size: '64M', options: ['-t', 'ext4', '-O', 'metadata_csum_seed', '-U', 'random'] },
  bigalloc: { size: '256M', options: ['-t', 'ext4', '-b', '4096', '-O', 'bigalloc', '-C', '65536'] },
  'bigalloc of 1 KiB': {
    size: '256M',
    options: ['-t', 'ext4', '-b', '1024', '-O', 'bigalloc', '-C', '16384'],
  },
  inline_data: { size: '64M', options: ['-t', 'ext4', '-b', '4096', '-O', 'inline_data'] },
  'inline_data of 1 KiB, inodes of 512': {
    size: '64M',
    options: ['-t', 'ext4', '-b', '1024', '-I', '512', '-O', 'inline_data'],
  },
  'quota, project, orphan_file': {
    size: '96M',
    options: ['-t', 'ext4', '-b', '4096', '-O', 'quota,project,orphan_file'],
  },
  // Programs that change these images wait for seconds, to be sure that nobody else does.
  mmp: { size: '64M', options: ['-t', 'ext4', '-b', '1024', '-O', 'mmp'] },
  'inodes of 128 bytes': { size: '64M', options: ['-t', 'ext4', '-I', '128'] },
  'flexible groups of 4, lazy tables': {
    size: '200M',
    options: ['-t', 'ext4', '-b', '1024', '-G', '4', '-E', 'lazy_itable_init=1,lazy_journal_init=1'],
  },
};

/** Makes a file system in a sparse image; `from` is a folder to fill it with. */
export function makeExt(
  folder: ImageFolder,
  name: string,
  size: string,
  options: readonly string[],
  from?: string,
): string {
  const image = folder.image(name.replaceAll(/[^a-z0-9]+/gi, '-'), bytesOf(size));
  const fill = from === undefined ? [] : ['-d', from];
  runTool('mke2fs', ['-F', '-q', ...FIXED, ...options, ...fill, image]);
  return image;
}

const FIXED = [
  '-U',
  '6f1d3c55-2a0b-4c9e-9b1d-0a8d4a2f7e11',
  '-E',
  'hash_seed=0d1b2c55-2a0b-4c9e-9b1d-0a8d4a2f7e12',
];

function bytesOf(size: string): number {
  const match = /^(\d+)M$/.exec(size);
  if (match === null) throw new Error(`"${size}": write image sizes in MiB, as in 64M`);
  return Number(match[1]) * 2 ** 20;
}
