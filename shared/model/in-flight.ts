import type { EventBatch } from '../events/event-batch.ts';
import { rowSectors } from './block-state.ts';

/** Slots a source may use at once on one disk; requests beyond it are dropped as unanswered by the source. */
export const MAX_SLOTS = 65_536;

/**
 * The requests of one disk that have arrived and not been answered, by slot. Columns grow with the highest slot
 * seen, to at most {@link MAX_SLOTS}.
 */
export class InFlightTable {
  active = new Uint8Array(64);
  op = new Uint8Array(64);
  firstSector = new Float64Array(64);
  endSector = new Float64Array(64);
  clockUs = new Float64Array(64);
  /** Where the request stands in the list of recent requests; a sequence number. */
  sequence = new Float64Array(64);
  count = 0;
  /** One past the highest slot ever used: how far a scan has to look. */
  slotEnd = 0;
  readonly #range = new Float64Array(2);

  /** Notes the request in row `i` as number `sequence` of the recent requests. */
  add(batch: EventBatch, i: number, sequence: number): void {
    const range = this.#range;
    rowSectors(batch, i, range);
    this.set(
      batch.slot[i] ?? 0,
      batch.op[i] ?? 0,
      range[0] ?? 0,
      range[1] ?? 0,
      batch.clockUs[i] ?? 0,
      sequence,
    );
  }

  /** Fills a slot. One outside the limit is ignored: sources never hand one out. */
  set(
    slot: number,
    op: number,
    firstSector: number,
    endSector: number,
    clockUs: number,
    sequence: number,
  ): void {
    if (!(slot < MAX_SLOTS)) return;
    if (slot >= this.active.length) this.#grow(slot);
    if (this.active[slot] === 0) this.count += 1;
    this.active[slot] = 1;
    this.op[slot] = op;
    this.firstSector[slot] = firstSector;
    this.endSector[slot] = endSector;
    this.clockUs[slot] = clockUs;
    this.sequence[slot] = sequence;
    if (slot >= this.slotEnd) this.slotEnd = slot + 1;
  }

  /** Ends the request in `slot`; returns its sequence number, or 0 when the slot was free. */
  remove(slot: number): number {
    if (slot >= this.active.length || this.active[slot] === 0) return 0;
    this.active[slot] = 0;
    this.count -= 1;
    return this.sequence[slot] ?? 0;
  }

  /** Ends every request. */
  clear(): void {
    this.active.fill(0);
    this.count = 0;
    this.slotEnd = 0;
  }

  #grow(slot: number): void {
    const size = Math.min(MAX_SLOTS, Math.max(slot + 1, this.active.length * 2));
    const wider = <T extends Uint8Array | Float64Array>(column: T, next: T): T => {
      next.set(column);
      return next;
    };
    this.active = wider(this.active, new Uint8Array(size));
    this.op = wider(this.op, new Uint8Array(size));
    this.firstSector = wider(this.firstSector, new Float64Array(size));
    this.endSector = wider(this.endSector, new Float64Array(size));
    this.clockUs = wider(this.clockUs, new Float64Array(size));
    this.sequence = wider(this.sequence, new Float64Array(size));
  }
}
