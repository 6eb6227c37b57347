import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPY_LAYOUTS, PARITY_LAYOUTS, RAID_LEVELS } from '../contract/arrays.ts';
import { placesOfChunk } from './chunk-places.ts';
import { type ArrayShape, chunkOf, memberOfData, placeInArray } from './geometry.ts';

const CHUNK_BYTES = 16_384;

const arrays = fc
  .record({
    level: fc.constantFrom(...RAID_LEVELS),
    memberCount: fc.integer({ min: 4, max: 12 }),
    parityLayout: fc.constantFrom(...PARITY_LAYOUTS),
    copyLayout: fc.constantFrom(...COPY_LAYOUTS),
    copies: fc.integer({ min: 2, max: 4 }),
    rows: fc.bigInt({ min: 64n, max: 1n << 42n }),
  })
  .map(({ rows, ...rest }): ArrayShape & { readonly memberBytes: bigint } => ({
    ...rest,
    chunkBytes: CHUNK_BYTES,
    dataOffsetBytes: 0,
    memberBytes: rows * BigInt(CHUNK_BYTES),
  }));

describe('placesOfChunk', () => {
  it('leads back to the chunk from each place, and to as many places as there are copies', () => {
    fc.assert(
      fc.property(arrays, fc.bigInt({ min: 0n, max: 60n }), (array, chunk) => {
        const chunkBytes = chunkOf(array);
        const places = placesOfChunk(array, chunk);
        for (const [copy, { member, row }] of places.entries()) {
          const found = placeInArray(array, member, row * chunkBytes);
          expect(found?.arrayByte).toBe(chunk * chunkBytes);
          expect(found?.role).toMatchObject({ kind: 'data', copy });
        }
        const copies = array.level === 1 ? array.memberCount : array.level === 10 ? array.copies : 1;
        expect(new Set(places.map(({ member, row }) => `${member} ${row}`)).size).toBe(copies);
      }),
    );
  });
});

describe('memberOfData', () => {
  it('names each member without parity once a stripe', () => {
    fc.assert(
      fc.property(arrays, fc.bigInt({ min: 0n, max: 1n << 40n }), (array, stripe) => {
        fc.pre(array.level >= 4 && array.level <= 6);
        const data = array.memberCount - (array.level === 6 ? 2 : 1);
        for (let index = 0; index < data; index += 1) {
          const member = memberOfData(array, stripe, index);
          const place = placeInArray({ ...array, memberBytes: null }, member, stripe * BigInt(CHUNK_BYTES));
          expect(place?.role).toEqual({ kind: 'data', index, copy: 0 });
        }
      }),
    );
  });
});
