import type { EventBatch } from '#shared/events/event-batch.ts';
import { hasText, RowKind } from '#shared/events/vocabulary.ts';
import { AT, type CaptureRows } from './capture-rows.ts';
import { InFlightSequences } from './in-flight-sequences.ts';
import { isTimeUs, putTimeUs, putWhole } from './time64.ts';

/**
 * Turns rows of a session into rows of a capture: a reply goes into the row of its request when both are in the same batch
 * and nothing would be lost by it, and has a row of its own otherwise.
 */
export class RowJoiner {
  readonly #inFlight = new InFlightSequences();
  readonly #encoder = new TextEncoder();
  /** Where the request of each sequence number stands, counted from the batch's first. */
  #rowOf = new Int32Array(0);

  /**
   * Fills `out` from a batch whose clock and sequence numbers are set; `out` has room for as many rows.
   * Hot path: nothing is allocated for a row without words.
   */
  join(rows: EventBatch, out: CaptureRows): void {
    out.clear();
    const texts: Uint8Array[] = [];
    let textBytes = 0;
    const first = rows.firstSequence;
    if (this.#rowOf.length < rows.count) this.#rowOf = new Int32Array(rows.count);
    for (let i = 0; i < rows.count; i += 1) {
      const kind = rows.kind[i] ?? 0;
      const disk = rows.disk[i] ?? 0;
      const slot = rows.slot[i] ?? 0;
      let request = 0;
      if (kind === RowKind.Completion || kind === RowKind.Unanswered)
        request = this.#inFlight.take(disk, slot);
      if (kind === RowKind.Completion && request >= first && isRepeat(rows, request - first, i)) {
        this.#answer(rows, i, out, request);
        continue;
      }
      const at = out.count;
      out.count = at + 1;
      copyRow(rows, i, out, at);
      if (request !== 0) {
        putWhole(out.requestSequence, at, request);
        out.mark(AT.request_sequence, at);
      }
      if (kind === RowKind.Request) {
        this.#inFlight.set(disk, slot, first + i);
        this.#rowOf[i] = at;
      }
      if (hasText(kind)) {
        const bytes = this.#encoder.encode(rows.textOf(i));
        texts.push(bytes);
        textBytes += bytes.length;
        out.mark(AT.text, at);
      }
      out.textEnds[at + 1] = textBytes;
    }
    out.text = joined(texts, textBytes);
  }

  /** Fills `out` with requests that are in flight, each with a sequence number of its own (0: not known any more). */
  begin(requests: EventBatch, sequences: Float64Array, out: CaptureRows): void {
    out.clear();
    for (let i = 0; i < requests.count; i += 1) {
      copyRow(requests, i, out, i);
      const sequence = sequences[i] ?? 0;
      putWhole(out.sequence, i, sequence);
      this.#inFlight.set(requests.disk[i] ?? 0, requests.slot[i] ?? 0, sequence);
    }
    out.count = requests.count;
  }

  /** Puts the reply in row `i` into the row of its request. */
  #answer(rows: EventBatch, i: number, out: CaptureRows, request: number): void {
    const at = this.#rowOf[request - rows.firstSequence] ?? 0;
    putWhole(out.replySequence, at, rows.firstSequence + i);
    out.mark(AT.reply_sequence, at);
    out.errno[at] = rows.errno[i] ?? 0;
    out.mark(AT.errno, at);
    const timeUs = rows.timeUs[i] ?? Number.NaN;
    if (isTimeUs(timeUs)) {
      putTimeUs(out.replyTime, at, timeUs);
      out.mark(AT.reply_time, at);
    }
    const latencyUs = rows.latencyUs[i] ?? Number.NaN;
    if (!Number.isNaN(latencyUs)) {
      out.latencyUs[at] = latencyUs;
      out.mark(AT.latency_us, at);
    }
  }
}

/** Whether the reply in row `i` says again all that its request in row `r` says, and its clock follows from its time. */
function isRepeat(rows: EventBatch, r: number, i: number): boolean {
  const { clockUs, timeUs } = rows;
  const before = clockUs[i - 1] ?? Number.NaN;
  const time = timeUs[i] ?? Number.NaN;
  return (
    Object.is(clockUs[i], laterOf(before, time)) &&
    rows.op[r] === rows.op[i] &&
    rows.flags[r] === rows.flags[i] &&
    rows.connection[r] === rows.connection[i] &&
    rows.cookieLow[r] === rows.cookieLow[i] &&
    rows.cookieHigh[r] === rows.cookieHigh[i] &&
    rows.offsetLow[r] === rows.offsetLow[i] &&
    rows.offsetHigh[r] === rows.offsetHigh[i] &&
    rows.lengthLow[r] === rows.lengthLow[i] &&
    rows.lengthHigh[r] === rows.lengthHigh[i] &&
    rows.errno[r] === 0 &&
    Number.isNaN(rows.latencyUs[r])
  );
}

/** The session's clock after a row of that time: the running maximum, NaN before the first time. */
export function laterOf(clockUs: number, timeUs: number): number {
  return timeUs > clockUs || (Number.isNaN(clockUs) && !Number.isNaN(timeUs)) ? timeUs : clockUs;
}

function copyRow(rows: EventBatch, i: number, out: CaptureRows, at: number): void {
  const kind = rows.kind[i] ?? 0;
  const op = rows.op[i] ?? 0;
  putWhole(out.sequence, at, rows.firstSequence + i);
  out.kind[at] = kind;
  const ofRequest = kind === RowKind.Request || kind === RowKind.Completion || kind === RowKind.Unanswered;
  out.op[at] = op;
  if (ofRequest || op !== 0) out.mark(AT.op, at);
  out.disk[at] = rows.disk[i] ?? 0;
  out.flags[at] = rows.flags[i] ?? 0;
  out.connection[at] = rows.connection[i] ?? 0;
  out.slot[at] = rows.slot[i] ?? 0;
  out.cookie[2 * at] = rows.cookieLow[i] ?? 0;
  out.cookie[2 * at + 1] = rows.cookieHigh[i] ?? 0;
  if (!hasText(kind)) {
    out.offset[2 * at] = rows.offsetLow[i] ?? 0;
    out.offset[2 * at + 1] = rows.offsetHigh[i] ?? 0;
    out.length[2 * at] = rows.lengthLow[i] ?? 0;
    out.length[2 * at + 1] = rows.lengthHigh[i] ?? 0;
  }
  const errno = rows.errno[i] ?? 0;
  out.errno[at] = errno;
  if (kind === RowKind.Completion || errno !== 0) out.mark(AT.errno, at);
  const timeUs = rows.timeUs[i] ?? Number.NaN;
  if (isTimeUs(timeUs)) {
    putTimeUs(out.arrival, at, timeUs);
    out.mark(AT.arrival, at);
  }
  const clockUs = rows.clockUs[i] ?? Number.NaN;
  if (isTimeUs(clockUs)) {
    putTimeUs(out.clock, at, clockUs);
    out.mark(AT.clock, at);
  }
  const latencyUs = rows.latencyUs[i] ?? Number.NaN;
  if (Number.isNaN(latencyUs)) return;
  out.latencyUs[at] = latencyUs;
  out.mark(AT.latency_us, at);
}

function joined(texts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const text of texts) {
    whole.set(text, at);
    at += text.length;
  }
  return whole;
}
