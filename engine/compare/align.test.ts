import { describe, expect, it } from 'vitest';
import { alignedMoment } from './align.ts';
import type { ComparedRecording } from './compared-recording.ts';

const FIRST_US = Date.UTC(2026, 4, 1, 22, 20, 0) * 1000;
const step = (text: string, seconds: number) =>
  ({ kind: 'caption', text, clockUs: FIRST_US + seconds * 1e6 }) as const;

const recording: ComparedRecording = {
  name: 'story',
  firstUs: FIRST_US,
  steps: [step('mkfs.xfs', 1), step('mkfs', 2), step('Mount: the journal starts', 3), step('mkfs', 9)],
  open: () => {
    throw new Error('not opened here');
  },
};

describe('alignedMoment', () => {
  it.each([
    [null, 0],
    ['', 0],
    ['mkfs', 2],
    ['MKFS.X', 1],
    ['mount', 3],
    ['+12.5', 12.5],
    ['22:20:07', 7],
  ])('takes %j for %d s after the first row', (where, seconds) => {
    expect((alignedMoment(recording, where) - FIRST_US) / 1e6).toBe(seconds);
  });

  it('says what there is where nothing is called so', () => {
    expect(() => alignedMoment(recording, 'umount')).toThrow(
      'story: "umount" is no moment of it; its steps are mkfs.xfs, mkfs, Mount, and times are written as',
    );
    expect(() => alignedMoment({ ...recording, steps: [] }, 'mkfs')).toThrow('it has no steps');
  });
});
