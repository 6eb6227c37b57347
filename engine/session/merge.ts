import type { EventBatch } from '#shared/events/event-batch.ts';

/** Batches a source may have waiting before it is asked to pause. */
const QUEUE_LIMIT = 4;

/**
 * How long a source that is catching up may deliver nothing before the others go on without it. A busy machine may let one
 * log wait for its first piece for a good part of this, and rows out of their time's order tell another story.
 */
const STALL_MS = 1_000;

/** One source's place in the merge. */
export class MergeInput {
  /** Whether rows older than the others' may still come: the source is catching up. */
  catchingUp = true;
  /** Wall time in ms of the last sign of life. */
  lastActiveMs: number;
  readonly isPatient: boolean;
  readonly queue: EventBatch[] = [];
  /** Rows of the first queued batch that have been handed on. */
  taken = 0;
  /** One for each promise given: a piece of a log makes several batches, and each may be told to wait. */
  #releases: (() => void)[] = [];

  /** @param isPatient the others wait for it however long it catches up: it reads what lies there whole. */
  constructor(nowMs: number, isPatient: boolean) {
    this.lastActiveMs = nowMs;
    this.isPatient = isPatient;
  }

  /** A promise for the source to wait for while too much of its is queued. */
  backPressure(): Promise<void> | undefined {
    if (this.queue.length < QUEUE_LIMIT) return undefined;
    return new Promise((resolve) => {
      this.#releases.push(resolve);
    });
  }

  relieve(): void {
    if (this.queue.length >= QUEUE_LIMIT) return;
    const releases = this.#releases;
    this.#releases = [];
    for (const release of releases) release();
  }

  /** Time of the next row; rows without one go at once. */
  nextUs(): number {
    const time = this.queue[0]?.timeUs[this.taken];
    return time === undefined || Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
  }
}

/** Receives rows [from, to) of a batch. */
export type MergeOutput = (input: MergeInput, batch: EventBatch, from: number, to: number) => void;

/**
 * Brings the rows of several sources into one order: by time while any of them catches up on its past, as they come
 * otherwise. A source that is silent for {@link STALL_MS} is not waited for, unless it is a patient one. Within a source, order never changes.
 */
export class Merge {
  readonly #inputs = new Set<MergeInput>();
  readonly #output: MergeOutput;
  #timer: NodeJS.Timeout | null = null;

  constructor(output: MergeOutput) {
    this.#output = output;
  }

  /** @param isPatient whether the others wait for this source however long it catches up. */
  add(isPatient = false): MergeInput {
    const input = new MergeInput(performance.now(), isPatient);
    this.#inputs.add(input);
    return input;
  }

  /** Drops a source and what it had queued. */
  remove(input: MergeInput): void {
    this.#inputs.delete(input);
    input.queue.length = 0;
    input.relieve();
    this.#drain();
  }

  setCatchingUp(input: MergeInput, catchingUp: boolean): void {
    if (input.catchingUp === catchingUp) return;
    input.catchingUp = catchingUp;
    this.#drain();
  }

  push(input: MergeInput, batch: EventBatch): Promise<void> | undefined {
    if (batch.count === 0) return undefined;
    input.lastActiveMs = performance.now();
    input.queue.push(batch);
    this.#drain();
    return input.backPressure();
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const input of [...this.#inputs]) {
      this.#inputs.delete(input);
      input.queue.length = 0;
      input.relieve();
    }
  }

  #drain(): void {
    for (;;) {
      let first: MergeInput | null = null;
      let limitUs = Number.POSITIVE_INFINITY;
      let wait = false;
      const now = performance.now();
      for (const input of this.#inputs) {
        if (input.queue.length === 0) {
          const mayStall = !input.isPatient && now - input.lastActiveMs >= STALL_MS;
          if (input.catchingUp && !mayStall) wait = true;
          continue;
        }
        const next = input.nextUs();
        if (first === null || next < first.nextUs()) {
          if (first !== null) limitUs = Math.min(limitUs, first.nextUs());
          first = input;
        } else {
          limitUs = Math.min(limitUs, next);
        }
      }
      if (first === null) return;
      if (wait) {
        this.#wakeLater();
        return;
      }
      this.#emit(first, limitUs);
    }
  }

  /** Hands on the rows of the first batch of `input` up to the first that is later than `limitUs`. */
  #emit(input: MergeInput, limitUs: number): void {
    const batch = input.queue[0];
    if (batch === undefined) return;
    const from = input.taken;
    let to = from + 1;
    if (limitUs === Number.POSITIVE_INFINITY) to = batch.count;
    else while (to < batch.count && !((batch.timeUs[to] ?? 0) > limitUs)) to += 1;
    if (to === batch.count) {
      input.queue.shift();
      input.taken = 0;
      input.relieve();
    } else {
      input.taken = to;
    }
    this.#output(input, batch, from, to);
  }

  #wakeLater(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#drain();
      // A timer may fire a moment early by the clock that silence is measured with.
    }, STALL_MS + 2);
  }
}
