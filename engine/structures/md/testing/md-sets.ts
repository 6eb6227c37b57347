/** The arrays that the fixtures hold, each made by mdadm and written by the kernel's md ({@link ./make-fixtures.ts}). */

export interface MdSet {
  readonly name: string;
  /** Sizes of its disks, KiB. */
  readonly disksKib: readonly number[];
  /** `pattern`: every block names itself; `files`: ext4 on a GPT partition. */
  readonly content: 'pattern' | 'files';
  /** Options of `mdadm --create` before the devices. */
  readonly create: string;
  /** Devices as `mdadm --create` takes them: numbers from 1, or `missing`; all disks where absent. */
  readonly devices?: string;
  /** Commands once the content is there; `$1`... are the disks, `$MD` the array. */
  readonly afterwards?: string;
}

const SMALL = 4096;

function disks(count: number, kib = SMALL): readonly number[] {
  return Array.from({ length: count }, () => kib);
}

const LAYOUTS = ['ls', 'la', 'rs', 'ra', 'parity-first', 'parity-last'];

const PARITY: readonly MdSet[] = LAYOUTS.flatMap((layout) => [
  {
    name: `raid5-${layout}`,
    disksKib: disks(4),
    content: 'pattern',
    create: `-l 5 -n 4 -e 1.2 -c 16 -z 512 -p ${layout}`,
  },
  {
    name: `raid6-${layout}`,
    disksKib: disks(5),
    content: 'pattern',
    create: `-l 6 -n 5 -e 1.2 -c 16 -z 512 -p ${layout}`,
  },
]);

const COPIES: readonly MdSet[] = (
  [
    ['n2', 4],
    ['n2', 3],
    ['n3', 4],
    ['f2', 4],
    ['f2', 3],
    ['f3', 4],
    ['o2', 4],
    ['o3', 4],
  ] as const
).map(([layout, count]) => ({
  name: `raid10-${layout}-${count}`,
  disksKib: disks(count),
  content: 'pattern',
  create: `-l 10 -n ${count} -e 1.2 -c 16 -z 768 -p ${layout}`,
}));

const OTHERS: readonly MdSet[] = [
  { name: 'raid0', disksKib: disks(3), content: 'pattern', create: '-l 0 -n 3 -e 1.2 -c 16' },
  {
    name: 'raid0-unequal-original',
    disksKib: [2560, 3100, 4096],
    content: 'pattern',
    create: '-l 0 -n 3 -e 1.2 -c 16 --layout=original',
  },
  {
    name: 'raid0-unequal-alternate',
    disksKib: [4096, 2560, 3100, 3100],
    content: 'pattern',
    create: '-l 0 -n 4 -e 1.0 -c 16 --layout=alternate',
  },
  {
    name: 'linear',
    disksKib: [2560, 3100, 2816],
    content: 'pattern',
    create: '-l linear -n 3 -e 1.2 --rounding=16',
  },
  {
    name: 'linear-090',
    disksKib: [320, 512],
    content: 'pattern',
    create: '-l linear -n 2 -e 0.90 --rounding=64',
  },
  { name: 'raid4', disksKib: disks(4), content: 'pattern', create: '-l 4 -n 4 -e 1.1 -c 16 -z 512' },
  {
    name: 'raid1-090-spare',
    disksKib: disks(3, 1024),
    content: 'pattern',
    create: '-l 1 -n 2 -x 1 -e 0.90 -b internal',
  },
  {
    name: 'raid1-10-bitmap-failed',
    disksKib: disks(2),
    content: 'pattern',
    create: '-l 1 -n 2 -e 1.0 -z 1024 -b internal --bitmap-chunk=16K',
    // What is written now is remembered, for when the other comes back.
    afterwards:
      'mdadm $MD --fail $2; dd if=$PATTERN of=$MD bs=16k seek=3 skip=3 count=5 oflag=direct conv=notrunc',
  },
  { name: 'raid1-11', disksKib: disks(3), content: 'pattern', create: '-l 1 -n 3 -e 1.1 -z 1024' },
  {
    name: 'raid5-090',
    disksKib: disks(4, 640),
    content: 'pattern',
    create: '-l 5 -n 3 -x 1 -e 0.90 -c 16',
  },
  {
    name: 'raid5-10-spare-bitmap',
    disksKib: disks(5),
    content: 'pattern',
    create: '-l 5 -n 4 -x 1 -e 1.0 -c 16 -z 512 -b internal --bitmap-chunk=64K',
  },
  { name: 'raid6-11', disksKib: disks(4), content: 'pattern', create: '-l 6 -n 4 -e 1.1 -c 32 -z 512' },
  {
    name: 'raid5-missing',
    disksKib: disks(3),
    content: 'pattern',
    create: '-l 5 -n 4 -e 1.2 -c 16 -z 512',
    devices: '1 missing 2 3',
  },
  {
    name: 'raid6-missing-two',
    disksKib: disks(3),
    content: 'pattern',
    create: '-l 6 -n 5 -e 1.2 -c 16 -z 512',
    devices: '1 missing 2 missing 3',
  },
  {
    name: 'raid5-failed-and-rebuilt',
    disksKib: disks(5),
    content: 'pattern',
    create: '-l 5 -n 4 -x 1 -e 1.2 -c 16 -z 512',
    afterwards: 'mdadm $MD --fail $2; sleep 1; mdadm --wait $MD',
  },
  {
    name: 'raid5-failed',
    disksKib: disks(4),
    content: 'pattern',
    create: '-l 5 -n 4 -e 1.2 -c 16 -z 512',
    afterwards:
      'mdadm $MD --fail $3; sleep 1; dd if=$PATTERN of=$MD bs=64k seek=8 skip=8 count=4 oflag=direct conv=notrunc',
  },
  {
    name: 'raid5-ppl',
    disksKib: disks(3),
    content: 'pattern',
    create: '-l 5 -n 3 -e 1.2 -c 16 -z 512 --consistency-policy=ppl',
  },
  {
    name: 'raid5-journal',
    disksKib: [...disks(3), 8192],
    content: 'pattern',
    create: '-l 5 -n 3 -e 1.2 -c 16 -z 512 --write-journal $4',
    devices: '1 2 3',
  },
];

const FILES: readonly MdSet[] = (
  [
    ['0', '-l 0 -n 3 -e 1.2 -c 64', 3, 4096],
    ['1', '-l 1 -n 2 -e 1.0', 2, 8192],
    ['4', '-l 4 -n 3 -e 1.2 -c 64', 3, 6144],
    ['5', '-l 5 -n 4 -x 1 -e 1.2 -c 64', 5, 6144],
    ['6', '-l 6 -n 4 -e 1.1 -c 32', 4, 6144],
    ['10', '-l 10 -n 4 -e 1.2 -c 64', 4, 6144],
  ] as const
).map(([level, create, count, kib]) => ({
  name: `ext4-on-raid${level}`,
  disksKib: disks(count, kib),
  content: 'files',
  create,
}));

export const MD_SETS: readonly MdSet[] = [...PARITY, ...COPIES, ...OTHERS, ...FILES];
