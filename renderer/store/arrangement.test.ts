import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import { NO_FAULTS } from '#shared/contract/faults.ts';
import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { columnsOf, hiddenDisks, inOrder, movedTo, shownDisks } from './arrangement.ts';

function session(...disks: readonly (readonly [id: number, source: number])[]): SessionInfo {
  return {
    disks: disks.map(
      ([id, source]): DiskInfo => ({
        id,
        source,
        name: `disk ${id}`,
        exportName: '',
        sizeBytes: null,
        guessedSizeBytes: null,
        faults: NO_FAULTS,
      }),
    ),
    arrays: [],
    sources: [],
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: NO_HISTORY,
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 0,
  };
}

const ids = (of: SessionInfo): readonly number[] => of.disks.map((disk) => disk.id);

describe('the order of panels', () => {
  it('is that of the logs, whichever was found first', () => {
    expect(ids(inOrder(session([0, 2], [1, 1], [2, 2]), []))).toEqual([1, 0, 2]);
  });

  it('is what a person made it, and new disks come last', () => {
    expect(ids(inOrder(session([0, 0], [1, 1], [2, 2], [3, 3]), [2, 0]))).toEqual([2, 0, 1, 3]);
  });

  it('takes a disk to where another stands, forward and back', () => {
    expect(movedTo([1, 2, 3, 4], 1, 3)).toEqual([2, 3, 1, 4]);
    expect(movedTo([1, 2, 3, 4], 4, 2)).toEqual([1, 4, 2, 3]);
    expect(movedTo([1, 2], 1, 9)).toEqual([1, 2]);
  });

  it('neither loses nor doubles a disk, and puts it where it was asked to go', () => {
    const disks = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(disks, fc.nat(), fc.nat(), (all, a, b) => {
        const disk = all[a % all.length] ?? 0;
        const to = all[b % all.length] ?? 0;
        const after = movedTo(all, disk, to);
        expect(after.toSorted()).toEqual(all.toSorted());
        expect(after.indexOf(disk)).toBe(all.indexOf(to));
      }),
    );
  });
});

describe('hidden disks', () => {
  it('have no panel and are listed apart', () => {
    const state = { session: session([0, 0], [1, 1]), hidden: [1, 7] };
    expect(shownDisks(state).map((disk) => disk.id)).toEqual([0]);
    expect(hiddenDisks(state).map((disk) => disk.id)).toEqual([1]);
  });
});

it('counts the columns in which panels stand', () => {
  const tile = (xPx: number) => ({ disk: 0, xPx, yPx: 0, widthPx: 1, heightPx: 1 });
  expect(columnsOf([tile(0), tile(10), tile(0)])).toBe(2);
  expect(columnsOf([])).toBe(1);
});
