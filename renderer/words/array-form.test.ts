import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { ArrayLayoutSchema, RAID_LEVELS } from '#shared/contract/arrays.ts';
import { draftFor, draftOfArray, readArray, withMember, withMemberCount, withSpare } from './array-form.ts';

const NONE: ReadonlySet<number> = new Set();

describe('the form of an array', () => {
  it("begins with the original's: RAID 5, 64 KiB chunks, the last of five disks a spare", () => {
    const draft = draftFor([3, 4, 5, 6, 7], 0);
    expect(draft).toMatchObject({ level: 5, chunkBytes: 65_536, members: [3, 4, 5, 6], spares: [7] });
    expect(draftFor([0, 1], 1)).toMatchObject({ name: 'md1', level: 1, members: [0, 1], spares: [] });
  });

  it('gives every disk one role: who takes a place leaves the one before', () => {
    const draft = draftFor([0, 1, 2, 3, 4], 0);
    expect(withMember(draft, 0, 2).members).toEqual([2, 1, 0, 3]);
    expect(withMember(draft, 1, 4)).toMatchObject({ members: [0, 4, 2, 3], spares: [] });
    expect(withMember(draft, 1, null).members).toEqual([0, null, 2, 3]);
    expect(withSpare(draft, 1, true)).toMatchObject({ members: [0, null, 2, 3], spares: [4, 1] });
  });

  it('fills further places with disks that have no part yet, and then with missing ones', () => {
    const draft = draftFor([0, 1, 2], 0);
    expect(withMemberCount(draft, 5, [0, 1, 2, 3]).members).toEqual([0, 1, 2, 3, null]);
    expect(withMemberCount(draft, 1, []).members).toEqual([0, 1]);
  });

  it('says at the field what is wrong', () => {
    const draft = draftFor([0, 1, 2], 0);
    const errorsOf = (change: object) => {
      const read = readArray({ ...draft, ...change }, new Set([9]));
      return 'errors' in read ? read.errors : {};
    };
    expect(errorsOf({ name: ' ' }).name).toBeDefined();
    expect(errorsOf({ level: 6 }).members).toBe('RAID 6 has at least 4 members');
    expect(errorsOf({ members: [null, null, null] }).members).toMatch(/at least one/);
    expect(errorsOf({ members: [0, 1, 9] }).members).toMatch(/one array only/);
    expect(errorsOf({ level: 10, copies: 4 }).members).toMatch(/4 copies/);
    expect(errorsOf({ dataOffset: 'far' }).dataOffset).toMatch(/"far"/);
  });

  it('reads what it shows, as the engine takes it', () => {
    const member = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.uniqueArray(member, { minLength: 4, maxLength: 64 }),
        fc.constantFrom(...RAID_LEVELS),
        fc.nat(1 << 30),
        (disks, level, offset) => {
          const made = readArray({ ...draftFor(disks, 0), level, dataOffset: `${offset}` }, NONE);
          if ('errors' in made) throw new Error(JSON.stringify(made.errors));
          expect(v.is(ArrayLayoutSchema, made.array)).toBe(true);
          expect(readArray(draftOfArray(made.array), NONE)).toEqual(made);
        },
      ),
    );
  });
});
