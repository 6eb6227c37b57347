/** Runs something in a task of its own, soon. */
export type Later = (run: () => void) => void;

/** Once steps have taken so long, the next waits for a task of its own. */
const TASK_MS = 3;

/**
 * Work that comes in pieces and is done in their order, each in as many steps as it takes. The first step of a piece that
 * waits for nothing is taken at once, and others of it in the same task as long as that is short; then the window has time for
 * frames and keys before it goes on.
 */
export class StepQueue {
  readonly #nowMs: () => number;
  readonly #later: Later;
  readonly #pieces: Iterator<void, void>[] = [];
  readonly #dispose: () => void;
  /** A step is being taken, or will be. */
  #isBusy = false;

  /**
   * @param nowMs a monotonic clock.
   * @param later for tests, which begin each task by hand.
   */
  constructor(nowMs: () => number, later?: Later) {
    this.#nowMs = nowMs;
    const tasks = later === undefined ? taskPerMessage() : { later, close: () => {} };
    this.#later = tasks.later;
    this.#dispose = tasks.close;
  }

  add(piece: Iterator<void, void>): void {
    this.#pieces.push(piece);
    if (!this.#isBusy) this.#work();
  }

  /** Forgets what has not been done. */
  drop(): void {
    this.#pieces.length = 0;
  }

  dispose(): void {
    this.drop();
    this.#dispose();
  }

  #work(): void {
    const endMs = this.#nowMs() + TASK_MS;
    this.#isBusy = true;
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      // What the step does may drop the pieces, itself among them.
      if (piece.next().done === true && this.#pieces[0] === piece) this.#pieces.shift();
      if (this.#pieces.length > 0 && this.#nowMs() >= endMs) {
        this.#later(() => this.#work());
        return;
      }
    }
    this.#isBusy = false;
  }
}

/** A message to oneself: unlike a timer, a browser does not hold it back when there are many. */
function taskPerMessage(): { readonly later: Later; readonly close: () => void } {
  const { port1, port2 } = new MessageChannel();
  let due: () => void = () => {};
  port1.onmessage = () => due();
  return {
    later: (run) => {
      due = run;
      port2.postMessage(null);
    },
    close: () => port1.close(),
  };
}
