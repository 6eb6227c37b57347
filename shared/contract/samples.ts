/** The built-in recordings, in the order in which they are offered. */
export const SAMPLES = [
  {
    id: 'ext4',
    folder: 'ext4-blog-64M',
    logs: ['log'],
    title: 'ext4 from birth to trim',
    words: 'One disk is partitioned, formatted, mounted, filled, emptied and trimmed.',
  },
  {
    id: 'raid5',
    folder: 'raid5-story-5x64M',
    logs: ['log1', 'log2', 'log3', 'log4', 'log5'],
    title: 'RAID 5 survives',
    words: 'Five disks: md builds an array, a disk fails, the spare is rebuilt, another fails.',
  },
] as const;

export type SampleId = (typeof SAMPLES)[number]['id'];
