import * as v from 'valibot';

/** How disks make up a RAID array, as a person tells it: nothing here is read from the disks. */

export const RAID_LEVELS = [0, 1, 4, 5, 6, 10] as const;
export type RaidLevel = (typeof RAID_LEVELS)[number];

/** Where parity goes round (levels 5 and 6), in md's names; left-symmetric is md's default. */
export const PARITY_LAYOUTS = [
  'left-symmetric',
  'left-asymmetric',
  'right-symmetric',
  'right-asymmetric',
  'parity-first',
  'parity-last',
] as const;

/** Where copies go (level 10), in md's names. */
export const COPY_LAYOUTS = ['near', 'far', 'offset'] as const;

const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export const ArrayLayoutSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  level: v.picklist(RAID_LEVELS),
  /** A multiple of 4096; of no meaning at level 1. */
  chunkBytes: v.pipe(bytes, v.minValue(4096), v.multipleOf(4096), v.maxValue(2 ** 30)),
  parityLayout: v.picklist(PARITY_LAYOUTS),
  copyLayout: v.picklist(COPY_LAYOUTS),
  /** Copies at level 10. */
  copies: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(8)),
  /** Where the array's data begins on each member. */
  dataOffsetBytes: bytes,
  /** Numbers of the session's disks in the order of their roles; null: that member is missing. */
  members: v.pipe(
    v.array(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)))),
    v.minLength(2),
    v.maxLength(64),
  ),
  /** Disks that wait to take a failed member's place. */
  spares: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))), v.maxLength(64)),
});
export type ArrayLayout = v.InferOutput<typeof ArrayLayoutSchema>;
