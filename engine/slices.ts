/** How long something may keep the process to itself. */
const SLICE_MS = 6;

/** Whoever waits for its turn, in order. */
const waiting: (() => void)[] = [];

/**
 * Resolves once everything else that the process has to do has had its turn. Of all who wait, however many, one goes on at a
 * time: ten long questions hold up a disk's replies no longer than one does.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(letOneGo);
  });
}

function letOneGo(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(letOneGo);
}

/** Cuts long work into slices, between which whatever else the process does has its turn. */
export class Slices {
  readonly #signal: AbortSignal;
  #begunMs = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether the slice has lasted long enough: then {@link rest} is due. */
  get isOver(): boolean {
    return performance.now() - this.#begunMs >= SLICE_MS;
  }

  /** Resolves once others have had their turn. @throws the signal's reason when the work is called off. */
  async rest(): Promise<void> {
    await nextTurn();
    this.#signal.throwIfAborted();
    this.#begunMs = performance.now();
  }
}
