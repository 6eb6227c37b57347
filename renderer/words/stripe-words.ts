import { thousands } from '#shared/bytes/size.ts';
import type { ArrayLayout } from '#shared/contract/arrays.ts';
import { type ArrayPlace, type ArrayShape, placeInArray } from '#shared/raid/geometry.ts';
import { formatHex, formatOffset } from './format.ts';

/** What a place on a disk is to the array that the disk is part of. */
export interface StripeWords {
  /** The array, and the disk's place in it: `md0 · member 2`. */
  readonly array: string;
  /** `stripe 12 · data 1`, `stripe 12 · parity`. */
  readonly stripe: string;
  /** The byte of the array that stands here; `–` where it is parity. */
  readonly offset: string;
}

/**
 * Says it, for the byte `byte` of the disk `disk`; null when the disk is part of no array.
 * @param shapeOf how an array lies on its disks.
 */
export function stripeWords(
  arrays: readonly ArrayLayout[],
  disk: number,
  byte: bigint,
  shapeOf: (array: ArrayLayout) => ArrayShape,
): StripeWords | null {
  const spareOf = arrays.find((array) => array.spares.includes(disk));
  if (spareOf !== undefined) return { array: `${spareOf.name} · spare`, stripe: 'none yet', offset: '–' };
  const array = arrays.find((candidate) => candidate.members.includes(disk));
  if (array === undefined) return null;
  const member = array.members.indexOf(disk);
  const name = `${array.name} · member ${member}`;
  const place = placeInArray(shapeOf(array), member, byte);
  if (place === null) return { array: name, stripe: 'none: beside its data', offset: '–' };
  return {
    array: name,
    stripe: `${thousands(place.stripe)} · ${roleWords(array, place)}`,
    offset:
      place.arrayByte === null ? '–' : `${formatHex(place.arrayByte)} · ${formatOffset(place.arrayByte)}`,
  };
}

function roleWords(array: ArrayLayout, { role }: ArrayPlace): string {
  switch (role.kind) {
    case 'parity':
      return array.level === 6 ? 'parity P' : 'parity';
    case 'q':
      return 'parity Q';
    case 'data':
      if (array.level === 1) return `copy ${role.copy + 1}`;
      return role.copy === 0 ? `data ${role.index}` : `copy ${role.copy + 1} of data ${role.index}`;
  }
}
