import type { ImageFolder } from './images.ts';
import { runTool } from './images.ts';

/** Where the first partition begins, bytes: sgdisk's default of 2048 sectors. */
export const PARTITION_BYTES = 1 << 20;

/** Makes an image with a GPT of one partition, and ext4 with 1 KiB blocks and 4 MiB of journal on it. Returns its path. */
export function gptExt4Image(folder: ImageFolder, sizeBytes: number): string {
  const path = folder.image('disk.img', sizeBytes);
  runTool('sgdisk', ['-n', '1:2048:0', '-t', '1:8300', path]);
  // sgdisk leaves 33 sectors for the backup at the end.
  const kib = Math.floor((sizeBytes - PARTITION_BYTES - 33 * 512) / 1024);
  const layout = ['-b', '1024', '-J', 'size=4', '-O', '^orphan_file'];
  runTool('mke2fs', ['-q', '-F', '-t', 'ext4', ...layout, '-E', `offset=${PARTITION_BYTES}`, path, `${kib}`]);
  return path;
}
