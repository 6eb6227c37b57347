import fc from 'fast-check';
import { EventBatch, type RowInit } from '../events/event-batch.ts';
import { Op, RowFlag, RowKind } from '../events/vocabulary.ts';

/** A row, with its words where its kind has any. */
export interface StreamRow extends RowInit {
  readonly text?: string;
}

/** Rows of a made-up but lawful stream: every completion follows its request, slots are free when taken. */
export interface StreamOptions {
  readonly disks: number;
  readonly sizeBytes: bigint;
  readonly maxRows: number;
  /** About so many at least; without it most streams are short. */
  readonly minRows?: number;
}

interface Step {
  readonly act: number;
  readonly disk: number;
  readonly op: number;
  readonly at: number;
  readonly length: number;
  readonly fua: boolean;
  readonly failed: boolean;
  readonly pick: number;
  readonly gapUs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  act: fc.nat(99),
  disk: fc.nat(1000),
  op: fc.constantFrom(Op.Read, Op.Write, Op.Trim, Op.Zero, Op.Flush, Op.Cache),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.oneof(
    fc.constantFrom(512, 1024, 4096, 8192, 65_536, 300_000, 5_000_000, 20_000_000),
    fc.integer({ min: 1, max: 70_000 }),
  ),
  fua: fc.boolean(),
  failed: fc.boolean(),
  pick: fc.nat(1000),
  gapUs: fc.integer({ min: -500, max: 90_000 }),
});

/** A lawful stream of rows, clocks set, on `disks` disks of `sizeBytes`. */
export function rowStream(options: StreamOptions): fc.Arbitrary<readonly StreamRow[]> {
  const { maxRows, minRows } = options;
  const lengths = minRows === undefined ? {} : { minLength: minRows, size: 'max' as const };
  return fc.array(step, { maxLength: maxRows, ...lengths }).map((steps) => toRows(steps, options));
}

function toRows(steps: readonly Step[], options: StreamOptions): StreamRow[] {
  const rows: StreamRow[] = [];
  const pending: RowInit[] = [];
  let timeUs = 1_780_000_000_000_000;
  let clockUs = timeUs;
  let freeSlot = 0;
  const freed: number[] = [];
  for (const s of steps) {
    timeUs += s.gapUs;
    clockUs = Math.max(clockUs, timeUs);
    if (s.act === 2) {
      const change = { words: `change ${rows.length}`, on: s.fua, rules: [] };
      const text = s.failed ? JSON.stringify(change) : 'not JSON';
      rows.push({ kind: RowKind.FaultChange, disk: s.disk % options.disks, timeUs, clockUs, text });
    } else if (s.act < 2) {
      rows.push({ kind: RowKind.ClearPicture, disk: s.disk % options.disks, timeUs, clockUs });
    } else if (s.act < 55 || pending.length === 0) {
      const size = options.sizeBytes;
      const offset = (BigInt(Math.floor(s.at * 1_048_576)) * size) / 1_048_576n;
      const room = size - offset;
      const aligned = s.pick % 3 === 0 ? offset : offset & ~4095n;
      const length = s.op === Op.Flush ? 0n : BigInt(s.length) < room ? BigInt(s.length) : room;
      const request: RowInit = {
        kind: RowKind.Request,
        op: s.op,
        disk: s.disk % options.disks,
        connection: 1,
        slot: freed.pop() ?? freeSlot++,
        cookie: rows.length + 1,
        flags: s.fua ? RowFlag.Fua : 0,
        offsetBytes: s.op === Op.Flush ? 0n : aligned,
        lengthBytes: length,
        timeUs,
        clockUs,
      };
      pending.push(request);
      rows.push(request);
    } else {
      const [request] = pending.splice(s.pick % pending.length, 1);
      if (request === undefined) continue;
      freed.push(request.slot ?? 0);
      const unanswered = s.act > 97;
      rows.push({
        ...request,
        kind: unanswered ? RowKind.Unanswered : RowKind.Completion,
        errno: !unanswered && s.failed && s.act % 4 === 0 ? 5 : 0,
        latencyUs: Math.max(0, timeUs - (request.timeUs ?? 0)),
        timeUs,
        clockUs,
      });
    }
  }
  return rows;
}

/** The rows as batches, cut after each of `cuts` rows in turn (the last cut repeats). Sequence numbers start at 1. */
export function batchesOf(rows: readonly StreamRow[], cuts: readonly number[]): EventBatch[] {
  const batches: EventBatch[] = [];
  let at = 0;
  let c = 0;
  while (at < rows.length) {
    const size = Math.max(1, cuts[Math.min(c, cuts.length - 1)] ?? rows.length);
    c += 1;
    const part = rows.slice(at, at + size);
    const batch = new EventBatch(part.length);
    for (const row of part) {
      if (row.text === undefined) batch.push(row);
      else batch.pushText(row.text, row);
    }
    batch.firstSequence = at + 1;
    batches.push(batch);
    at += size;
  }
  return batches;
}
