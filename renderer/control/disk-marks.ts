import type { ArrayLayout } from '#shared/contract/arrays.ts';
import type { FaultChange, FaultRule } from '#shared/contract/faults.ts';
import type { DiskInfo, SessionInfo } from '#shared/contract/messages.ts';
import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import {
  type ArrayShape,
  chunkOf,
  type MemberRole,
  partsOfStripe,
  placeInArray,
} from '#shared/raid/geometry.ts';
import type { MarkKind, RangeMark } from '../grid/marks.ts';
import type { Selection } from '../store/app-store.ts';

/** A longer selection marks this many of its stripes, from its start. */
const MOST_STRIPES = 1000;
/** A chunk is far larger than a block; steps of this size miss none. */
const BLOCK = BigInt(2 ** BLOCK_SHIFT);

/** What the marks of a window follow from. */
export interface MarkInput {
  readonly session: Pick<SessionInfo, 'disks' | 'arrays'> | null;
  readonly selection: Selection | null;
  /** The block in hand; its stripe is marked where nothing is selected. */
  readonly cursor: { readonly disk: number; readonly block: number } | null;
  /** What made the disks fail at the moment of the past that is shown; null while that is now. */
  readonly past: PastFaults | null;
}

/** By disk number; null where nothing had ever changed what makes it fail. */
type PastFaults = readonly (FaultChange | null)[];

/** How the disks of a state could fail. Where that is as in `before` it is the same array. */
export function faultsIn(state: SessionState, before: PastFaults | null): PastFaults {
  const now = Array.from(state.disks, (disk) => disk?.faults ?? null);
  const isSame = before?.length === now.length && before.every((faults, disk) => faults === now[disk]);
  return isSame ? before : now;
}

/** Marks by disk. Where a disk's are as they were in `before` its array is the same one. */
export function marksOf(
  input: MarkInput,
  before: ReadonlyMap<number, readonly RangeMark[]>,
): ReadonlyMap<number, readonly RangeMark[]> {
  const marks = new Map<number, RangeMark[]>();
  const add = (disk: number, mark: RangeMark): void => {
    const list = marks.get(disk);
    if (list === undefined) marks.set(disk, [mark]);
    else list.push(mark);
  };
  const { session, selection, cursor, past } = input;
  for (const disk of session?.disks ?? []) {
    const rules = past === null ? rulesInForce(disk) : (past[disk.id]?.rules ?? []).filter(({ on }) => on);
    for (const mark of faultMarks(rules)) add(disk.id, mark);
  }
  if (session !== null) addStripes(session, selection ?? aroundCursor(cursor), add);
  if (selection !== null) add(selection.disk, { ...selection, kind: 'selection' });
  return new Map([...marks].map(([disk, list]) => [disk, sameAs(before.get(disk), list)]));
}

function aroundCursor(cursor: MarkInput['cursor']): Selection | null {
  if (cursor === null) return null;
  return { disk: cursor.disk, firstBlock: cursor.block, endBlock: cursor.block + 1 };
}

function sameAs(before: readonly RangeMark[] | undefined, now: readonly RangeMark[]): readonly RangeMark[] {
  const same =
    before?.length === now.length &&
    before.every((mark, i) => {
      const other = now[i];
      return (
        mark.kind === other?.kind && mark.firstBlock === other.firstBlock && mark.endBlock === other.endBlock
      );
    });
  return same ? before : now;
}

function rulesInForce(disk: DiskInfo): readonly FaultRule[] {
  return disk.faults.rules.flatMap(({ rule, state }) => (state === 'off' || state === 'over' ? [] : [rule]));
}

/** Ranges of a disk in which a rule is on. */
function faultMarks(rules: readonly FaultRule[]): readonly RangeMark[] {
  return rules.flatMap(({ range }) =>
    range === null ? [] : [blocksOf(BigInt(range.from), BigInt(range.to), 'fault')],
  );
}

/** The blocks that bytes [from, to) touch. */
function blocksOf(from: bigint, to: bigint, kind: MarkKind): RangeMark {
  return { firstBlock: Number(from / BLOCK), endBlock: Number((to + BLOCK - 1n) / BLOCK), kind };
}

function kindOf(array: ArrayLayout, role: MemberRole): MarkKind {
  if (role.kind === 'parity') return 'stripe-parity';
  if (role.kind === 'q') return 'stripe-q';
  return array.level === 1 || role.copy > 0 ? 'mirror' : 'stripe-data';
}

/** How an array lies on disks of these sizes: each member is used as far as the smallest reaches. */
export function shapeOf(array: ArrayLayout, disks: readonly DiskInfo[]): ArrayShape {
  const sizes = array.members.flatMap((id) => {
    const size = disks.find((disk) => disk.id === id)?.sizeBytes ?? null;
    return size === null ? [] : [BigInt(size)];
  });
  const smallest = sizes.length === 0 ? null : sizes.reduce((a, b) => (b < a ? b : a));
  const offset = BigInt(array.dataOffsetBytes);
  const memberBytes = smallest === null ? null : smallest > offset ? smallest - offset : 0n;
  return { ...array, memberCount: array.members.length, memberBytes };
}

function addStripes(
  session: Pick<SessionInfo, 'disks' | 'arrays'>,
  range: Selection | null,
  add: (disk: number, mark: RangeMark) => void,
): void {
  if (range === null) return;
  for (const array of session.arrays) {
    const member = array.members.indexOf(range.disk);
    if (member < 0) continue;
    const shape = shapeOf(array, session.disks);
    for (const stripe of stripesOf(shape, member, range)) {
      for (const part of partsOfStripe(shape, stripe)) {
        const disk = array.members[part.member] ?? null;
        if (disk !== null) add(disk, blocksOf(part.firstByte, part.endByte, kindOf(array, part.role)));
      }
    }
  }
}

/** The stripes that a range of a member's blocks touches, the first {@link MOST_STRIPES} of them. */
function stripesOf(shape: ArrayShape, member: number, range: Selection): ReadonlySet<bigint> {
  const stripes = new Set<bigint>();
  const chunkBytes = chunkOf(shape);
  const offset = BigInt(shape.dataOffsetBytes);
  const end = BigInt(range.endBlock) * BLOCK;
  let byte = BigInt(range.firstBlock) * BLOCK;
  if (byte < offset) byte = offset;
  while (byte < end && stripes.size < MOST_STRIPES) {
    const place = placeInArray(shape, member, byte);
    if (place === null) break;
    stripes.add(place.stripe);
    byte += chunkBytes - ((byte - offset) % chunkBytes);
  }
  return stripes;
}
