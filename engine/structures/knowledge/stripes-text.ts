import * as v from 'valibot';
import { COPY_LAYOUTS, PARITY_LAYOUTS, RAID_LEVELS } from '#shared/contract/arrays.ts';
import type { StripedRange } from '#shared/structures/striped-range.ts';

const bytes = v.pipe(v.string(), v.regex(/^\d{1,20}$/));
const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

/** How an array's data are striped on a member, as a capture keeps it: bytes as text, as they may pass 2^53. */
export const StripesSchema = v.object({
  start: bytes,
  end: bytes,
  member: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1919)),
  level: v.picklist(RAID_LEVELS),
  chunkBytes: count(2 ** 30),
  parityLayout: v.picklist(PARITY_LAYOUTS),
  copyLayout: v.picklist(COPY_LAYOUTS),
  copies: count(255),
  members: count(1920),
  memberBytes: v.nullable(bytes),
});
export type StripesText = v.InferOutput<typeof StripesSchema>;

export function textOfStripes({ startBytes, endBytes, member, shape }: StripedRange): StripesText {
  const { level, chunkBytes, parityLayout, copyLayout, copies, memberCount, memberBytes } = shape;
  return {
    start: `${startBytes}`,
    end: `${endBytes}`,
    member,
    level,
    chunkBytes,
    parityLayout,
    copyLayout,
    copies,
    members: memberCount,
    memberBytes: memberBytes === null ? null : `${memberBytes}`,
  };
}

export function stripesOfText(text: StripesText): StripedRange {
  const { start, end, member, members, memberBytes, ...shape } = text;
  return {
    startBytes: BigInt(start),
    endBytes: BigInt(end),
    member,
    shape: {
      ...shape,
      dataOffsetBytes: 0,
      memberCount: members,
      memberBytes: memberBytes === null ? null : BigInt(memberBytes),
    },
  };
}
