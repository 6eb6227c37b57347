import type { Span } from '#shared/contract/time.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import type { History } from '../history/history.ts';
import { Slices } from '../slices.ts';
import { Pending } from './pending.ts';

/** What is done with the requests of a span. Row numbers are places in the batch. */
export interface SpanVisitor {
  /** Row `i` is a request that arrived in the span. */
  arrived(batch: EventBatch, i: number): void;
  /** Row `i` is the completion of a request of the span, or says that none will come. Absent: nobody asks how they ended. */
  ended?(batch: EventBatch, i: number, sequence: number, arrivalUs: number): void;
  /** Row `i` lies in the span and ends a request that had arrived before it. */
  earlierEnded?(batch: EventBatch, i: number): void;
  /** Whether nothing more is wanted to be seen; asked now and then. */
  isDone?(): boolean;
}

/** The rows of a span, by sequence number; `first` is above `last` when there are none. */
export interface SpanRows {
  readonly first: number;
  readonly last: number;
}

/** Which rows lie in a span. Rows from before any time is known belong to what begins with the history. */
export async function rowsOfSpan(history: History, span: Span): Promise<SpanRows> {
  const { firstUs } = history.info();
  const isFromStart = firstUs === null || span.fromUs <= firstUs;
  // A whole µs earlier, since rows at `fromUs` itself are of the span: the walk leaves out what is too early.
  const before = isFromStart ? history.firstSequence - 1 : await history.sequenceAt(span.fromUs - 1);
  const last = history.lastSequence === 0 ? -1 : await history.sequenceAt(span.toUs);
  return { first: Math.max(before + 1, history.firstSequence), last };
}

/** The disks that are asked about: null for all. */
export function diskFilter(disks: readonly number[] | null): (disk: number) => boolean {
  if (disks === null) return () => true;
  const wanted = new Uint8Array(0x1_0000);
  for (const disk of disks) wanted[disk] = 1;
  return (disk) => wanted[disk] === 1;
}

/**
 * Visits the requests that arrived in a span, in order, and the end of each, which may come after it: what was still in
 * flight then is followed until it has ended or the history does. Resolves with the sequence numbers of those that never
 * ended.
 */
export async function walkSpan(
  history: History,
  question: { readonly span: Span; readonly disks: readonly number[] | null },
  visitor: SpanVisitor,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const { span } = question;
  const isWanted = diskFilter(question.disks);
  const { first, last } = await rowsOfSpan(history, span);
  const pending = new Pending();
  const slices = new Slices(signal);
  const followsEnds = visitor.ended !== undefined;

  const visit = (batch: EventBatch): void => {
    const { kind, disk, slot, clockUs } = batch;
    for (let i = 0; i < batch.count; i += 1) {
      const what = kind[i];
      if (what !== RowKind.Request && what !== RowKind.Completion && what !== RowKind.Unanswered) continue;
      const number = disk[i] ?? 0;
      if (!isWanted(number)) continue;
      const sequence = batch.firstSequence + i;
      const clock = clockUs[i] ?? Number.NaN;
      const isInside = sequence <= last && !(clock < span.fromUs);
      if (what === RowKind.Request) {
        if (!isInside) continue;
        if (followsEnds) pending.add(number, slot[i] ?? 0, sequence, clock);
        visitor.arrived(batch, i);
      } else {
        const request = pending.take(number, slot[i] ?? 0);
        if (request !== 0) visitor.ended?.(batch, i, request, pending.arrivalUs);
        else if (isInside) visitor.earlierEnded?.(batch, i);
      }
    }
  };

  if (first <= last) {
    for await (const batch of history.rows(first, last, signal)) {
      visit(batch);
      if (visitor.isDone?.() === true) break;
      if (slices.isOver) await slices.rest();
    }
  }
  if (pending.count > 0) {
    for await (const batch of history.rows(last + 1, history.lastSequence, signal)) {
      visit(batch);
      if (pending.count === 0) break;
      if (slices.isOver) await slices.rest();
    }
  }
  signal.throwIfAborted();
  return pending.left();
}
