import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PARITY_LAYOUTS } from '../contract/arrays.ts';
import { type ArrayShape, placeInArray } from './geometry.ts';

const FOLDER = new URL('../../assets/recordings/raid5-blog-5x64M/', import.meta.url);

/** md keeps 64 KiB chunks on partitions that begin at 64 KiB; its 1.2 superblock leaves the first MiB to itself. */
const ARRAY: ArrayShape = {
  level: 5,
  chunkBytes: 65_536,
  parityLayout: 'left-symmetric',
  copyLayout: 'near',
  copies: 2,
  dataOffsetBytes: 65_536 + (1 << 20),
  memberCount: 4,
  memberBytes: 64_384n * 1024n,
};

interface Write {
  readonly member: number;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
}

/** Writes to the four members between two steps of the story. */
function writesOf(member: number, fromMs: number, toMs: number): Write[] {
  const text = readFileSync(new URL(`log${member + 1}`, FOLDER), 'utf8');
  const line = /^(\S+) (\S+) connection=\d+ Write id=\d+ offset=(0x\w+) count=(0x\w+)/gm;
  return [...text.matchAll(line)].flatMap(([, day, time, offset, count]) => {
    const atMs = Date.parse(`${day}T${time?.slice(0, 12)}Z`);
    const from = Number(offset);
    return atMs < fromMs || atMs >= toMs ? [] : [{ member, atMs, from, to: from + Number(count) }];
  });
}

function stepMs(name: string): number {
  const line = readFileSync(new URL('steps', FOLDER), 'utf8')
    .split('\n')
    .find((text) => text.includes(name));
  const time = /\d\d:\d\d:\d\d\.\d{3}/.exec(line ?? '')?.[0];
  if (time === undefined) throw new Error(`no step "${name}"`);
  return Date.parse(`2026-11-20T${time}Z`);
}

/** Of the bytes written as data, the share whose parity was written within 100 ms at the same place of its member. */
function shareWithParity(array: ArrayShape): number {
  const writes = [0, 1, 2, 3].flatMap((member) => writesOf(member, stepMs('mkfs'), stepMs('rm')));
  expect(writes.length).toBeGreaterThan(300);
  let data = 0;
  let kept = 0;
  for (const write of writes) {
    for (let byte = write.from; byte < write.to; byte += 4096) {
      if (placeInArray(array, write.member, BigInt(byte))?.role.kind !== 'data') continue;
      data += 1;
      const parity = [0, 1, 2, 3].find(
        (member) => placeInArray(array, member, BigInt(byte))?.role.kind === 'parity',
      );
      const isKept = writes.some(
        (other) =>
          other.member === parity &&
          other.from <= byte &&
          other.to > byte &&
          Math.abs(other.atMs - write.atMs) < 100,
      );
      if (isKept) kept += 1;
    }
  }
  return kept / data;
}

describe('the recording of a RAID 5', () => {
  it('writes parity where the layout has it, with the data of the same stripe', () => {
    expect(shareWithParity(ARRAY)).toBe(1);
  });

  it('does not where parity lies elsewhere: whole stripes are written too, but not they alone', () => {
    // Both left layouts have their parity in the same places.
    for (const parityLayout of PARITY_LAYOUTS.filter((name) => !name.startsWith('left'))) {
      expect(shareWithParity({ ...ARRAY, parityLayout }), parityLayout).toBeLessThan(0.95);
    }
    const chunkLater = { ...ARRAY, dataOffsetBytes: ARRAY.dataOffsetBytes + ARRAY.chunkBytes };
    expect(shareWithParity(chunkLater)).toBeLessThan(0.95);
  });
});
