import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../bytes/binary.ts';
import { EventBatch, type RowInit } from '../../events/event-batch.ts';
import { Op } from '../../events/vocabulary.ts';
import { type Io, pass, ROWS_BEGIN_US, rowsOf } from '../../testing/disk-rows.ts';
import { batchesOf, rowStream } from '../../testing/streams.ts';
import { SessionState } from '../session-state.ts';
import { describeDisks, describeSets } from './describe-disks.ts';
import { phasesOf } from './phases.ts';

const SIZE = 16n << 20n;
const NUMBERS = [0, 1, 2, 3, 4, 5, 6];
const DISKS = NUMBERS.map((id) => ({ id, name: `disk ${id + 1}`, sizeBytes: SIZE }));

interface Deed {
  readonly what: 'pass' | 'rebuild' | 'in step' | 'errors' | 'scattered';
  readonly disk: number;
  readonly op: number;
  readonly seconds: number;
  readonly kib: number;
  readonly toKib: number;
}

/** Passes over some disks, alone or together, among writes in step and errors. */
const deed: fc.Arbitrary<Deed> = fc.record({
  what: fc.constantFrom<Deed['what'][]>('pass', 'rebuild', 'in step', 'errors', 'scattered'),
  disk: fc.nat(6),
  op: fc.constantFrom(Op.Read, Op.Write, Op.Zero),
  seconds: fc.double({ min: 0, max: 20, noNaN: true }),
  kib: fc.constantFrom(4, 60, 512, 1016),
  toKib: fc.integer({ min: 100, max: 16_384 }),
});

function iosOf(d: Deed): Io[] {
  const others = NUMBERS.filter((disk) => disk !== d.disk);
  const over = { seconds: d.seconds, toKib: d.toKib, kib: Math.max(d.kib, Math.ceil(d.toKib / 40)) };
  switch (d.what) {
    case 'pass': {
      // Every third request changes places with the next.
      const ios = pass({ ...over, disk: d.disk, op: d.op });
      return ios.map((io, i) => ({
        ...io,
        atKib: ios[i % 3 === 0 ? i + 1 : i % 3 === 1 ? i - 1 : i]?.atKib ?? 0,
      }));
    }
    case 'rebuild':
      return [
        ...others.flatMap((disk) => pass({ ...over, disk, mibPerSecond: 8 })),
        ...pass({ ...over, disk: d.disk, op: Op.Write, mibPerSecond: 8 }),
      ];
    case 'in step':
      return others.flatMap((disk) =>
        Array.from({ length: 20 }, (_, i) => ({
          disk,
          op: Op.Write,
          atKib: (i % 7) * d.kib,
          seconds: d.seconds + i * 0.1 + ((disk * 5 + i * (disk % 3)) % 7) * 0.001,
        })),
      );
    case 'errors':
      return [0, 1, 2].map((i) => ({ disk: d.disk, op: d.op, atKib: i, seconds: d.seconds + i, errno: 5 }));
    case 'scattered':
      return Array.from({ length: 20 }, (_, i) => ({
        disk: d.disk,
        op: d.op,
        atKib: (i * d.toKib * 31) % 16_000,
        seconds: d.seconds + i / 20,
      }));
  }
}

const stories: fc.Arbitrary<readonly RowInit[]> = fc.oneof(
  fc.array(deed, { maxLength: 6 }).map((deeds) => rowsOf(deeds.flatMap(iosOf))),
  rowStream({ disks: 4, sizeBytes: SIZE, maxRows: 150 }),
);

function applied(batches: readonly EventBatch[]): SessionState {
  const state = new SessionState();
  for (const batch of batches) state.apply(batch);
  return state;
}

/** All that is known of activity, to the last bit, and what is told of it. */
function activityOf(state: SessionState): unknown {
  const bytes = new ByteWriter();
  state.inStep.write(bytes);
  for (const disk of state.disks) disk?.activity.write(bytes);
  const told = [0, 3_000_000].map((later) => {
    const nowUs = (Number.isNaN(state.clockUs) ? ROWS_BEGIN_US : state.clockUs) + later;
    return [describeDisks, describeSets, phasesOf].map((tell) => tell(state, nowUs, DISKS));
  });
  return [bytes.finish(), told];
}

describe('the activity in a SessionState', () => {
  it('does not depend on how the rows are cut into batches', () => {
    fc.assert(
      fc.property(stories, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (rows, cuts) => {
        expect(activityOf(applied(batchesOf(rows, cuts)))).toEqual(
          activityOf(applied(batchesOf(rows, [1000]))),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('is the same when followed from a snapshot as when followed from the start', () => {
    fc.assert(
      fc.property(stories, fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
        const batches = batchesOf(rows, [3]);
        const cut = Math.floor(batches.length * share);
        const early = applied(batches.slice(0, cut));
        const late = SessionState.readSnapshot(early.snapshot().slice());
        for (const batch of batches.slice(cut)) {
          early.apply(batch);
          late.apply(EventBatch.decode(batch.encode()));
        }
        expect(activityOf(late)).toEqual(activityOf(early));
      }),
      { numRuns: 150 },
    );
  });

  it('finds no pass in random requests', () => {
    const seed = fc.array(fc.tuple(fc.nat(3), fc.nat(4095), fc.constantFrom(Op.Read, Op.Write)), {
      minLength: 200,
      maxLength: 600,
    });
    fc.assert(
      fc.property(seed, fc.constantFrom(4, 16), (requests, kib) => {
        const ios = requests.map(([disk, block, op], i) => ({
          disk,
          op,
          kib,
          atKib: block * 4 - ((block * 4) % kib),
          seconds: i / 1000,
        }));
        const state = applied(batchesOf(rowsOf(ios), [100]));
        expect(phasesOf(state, state.clockUs, DISKS)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('takes memory that does not grow with the rows', () => {
    const sizeAfter = (passes: number): number => {
      const state = new SessionState();
      for (let n = 0; n < passes; n += 1) {
        const ios = [0, 1, 2].flatMap((disk) => pass({ disk, toKib: 16_384, kib: 256, seconds: n * 10 }));
        const errors = [0, 1].map((i) => ({ atKib: i, seconds: n * 10 + 5, errno: 5 }));
        for (const batch of batchesOf(rowsOf([...ios, ...errors]), [1000])) state.apply(batch);
      }
      const bytes = new ByteWriter();
      state.inStep.write(bytes);
      for (const disk of state.disks) disk?.activity.write(bytes);
      return bytes.finish().length;
    };
    expect(sizeAfter(100)).toBe(sizeAfter(2));
  });
});
