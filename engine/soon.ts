/** Does something a while after it was asked for; however often that was meanwhile, once. */
export class Soon {
  readonly #ms: number;
  readonly #task: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(ms: number, task: () => void) {
    this.#ms = ms;
    this.#task = task;
  }

  ask(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#task();
    }, this.#ms);
  }

  /** What was asked for is not done. */
  callOff(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
