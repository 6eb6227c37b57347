import { type ArrayShape, chunkOf, dataChunksOf, memberOfData } from './geometry.ts';

/** Where a chunk of the array lies on a member: its `row`-th chunk from the data's beginning on. */
export interface ChunkPlace {
  readonly member: number;
  readonly row: bigint;
}

/**
 * Where the members hold a chunk of the array, counted from 0: the first copy first. The other way round from `placeInArray`, and
 * of the same sources. `far` copies need the members' size.
 */
export function placesOfChunk(array: ArrayShape, chunk: bigint): readonly ChunkPlace[] {
  const n = BigInt(array.memberCount);
  if (array.level === 1)
    return Array.from({ length: array.memberCount }, (_, member) => ({ member, row: chunk }));
  if (array.level === 0) return [{ member: Number(chunk % n), row: chunk / n }];
  if (array.level === 10) return copiesOf(array, chunk, n);
  const perStripe = BigInt(dataChunksOf(array));
  const row = chunk / perStripe;
  const index = Number(chunk % perStripe);
  return [{ member: memberOfData(array, row, index), row }];
}

function copiesOf(array: ArrayShape, chunk: bigint, n: bigint): readonly ChunkPlace[] {
  const copies = BigInt(array.copies);
  const stride = array.memberBytes === null ? 0n : array.memberBytes / chunkOf(array) / copies;
  return Array.from({ length: array.copies }, (_, i) => {
    const copy = BigInt(i);
    if (array.copyLayout === 'near') {
      const place = chunk * copies + copy;
      return { member: Number(place % n), row: place / n };
    }
    const member = Number((chunk + copy) % n);
    const stripe = chunk / n;
    return { member, row: array.copyLayout === 'far' ? copy * stride + stripe : stripe * copies + copy };
  });
}
