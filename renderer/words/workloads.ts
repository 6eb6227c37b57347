import type { Workload } from '#shared/contract/commands.ts';

/** A workload as a person picks it: what it does and what will be seen. */
export interface WorkloadWords {
  readonly workload: Workload;
  readonly title: string;
  readonly sentence: string;
  /** Whether it needs a disk that can be written. */
  readonly writes: boolean;
}

export const WORKLOAD_WORDS: readonly WorkloadWords[] = [
  {
    workload: 'sequential-write',
    title: 'Write in order',
    sentence: 'The disk fills row by row from its start.',
    writes: true,
  },
  {
    workload: 'sequential-read',
    title: 'Read in order',
    sentence: 'A bright edge sweeps over the disk and fades behind itself.',
    writes: false,
  },
  {
    workload: 'random-write',
    title: 'Write at random',
    sentence: 'Blocks fill all over the disk, in no order.',
    writes: true,
  },
  {
    workload: 'random-read',
    title: 'Read at random',
    sentence: 'Reads sparkle all over the disk and leave no trace.',
    writes: false,
  },
  {
    workload: 'copy',
    title: 'Copy',
    sentence: 'The first quarter is read and written again further down.',
    writes: true,
  },
  {
    workload: 'trim',
    title: 'Trim',
    sentence: 'Every other stretch is given back; the disk takes less memory.',
    writes: true,
  },
  {
    workload: 'partition-table',
    title: 'Write a partition table',
    sentence: 'A few blocks change at the very end and the very start.',
    writes: true,
  },
  {
    workload: 'log-structured',
    title: 'Log-structured writer',
    sentence: 'A front moves on and never turns back; old parts are trimmed.',
    writes: true,
  },
  {
    workload: 'update-in-place',
    title: 'Update-in-place writer',
    sentence: 'The same few blocks are written again and again.',
    writes: true,
  },
];

/** The title of a workload that the engine names; its own name where the window knows no better. */
export function workloadTitle(name: string): string {
  return WORKLOAD_WORDS.find((one) => one.workload === name)?.title ?? name;
}
