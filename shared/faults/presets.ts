import type { FaultRule } from '../contract/faults.ts';
import { OP_NAMES } from '../events/vocabulary.ts';

/** Rules that behave like something that happens to real disks. */
export interface FaultPreset {
  readonly id: 'bad-sector' | 'dying-disk' | 'slow-disk' | 'pulled-out' | 'full-disk';
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly teaches: string;
  /** The rules for a disk of this size. */
  rules(sizeBytes: bigint): FaultRule[];
}

/** The physical sector of today's disks, in bytes. */
const SECTOR_BYTES = 4096n;

const ALWAYS = { on: true, range: null, percent: 100, times: null, afterMs: 0, forMs: null } as const;
const ALL_OPS: FaultRule['ops'] = [...OP_NAMES];
const DATA_OPS: FaultRule['ops'] = ['read', 'write', 'trim', 'zero', 'flush'];

/** The dying disk: what each stage of its decline begins with. */
const WORSE_MS = 10_000;
const BAD_MS = 20_000;
const DEAD_MS = 40_000;

export const FAULT_PRESETS: readonly FaultPreset[] = [
  {
    id: 'bad-sector',
    name: 'Bad sector',
    teaches:
      'One block in the middle cannot be read while all else works, which nobody notices until a backup, a scrub or a rebuild reads it.',
    rules: (sizeBytes) => [
      {
        ...ALWAYS,
        name: 'bad sector',
        ops: ['read', 'cache'],
        range: middleSector(sizeBytes),
        action: { do: 'fail', error: 'EIO' },
      },
    ],
  },
  {
    id: 'dying-disk',
    name: 'Dying disk',
    teaches:
      'Answers come later and later, then some fail, and after 40 seconds none comes at all: only a timeout tells that the disk is dead.',
    rules: () => [
      { ...ALWAYS, name: 'a little slow', ops: DATA_OPS, action: { do: 'delay', ms: 5, jitterMs: 15 } },
      {
        ...ALWAYS,
        name: 'retries',
        ops: ['read', 'write'],
        action: { do: 'delay', ms: 50, jitterMs: 200 },
        percent: 20,
        afterMs: WORSE_MS,
      },
      {
        ...ALWAYS,
        name: 'first errors',
        ops: ['read', 'write'],
        action: { do: 'fail', error: 'EIO' },
        percent: 2,
        afterMs: WORSE_MS,
      },
      {
        ...ALWAYS,
        name: 'long retries',
        ops: DATA_OPS,
        action: { do: 'delay', ms: 200, jitterMs: 800 },
        percent: 30,
        afterMs: BAD_MS,
      },
      {
        ...ALWAYS,
        name: 'many errors',
        ops: ['read', 'write'],
        action: { do: 'fail', error: 'EIO' },
        percent: 15,
        afterMs: BAD_MS,
      },
      { ...ALWAYS, name: 'dead', ops: ALL_OPS, action: { do: 'freeze' }, afterMs: DEAD_MS },
    ],
  },
  {
    id: 'slow-disk',
    name: 'One slow disk',
    teaches:
      'Every answer takes 40 to 80 ms more and none fails, so that an array keeps the disk and goes at its pace.',
    rules: () => [{ ...ALWAYS, name: 'slow', ops: DATA_OPS, action: { do: 'delay', ms: 40, jitterMs: 40 } }],
  },
  {
    id: 'pulled-out',
    name: 'Disk pulled out',
    teaches:
      'Whoever asks for anything is hung up on, as if the cable were gone; clients that come back fare no better.',
    rules: () => [{ ...ALWAYS, name: 'pulled out', ops: ALL_OPS, action: { do: 'disconnect' } }],
  },
  {
    id: 'full-disk',
    name: 'Full disk',
    teaches:
      'Writes and zeroes fail with ENOSPC while reads and trims work, as on thin provisioned storage that has run out unnoticed.',
    rules: () => [
      { ...ALWAYS, name: 'full', ops: ['write', 'zero'], action: { do: 'fail', error: 'ENOSPC' } },
    ],
  },
];

/** The sector that holds the middle of the disk; the whole of a disk that is smaller than one. */
function middleSector(sizeBytes: bigint): { from: string; to: string } {
  const from = (sizeBytes / 2n / SECTOR_BYTES) * SECTOR_BYTES;
  const end = from + SECTOR_BYTES;
  return { from: `${from}`, to: `${end < sizeBytes ? end : sizeBytes}` };
}
