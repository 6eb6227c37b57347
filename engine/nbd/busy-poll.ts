/** How long the loop stays awake after a request, ms: about what it costs to put a processor to sleep and wake it. */
const AWAKE_MS = 0.06;
/** A client whose requests follow each other within this, ms, is quick. */
const QUICK_MS = 0.15;
/** After misses in a row so many requests at most go by before it is tried again. */
const MAX_BACK_OFF = 64;
/** A turn with nothing to do that takes so long, ms, was interrupted: others want the processor. */
const INTERRUPTED_MS = 0.5;
/** How long it then sleeps as any program, ms: one that never sleeps is the last to be woken on a busy machine. */
const REST_MS = 250;

/** The clock, ms, and a way to have something done in the loop's next turn; others in tests. */
export interface LoopHooks {
  now(): number;
  nextTurn(work: () => void): void;
}

const LOOP: LoopHooks = {
  now: () => performance.now(),
  nextTurn: (work) => void setImmediate(work),
};

/**
 * Keeps the event loop from going to sleep between the requests of a client that sends one at a time and quickly: waking
 * up would take longer than serving it. It looks at sockets as ever meanwhile, and gives up after 60 µs. Where that does
 * not pay, as with a client a little slower than that, it backs off; an idle server is idle, and on a busy machine it
 * sleeps like everyone else.
 */
export class BusyPoll {
  readonly #loop: LoopHooks;
  #lastMs = Number.NEGATIVE_INFINITY;
  #untilMs = 0;
  #awake = false;
  #backOff = 1;
  #letPass = 0;
  #turnMs = 0;
  #restUntilMs = 0;
  readonly #turn = (): void => {
    const nowMs = this.#loop.now();
    if (nowMs - this.#turnMs > INTERRUPTED_MS) this.#restUntilMs = nowMs + REST_MS;
    this.#turnMs = nowMs;
    if (nowMs < this.#untilMs) {
      this.#loop.nextTurn(this.#turn);
      return;
    }
    this.#awake = false;
    this.#letPass = this.#backOff;
    this.#backOff = Math.min(MAX_BACK_OFF, this.#backOff * 2);
  };

  constructor(loop: LoopHooks = LOOP) {
    this.#loop = loop;
  }

  /** Bytes have arrived and been served. */
  served(): void {
    const nowMs = this.#loop.now();
    const quick = nowMs - this.#lastMs < QUICK_MS;
    this.#lastMs = nowMs;
    this.#turnMs = nowMs;
    if (this.#awake) {
      this.#backOff = 1;
      this.#untilMs = nowMs + AWAKE_MS;
    } else if (quick && this.#letPass > 0) {
      this.#letPass -= 1;
    } else if (quick && nowMs >= this.#restUntilMs) {
      this.#awake = true;
      this.#untilMs = nowMs + AWAKE_MS;
      this.#loop.nextTurn(this.#turn);
    }
  }
}
