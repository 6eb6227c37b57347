import { InFlightSequences } from '#engine/capture/in-flight-sequences.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';

/** Requests that are handed on together. */
export const TABLE_ROWS = 65_536;
/** So many parts wait for their last replies; then what still has none waits apart from them. */
const MAX_PARTS = 8;

/** What is known of the answer to a request. */
export const Outcome = { Pending: 0, Answered: 1, Unanswered: 2 } as const;

/** Requests with their answers, each in one row; those before `count` are filled. */
export class RequestPart {
  count = 0;
  /** Of these no answer is known yet. */
  pending = 0;
  /** The requests as they came, with the answer's error and latency in place of their own. */
  readonly requests = new EventBatch(TABLE_ROWS);
  readonly sequence = new Float64Array(TABLE_ROWS);
  readonly outcome = new Uint8Array(TABLE_ROWS);
  /** Time of the reply, µs since the epoch; NaN when there is none or it is unknown. */
  readonly replyUs = new Float64Array(TABLE_ROWS).fill(Number.NaN);

  get isFull(): boolean {
    return this.count === TABLE_ROWS;
  }
}

/** A request that was waited for so long that those after it have gone on. */
interface Late {
  readonly request: EventBatch;
  readonly sequence: number;
}

/**
 * Makes one row of a request and its reply, however far apart they are, in memory that does not grow with their number. Requests
 * come out in the order of their arrival, but for those that wait for longer than half a million others arrive: these come
 * when they are answered, or at the end.
 */
export class RequestTable {
  readonly #inFlight = new InFlightSequences();
  readonly #late = new Map<number, Late>();
  readonly #parts: RequestPart[] = [];
  /** Number of the first request in the first part, counted from 1. */
  #first = 1;
  #overtaken: RequestPart = new RequestPart();

  /** Takes rows of a session; returns the parts that are complete by then. */
  rows(rows: EventBatch): RequestPart[] {
    const done: RequestPart[] = [];
    for (let i = 0; i < rows.count; i += 1) {
      const kind = rows.kind[i];
      if (kind === RowKind.Request) this.#request(rows, i, done);
      else if (kind === RowKind.Completion || kind === RowKind.Unanswered) this.#reply(rows, i, done);
    }
    return done;
  }

  /** Takes the replies alone: requests from there on are of no interest. */
  replies(rows: EventBatch): RequestPart[] {
    const done: RequestPart[] = [];
    for (let i = 0; i < rows.count; i += 1) {
      const kind = rows.kind[i];
      if (kind === RowKind.Completion || kind === RowKind.Unanswered) this.#reply(rows, i, done);
      // The slot has another request: a reply to it is not one to that which held it before.
      else if (kind === RowKind.Request) this.#inFlight.take(rows.disk[i] ?? 0, rows.slot[i] ?? 0);
    }
    return done;
  }

  /** Requests of which the answer is not known yet. */
  get pending(): number {
    return this.#parts.reduce((sum, part) => sum + part.pending, this.#late.size);
  }

  /** What is left, requests without an answer among it. */
  end(): RequestPart[] {
    const done: RequestPart[] = this.#parts.splice(0);
    for (const { request, sequence } of this.#late.values()) {
      this.#addOvertaken(request, sequence, Outcome.Pending, Number.NaN, done);
    }
    if (this.#overtaken.count > 0) done.push(this.#overtaken);
    return done;
  }

  #request(rows: EventBatch, i: number, done: RequestPart[]): void {
    let part = this.#parts.at(-1);
    if (part === undefined || part.isFull) {
      part = new RequestPart();
      this.#parts.push(part);
      this.#handOn(done);
    }
    const number = this.#first + (this.#parts.length - 1) * TABLE_ROWS + part.count;
    this.#inFlight.set(rows.disk[i] ?? 0, rows.slot[i] ?? 0, number);
    part.sequence[part.count] = rows.firstSequence + i;
    part.requests.appendRows(rows, i, i + 1);
    part.count += 1;
    part.pending += 1;
  }

  #reply(rows: EventBatch, i: number, done: RequestPart[]): void {
    const number = this.#inFlight.take(rows.disk[i] ?? 0, rows.slot[i] ?? 0);
    if (number === 0) return;
    const answered = rows.kind[i] === RowKind.Completion;
    const outcome = answered ? Outcome.Answered : Outcome.Unanswered;
    const replyUs = answered ? (rows.timeUs[i] ?? Number.NaN) : Number.NaN;
    const errno = rows.errno[i] ?? 0;
    const latencyUs = answered ? (rows.latencyUs[i] ?? Number.NaN) : Number.NaN;
    const late = this.#late.get(number);
    if (late !== undefined) {
      this.#late.delete(number);
      late.request.errno[0] = errno;
      late.request.latencyUs[0] = latencyUs;
      this.#addOvertaken(late.request, late.sequence, outcome, replyUs, done);
      return;
    }
    const part = this.#parts[Math.floor((number - this.#first) / TABLE_ROWS)];
    if (part === undefined) return;
    const at = (number - this.#first) % TABLE_ROWS;
    part.outcome[at] = outcome;
    part.replyUs[at] = replyUs;
    part.requests.errno[at] = errno;
    part.requests.latencyUs[at] = latencyUs;
    part.pending -= 1;
    if (part.pending === 0 && part === this.#parts[0]) this.#handOn(done);
  }

  /** Hands on the parts at the front that are complete, and the first of too many, with what it waits for put apart. */
  #handOn(done: RequestPart[]): void {
    for (;;) {
      const part = this.#parts[0];
      if (part === undefined || !part.isFull) return;
      if (part.pending > 0 && this.#parts.length <= MAX_PARTS) return;
      done.push(part.pending > 0 ? this.#withoutPending(part) : part);
      this.#parts.shift();
      this.#first += TABLE_ROWS;
    }
  }

  #withoutPending(part: RequestPart): RequestPart {
    const kept = new RequestPart();
    for (let i = 0; i < part.count; i += 1) {
      if (part.outcome[i] === Outcome.Pending) {
        const request = new EventBatch(1);
        request.appendRows(part.requests, i, i + 1);
        this.#late.set(this.#first + i, { request, sequence: part.sequence[i] ?? 0 });
        continue;
      }
      kept.requests.appendRows(part.requests, i, i + 1);
      kept.sequence[kept.count] = part.sequence[i] ?? 0;
      kept.outcome[kept.count] = part.outcome[i] ?? 0;
      kept.replyUs[kept.count] = part.replyUs[i] ?? Number.NaN;
      kept.count += 1;
    }
    return kept;
  }

  #addOvertaken(
    request: EventBatch,
    sequence: number,
    outcome: number,
    replyUs: number,
    done: RequestPart[],
  ): void {
    if (this.#overtaken.isFull) {
      done.push(this.#overtaken);
      this.#overtaken = new RequestPart();
    }
    const part = this.#overtaken;
    part.requests.appendRows(request, 0, 1);
    part.sequence[part.count] = sequence;
    part.outcome[part.count] = outcome;
    part.replyUs[part.count] = replyUs;
    part.count += 1;
  }
}
