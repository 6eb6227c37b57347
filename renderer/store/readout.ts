import { BLOCK_SHIFT } from '#shared/model/block-state.ts';
import type { SessionState } from '#shared/model/session-state.ts';

/** A place in hand: under the pointer, or where the keyboard cursor stands. */
export interface Cursor {
  readonly disk: number;
  readonly block: number;
  /** 512-byte sector within the block, 0 to 7. */
  readonly sector: number;
  readonly by: 'pointer' | 'keys';
  /** Stays where it is when the pointer moves on. */
  readonly kept: boolean;
}

/** What is known of the block in hand. */
export interface Readout {
  readonly disk: number;
  readonly block: number;
  readonly sector: number;
  readonly kept: boolean;
  readonly offsetBytes: bigint;
  /** First sector of the block, counted from the start of the disk; exact, as sectors need 54 bits. */
  readonly firstSector: bigint;
  readonly state: number;
  readonly lastOp: number | null;
  /** Session time since the last request ended here, µs; null when nothing is known. */
  readonly ageUs: number | null;
  readonly latencyUs: number | null;
  readonly errno: number;
  readonly reads: number | null;
  readonly writes: number | null;
  readonly sectors: readonly number[];
  readonly inFlight: number;
}

/** Reads out the block under `cursor` at session time `clockUs`; null when the disk has shown nothing yet. */
export function readOut(state: SessionState, cursor: Cursor, clockUs: number): Readout | null {
  const disk = state.disks[cursor.disk];
  if (disk === undefined) return null;
  const info = disk.model.blockInfo(cursor.block);
  const offsetBytes = BigInt(cursor.block) << BigInt(BLOCK_SHIFT);
  return {
    disk: cursor.disk,
    block: cursor.block,
    sector: cursor.sector,
    kept: cursor.kept,
    offsetBytes,
    firstSector: offsetBytes >> 9n,
    state: info.state,
    lastOp: info.lastOp === 255 ? null : info.lastOp,
    ageUs: info.lastMs === null || info.lastMs === 0 ? null : ageUs(state, info.lastMs, clockUs),
    latencyUs: info.latencyUs === null || Number.isNaN(info.latencyUs) ? null : info.latencyUs,
    errno: info.errno,
    reads: info.reads,
    writes: info.writes,
    sectors: info.sectors,
    inFlight: countInFlight(state, cursor.disk, cursor.block),
  };
}

function ageUs(state: SessionState, lastMs: number, clockUs: number): number | null {
  if (Number.isNaN(clockUs) || Number.isNaN(state.epochMs)) return null;
  return Math.max(0, (state.msOf(clockUs) - lastMs) * 1000);
}

function countInFlight(state: SessionState, disk: number, block: number): number {
  const table = state.disks[disk]?.inFlight;
  if (table === undefined || table.count === 0) return 0;
  let count = 0;
  for (let slot = 0; slot < table.slotEnd; slot += 1) {
    if (table.active[slot] !== 1) continue;
    const first = table.firstSector[slot] ?? 0;
    const end = table.endSector[slot] ?? 0;
    if (first < (block + 1) * 8 && end > block * 8) count += 1;
  }
  return count;
}
