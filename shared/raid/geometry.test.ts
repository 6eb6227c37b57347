import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPY_LAYOUTS, PARITY_LAYOUTS, RAID_LEVELS } from '../contract/arrays.ts';
import { type ArrayShape, chunkOf, dataChunksOf, partsOfStripe, placeInArray } from './geometry.ts';

const KIB64 = 65_536;

function shape(more: Partial<ArrayShape>): ArrayShape {
  return {
    level: 5,
    chunkBytes: KIB64,
    parityLayout: 'left-symmetric',
    copyLayout: 'near',
    copies: 2,
    dataOffsetBytes: 0,
    memberCount: 4,
    memberBytes: null,
    ...more,
  };
}

/** A stripe as people draw it: a word a member, data chunks by their number in the array. */
function drawn(array: ArrayShape, row: number): string {
  return Array.from({ length: array.memberCount }, (_, member) => {
    const place = placeInArray(array, member, BigInt(row) * chunkOf(array));
    if (place === null) return '-';
    if (place.role.kind !== 'data') return place.role.kind === 'parity' ? 'P' : 'Q';
    return String(Number((place.arrayByte ?? -1n) / chunkOf(array)));
  }).join(' ');
}

function table(array: ArrayShape, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => drawn(array, row));
}

describe('placeInArray', () => {
  // Tables as md's documentation and mdadm's manual draw them.
  it.each([
    ['left-symmetric', ['0 1 2 P', '4 5 P 3', '8 P 6 7', 'P 9 10 11', '12 13 14 P']],
    ['left-asymmetric', ['0 1 2 P', '3 4 P 5', '6 P 7 8', 'P 9 10 11', '12 13 14 P']],
    ['right-symmetric', ['P 0 1 2', '5 P 3 4', '7 8 P 6', '9 10 11 P', 'P 12 13 14']],
    ['right-asymmetric', ['P 0 1 2', '3 P 4 5', '6 7 P 8', '9 10 11 P', 'P 12 13 14']],
    ['parity-first', ['P 0 1 2', 'P 3 4 5', 'P 6 7 8', 'P 9 10 11', 'P 12 13 14']],
    ['parity-last', ['0 1 2 P', '3 4 5 P', '6 7 8 P', '9 10 11 P', '12 13 14 P']],
  ] as const)('lays level 5 out as %s', (parityLayout, wanted) => {
    expect(table(shape({ parityLayout }), 5)).toEqual(wanted);
  });

  it.each([
    ['left-symmetric', ['Q 0 1 2 P', '3 4 5 P Q', '7 8 P Q 6', '11 P Q 9 10', 'P Q 12 13 14']],
    ['left-asymmetric', ['Q 0 1 2 P', '3 4 5 P Q', '6 7 P Q 8', '9 P Q 10 11', 'P Q 12 13 14']],
    ['right-symmetric', ['P Q 0 1 2', '5 P Q 3 4', '7 8 P Q 6', '9 10 11 P Q', 'Q 12 13 14 P']],
    ['right-asymmetric', ['P Q 0 1 2', '3 P Q 4 5', '6 7 P Q 8', '9 10 11 P Q', 'Q 12 13 14 P']],
    ['parity-first', ['P Q 0 1 2', 'P Q 3 4 5', 'P Q 6 7 8', 'P Q 9 10 11', 'P Q 12 13 14']],
    ['parity-last', ['0 1 2 P Q', '3 4 5 P Q', '6 7 8 P Q', '9 10 11 P Q', '12 13 14 P Q']],
  ] as const)('lays level 6 out as %s', (parityLayout, wanted) => {
    expect(table(shape({ level: 6, memberCount: 5, parityLayout }), 5)).toEqual(wanted);
  });

  it('keeps the parity of level 4 on the last member and stripes level 0 over all', () => {
    expect(table(shape({ level: 4 }), 2)).toEqual(['0 1 2 P', '3 4 5 P']);
    expect(table(shape({ level: 0 }), 2)).toEqual(['0 1 2 3', '4 5 6 7']);
  });

  // Tables as md(4) describes them.
  it.each([
    ['near', 2, 4, ['0 0 1 1', '2 2 3 3']],
    ['near', 2, 3, ['0 0 1', '1 2 2', '3 3 4']],
    ['near', 3, 4, ['0 0 0 1', '1 1 2 2', '2 3 3 3']],
    ['offset', 2, 4, ['0 1 2 3', '3 0 1 2', '4 5 6 7', '7 4 5 6']],
    ['offset', 3, 3, ['0 1 2', '2 0 1', '1 2 0', '3 4 5']],
    ['far', 2, 4, ['0 1 2 3', '4 5 6 7', '3 0 1 2', '7 4 5 6', '- - - -']],
    ['far', 2, 3, ['0 1 2', '3 4 5', '2 0 1', '5 3 4']],
  ] as const)(
    'lays level 10 out %s with %d copies on %d members',
    (copyLayout, copies, memberCount, wanted) => {
      const memberBytes = copyLayout === 'far' ? BigInt(5 * KIB64) : null;
      const array = shape({ level: 10, copyLayout, copies, memberCount, memberBytes });
      expect(table(array, wanted.length)).toEqual(wanted);
    },
  );

  it('mirrors level 1 whole', () => {
    const array = shape({ level: 1, memberCount: 3, dataOffsetBytes: 1 << 20 });
    expect(placeInArray(array, 2, (1n << 20n) + 5000n)).toEqual({
      stripe: 1n,
      role: { kind: 'data', index: 0, copy: 2 },
      arrayByte: 5000n,
    });
    expect(partsOfStripe(array, 1n).map((part) => part.firstByte)).toEqual(
      Array.from({ length: 3 }, () => (1n << 20n) + 4096n),
    );
  });

  it('knows nothing before the data, past the members’ end or of a member that there is not', () => {
    const array = shape({ dataOffsetBytes: 1 << 20, memberBytes: 1n << 20n });
    expect(placeInArray(array, 0, (1n << 20n) - 1n)).toBeNull();
    expect(placeInArray(array, 0, 2n << 20n)).toBeNull();
    expect(placeInArray(array, 4, 1n << 20n)).toBeNull();
    expect(placeInArray(array, 3, (2n << 20n) - 1n)).not.toBeNull();
  });
});

const arrays = fc
  .record({
    level: fc.constantFrom(...RAID_LEVELS),
    memberCount: fc.integer({ min: 4, max: 12 }),
    chunkShift: fc.integer({ min: 12, max: 20 }),
    parityLayout: fc.constantFrom(...PARITY_LAYOUTS),
    copyLayout: fc.constantFrom(...COPY_LAYOUTS),
    copies: fc.integer({ min: 2, max: 4 }),
    dataOffsetBytes: fc.constantFrom(0, 4096, 1 << 20, 264 << 20),
    memberChunks: fc.bigInt({ min: 64n, max: 1n << 42n }),
  })
  .map(({ chunkShift, memberChunks, ...rest }) => ({
    ...rest,
    chunkBytes: 2 ** chunkShift,
    memberBytes: memberChunks << BigInt(chunkShift),
  }));

describe('partsOfStripe', () => {
  it('has, for every member and byte, a part that holds it in the role it has', () => {
    fc.assert(
      fc.property(
        arrays,
        fc.nat(),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (array, m, share) => {
          const member = m % array.memberCount;
          const within = BigInt(Math.floor(share * 1e15)) * (array.memberBytes / 1_000_000_000_000_000n + 1n);
          const byte = BigInt(array.dataOffsetBytes) + (within % array.memberBytes);
          const place = placeInArray(array, member, byte);
          if (place === null) return;
          const parts = partsOfStripe(array, place.stripe).filter(
            (part) => part.member === member && byte >= part.firstByte && byte < part.endByte,
          );
          expect(parts).toHaveLength(1);
          expect(parts[0]?.role).toEqual(place.role);
        },
      ),
    );
  });

  it('holds each data chunk of its stripe once a copy, and one P and one Q where there is parity', () => {
    fc.assert(
      fc.property(arrays, fc.bigInt({ min: 0n, max: 15n }), (array, stripe) => {
        const parts = partsOfStripe(array, stripe);
        const roles = parts.map((part) => part.role);
        const parities = roles.filter((role) => role.kind === 'parity').length;
        expect(parities).toBe(array.level >= 4 && array.level <= 6 ? 1 : 0);
        expect(roles.filter((role) => role.kind === 'q')).toHaveLength(array.level === 6 ? 1 : 0);
        if (array.level === 10 || array.level === 1) return;
        const data = roles.flatMap((role) => (role.kind === 'data' ? [role.index] : []));
        expect(data.sort((a, b) => a - b)).toEqual(Array.from({ length: dataChunksOf(array) }, (_, k) => k));
      }),
    );
  });

  it('keeps the copies of a chunk on members of their own', () => {
    fc.assert(
      fc.property(arrays, fc.bigInt({ min: 0n, max: 15n }), (given, stripe) => {
        const array: ArrayShape = { ...given, level: 10 };
        const members = new Map<bigint, number[]>();
        for (let near = -1n; near <= 1n; near += 1n) {
          if (stripe + near < 0n) continue;
          for (const part of partsOfStripe(array, stripe + near)) {
            const chunk =
              (placeInArray(array, part.member, part.firstByte)?.arrayByte ?? 0n) / chunkOf(array);
            members.set(chunk, [...(members.get(chunk) ?? []), part.member]);
          }
        }
        for (const holders of members.values()) {
          expect(new Set(holders).size).toBe(holders.length);
          expect(holders.length).toBeLessThanOrEqual(array.copies);
        }
      }),
    );
  });
});
