import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, hasText, RowKind } from '#shared/events/vocabulary.ts';
import { MAX_SLOTS } from '#shared/model/in-flight.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';
import { AT, type CaptureRows } from './capture-rows.ts';
import { SESSION_ROW, STRUCTURES_ROW } from './capture-schema.ts';
import { laterOf } from './join-rows.ts';
import { timeUsAt, wholeAt } from './time64.ts';

/**
 * The rows of a session that a batch of a capture stands for, `first` to `last`, with their replies in rows of their own
 * again. @throws RangeError when the batch does not hold each of them once: it is damaged.
 */
export function splitRows(read: CaptureRows, first: number, last: number): EventBatch {
  const count = last - first + 1;
  const rows = new EventBatch(Math.max(count, 1));
  rows.count = count;
  rows.firstSequence = first;
  rows.text = read.text;
  let filled = 0;
  let before = 0;
  for (let at = 0; at < read.count; at += 1) {
    if (read.kind[at] === SESSION_ROW || read.kind[at] === STRUCTURES_ROW) continue;
    const sequence = wholeAt(read.sequence, at);
    if (sequence <= before) throw new RangeError(`a row ${sequence} behind row ${before}`);
    before = sequence;
    fillRow(read, at, rows, placeOf(sequence, first, last));
    filled += 1;
    if (!read.has(AT.reply_sequence, at)) continue;
    fillReply(read, at, rows, placeOf(wholeAt(read.replySequence, at), first, last));
    filled += 1;
  }
  // A row that was filled twice leaves another that was not.
  if (filled !== count) throw new RangeError(`a batch of ${filled} rows in place of ${count}`);
  setReplyClocks(rows);
  return rows;
}

/** The requests that were in flight when a capture began, each in a batch of its own as their numbers do not follow each other. */
export function* splitBefore(read: CaptureRows): Generator<EventBatch> {
  for (let at = 0; at < read.count; at += 1) {
    if (read.kind[at] !== RowKind.Request) continue;
    const row = new EventBatch(1);
    row.count = 1;
    row.firstSequence = wholeAt(read.sequence, at);
    fillRow(read, at, row, 0);
    yield row;
  }
}

function placeOf(sequence: number, first: number, last: number): number {
  if (!(sequence >= first && sequence <= last)) {
    throw new RangeError(`a row with sequence number ${sequence} in a batch of ${first} to ${last}`);
  }
  return sequence - first;
}

/** Whoever keeps a table by disk and slot takes them as they come. */
function checkPlace(read: CaptureRows, at: number, kind: number): void {
  const disk = read.disk[at] ?? 0;
  const slot = read.slot[at] ?? 0;
  const mayBeOfAll = kind > RowKind.Disconnect;
  if (disk >= MAX_DISKS && !(mayBeOfAll && disk === ALL_DISKS)) {
    throw new RangeError(`a row of disk ${disk}; a session has ${MAX_DISKS} at most`);
  }
  if (slot >= MAX_SLOTS) throw new RangeError(`a row with slot ${slot}; there are ${MAX_SLOTS} of a disk`);
}

/** Marks a row of which the kind is set already: no clock comes out of {@link timeUsAt} below 0. */
const CLOCK_FOLLOWS = -1;

function fillRow(read: CaptureRows, at: number, rows: EventBatch, i: number): void {
  const kind = read.kind[at] ?? 0;
  checkPlace(read, at, kind);
  if (rows.kind[i] !== 0) throw new RangeError(`two rows with sequence number ${rows.firstSequence + i}`);
  rows.kind[i] = kind;
  copyRequest(read, at, rows, i);
  if (hasText(kind)) {
    const from = read.textEnds[at] ?? 0;
    rows.offsetLow[i] = from;
    rows.lengthLow[i] = (read.textEnds[at + 1] ?? 0) - from;
    rows.offsetHigh[i] = 0;
    rows.lengthHigh[i] = 0;
  }
  const answered = read.has(AT.reply_sequence, at);
  rows.errno[i] = !answered && read.has(AT.errno, at) ? (read.errno[at] ?? 0) : 0;
  rows.timeUs[i] = read.has(AT.arrival, at) ? timeUsAt(read.arrival, at) : Number.NaN;
  rows.clockUs[i] = read.has(AT.clock, at) ? timeUsAt(read.clock, at) : Number.NaN;
  rows.latencyUs[i] =
    !answered && read.has(AT.latency_us, at) ? (read.latencyUs[at] ?? Number.NaN) : Number.NaN;
}

function fillReply(read: CaptureRows, at: number, rows: EventBatch, i: number): void {
  if (rows.kind[i] !== 0) throw new RangeError(`two rows with sequence number ${rows.firstSequence + i}`);
  rows.kind[i] = RowKind.Completion;
  copyRequest(read, at, rows, i);
  rows.errno[i] = read.errno[at] ?? 0;
  rows.timeUs[i] = read.has(AT.reply_time, at) ? timeUsAt(read.replyTime, at) : Number.NaN;
  rows.clockUs[i] = CLOCK_FOLLOWS;
  rows.latencyUs[i] = read.has(AT.latency_us, at) ? (read.latencyUs[at] ?? Number.NaN) : Number.NaN;
}

function copyRequest(read: CaptureRows, at: number, rows: EventBatch, i: number): void {
  rows.op[i] = read.has(AT.op, at) ? (read.op[at] ?? 0) : 0;
  rows.disk[i] = read.disk[at] ?? 0;
  rows.flags[i] = read.flags[at] ?? 0;
  rows.connection[i] = read.connection[at] ?? 0;
  rows.slot[i] = read.slot[at] ?? 0;
  rows.cookieLow[i] = read.cookie[2 * at] ?? 0;
  rows.cookieHigh[i] = read.cookie[2 * at + 1] ?? 0;
  rows.offsetLow[i] = read.offset[2 * at] ?? 0;
  rows.offsetHigh[i] = read.offset[2 * at + 1] ?? 0;
  rows.lengthLow[i] = read.length[2 * at] ?? 0;
  rows.lengthHigh[i] = read.length[2 * at + 1] ?? 0;
}

/** A reply that stands in the row of its request has the clock that follows from its time and the row before. */
function setReplyClocks(rows: EventBatch): void {
  let clockUs = Number.NaN;
  for (let i = 0; i < rows.count; i += 1) {
    if (rows.clockUs[i] === CLOCK_FOLLOWS) rows.clockUs[i] = laterOf(clockUs, rows.timeUs[i] ?? Number.NaN);
    clockUs = rows.clockUs[i] ?? Number.NaN;
  }
}
