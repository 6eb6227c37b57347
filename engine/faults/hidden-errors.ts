/** What was counted of a disk by some moment. */
export interface TrafficSample {
  readonly nowMs: number;
  /** Whether the error filter's file is there. */
  readonly on: boolean;
  /** Requests that the error filter can fail: all but flushes. */
  readonly requests: number;
  /** Of those, the ones that were seen to fail. */
  readonly errors: number;
  /** Requests seen on the session's other disks, and flushes on this one; null when there is nothing else to see. */
  readonly elsewhere: number | null;
}

/** A disk counts as in use when it was asked for something so short a time before its switch went on, ms. */
const IN_USE_MS = 10_000;
/** How long a disk in use is silent before that means something, ms. */
const SILENT_MS = 3_000;

/**
 * Suspects that failed requests never reach a log: with nbdkit's `error` filter before `log`, a disk whose every request
 * fails only falls silent. Certain it never is: whoever used the disk may have stopped at that moment.
 */
export class HiddenErrors {
  #last: TrafficSample | null = null;
  #lastRequestMs = Number.NEGATIVE_INFINITY;
  /** Since when the switch is on; null while it is off. */
  #onMs: number | null = null;
  #elsewhereAtSilence: number | null = null;
  #suspected = false;

  /** Whether failed requests seem to be hidden. Until the switch is off, or one is seen to fail. */
  get suspected(): boolean {
    return this.#suspected;
  }

  /** To be given a sample a few times a second; returns whether {@link suspected} has changed. */
  observe(sample: TrafficSample): boolean {
    const before = this.#suspected;
    const last = this.#last;
    this.#last = sample;
    if (last === null || sample.requests !== last.requests) {
      if (last !== null) this.#lastRequestMs = sample.nowMs;
      this.#elsewhereAtSilence = sample.elsewhere;
    }
    if (!sample.on) {
      this.#onMs = null;
      this.#suspected = false;
    } else if (last === null || sample.errors > last.errors) {
      // On before anything was seen, or failures do reach the log: nothing can be told of this turn of the switch.
      this.#onMs = Number.NaN;
      this.#suspected = false;
    } else {
      this.#onMs ??= sample.nowMs;
      this.#suspected ||= this.#hasFallenSilent(sample, this.#onMs);
    }
    return this.#suspected !== before;
  }

  #hasFallenSilent({ nowMs, elsewhere }: TrafficSample, onMs: number): boolean {
    const wasInUse = this.#lastRequestMs >= onMs - IN_USE_MS;
    const isSilent = nowMs - Math.max(this.#lastRequestMs, onMs) >= SILENT_MS;
    const othersGoOn = elsewhere === null || elsewhere > (this.#elsewhereAtSilence ?? 0);
    return wasInUse && isSilent && othersGoOn;
  }
}
