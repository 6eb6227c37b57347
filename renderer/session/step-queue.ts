/** Runs something in a task of its own, soon. */
export type Later = (run: () => void) => void;

/**
 * Work that comes in pieces and is done in their order, each in as many steps as it takes. The first step of a piece that
 * waits for nothing is taken at once; between two steps the window has time for frames and keys.
 */
export class StepQueue {
  readonly #later: Later;
  readonly #pieces: Iterator<void, void>[] = [];
  readonly #dispose: () => void;
  /** A step is being taken, or will be. */
  #isBusy = false;

  /** @param later for tests, which take the steps by hand. */
  constructor(later?: Later) {
    const tasks = later === undefined ? taskPerMessage() : { later, close: () => {} };
    this.#later = tasks.later;
    this.#dispose = tasks.close;
  }

  add(piece: Iterator<void, void>): void {
    this.#pieces.push(piece);
    if (!this.#isBusy) this.#step();
  }

  /** Forgets what has not been done. */
  drop(): void {
    this.#pieces.length = 0;
  }

  dispose(): void {
    this.drop();
    this.#dispose();
  }

  #step(): void {
    const piece = this.#pieces[0];
    this.#isBusy = piece !== undefined;
    if (piece === undefined) return;
    // What the step does may drop the pieces, itself among them.
    if (piece.next().done === true && this.#pieces[0] === piece) this.#pieces.shift();
    this.#isBusy = this.#pieces.length > 0;
    if (this.#isBusy) this.#later(() => this.#step());
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
