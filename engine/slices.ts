/** How long something may keep the process to itself. */
const SLICE_MS = 6;

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
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal.throwIfAborted();
    this.#begunMs = performance.now();
  }
}
