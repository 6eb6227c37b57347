import type { ArrayLayout } from './arrays.ts';

/** The disks of a sample that make up an array, by their places in the recording from 0. */
const STORY_ARRAY: ArrayLayout = {
  name: 'RAID 5',
  level: 5,
  chunkBytes: 65_536,
  parityLayout: 'left-symmetric',
  copyLayout: 'near',
  copies: 2,
  // The partition begins at 64 KiB, and md keeps its first MiB for itself.
  dataOffsetBytes: 65_536 + 1_048_576,
  members: [0, 1, 2, 3],
  spares: [4],
};

/** The built-in recordings, in the order in which they are offered. */
export const SAMPLES = [
  {
    id: 'ext4',
    folder: 'ext4-blog-64M',
    logs: ['log'],
    array: null,
    title: 'ext4 from birth to trim',
    words: 'One disk is partitioned, formatted, mounted, filled, emptied and trimmed.',
  },
  {
    id: 'raid5',
    folder: 'raid5-story-5x64M',
    logs: ['log1', 'log2', 'log3', 'log4', 'log5'],
    array: STORY_ARRAY,
    title: 'RAID 5 survives',
    words: 'Five disks: md builds an array, a disk fails, the spare is rebuilt, another fails.',
  },
] as const;

export type SampleId = (typeof SAMPLES)[number]['id'];
