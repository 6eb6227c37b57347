import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { RECENT_CAPACITY } from '#shared/model/recent-requests.ts';
import type { SessionState } from '#shared/model/session-state.ts';

const SECTOR_BYTES = 512n;

/**
 * The requests that are in flight in a state, with their sequence numbers, in the order of these. Of one that has long left
 * the list of recent requests only operation, sectors and time are known; its number is then 0.
 */
export function requestsInFlight(state: SessionState): {
  readonly requests: EventBatch;
  readonly sequences: Float64Array;
} {
  const found: { sequence: number; row: Parameters<EventBatch['push']>[0] }[] = [];
  const { recent } = state;
  for (const [disk, of] of state.disks.entries()) {
    if (of === undefined) continue;
    const table = of.inFlight;
    for (let slot = 0; slot < table.slotEnd; slot += 1) {
      if (table.active[slot] !== 1) continue;
      const number = table.sequence[slot] ?? 0;
      const clockUs = table.clockUs[slot] ?? Number.NaN;
      const base = { kind: RowKind.Request, disk, slot, timeUs: clockUs, clockUs };
      if (number >= 1 && number > recent.total - RECENT_CAPACITY) {
        const at = (number - 1) % RECENT_CAPACITY;
        const row = {
          ...base,
          op: recent.op[at] ?? 0,
          flags: recent.flags[at] ?? 0,
          connection: recent.connection[at] ?? 0,
          cookie: u64(recent.cookieHigh[at], recent.cookieLow[at]),
          offsetBytes: u64(recent.offsetHigh[at], recent.offsetLow[at]),
          lengthBytes: u64(recent.lengthHigh[at], recent.lengthLow[at]),
        };
        found.push({ sequence: recent.sequence[at] ?? 0, row });
      } else {
        const first = BigInt(table.firstSector[slot] ?? 0);
        const end = BigInt(table.endSector[slot] ?? 0);
        const row = {
          ...base,
          op: table.op[slot] ?? 0,
          offsetBytes: first * SECTOR_BYTES,
          lengthBytes: (end - first) * SECTOR_BYTES,
        };
        found.push({ sequence: 0, row });
      }
    }
  }
  found.sort((a, b) => a.sequence - b.sequence);
  const requests = new EventBatch(Math.max(1, found.length));
  for (const { row } of found) requests.push(row);
  return { requests, sequences: Float64Array.from(found, ({ sequence }) => sequence) };
}

function u64(high = 0, low = 0): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
