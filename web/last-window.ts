import type { Disposable } from '#shared/channel/channel.ts';

export interface LastWindowOptions {
  readonly windowCount: () => number;
  /** Something runs that must outlive the windows. */
  readonly hosting: () => boolean;
  /** The last window has closed for good, and nothing is hosted. */
  readonly end: () => void;
  /** The last window has closed for good, but something is hosted. */
  readonly stay: () => void;
}

/** How long after its last window's end the host waits: a reload closes and comes back. */
const GRACE_MS = 2_000;
/** How long a page that has begun to load may take to connect. */
const LOADING_MS = 15_000;

/** Decides when the last window has closed for good. Before a first window has come, nothing ends. */
export class LastWindow implements Disposable {
  readonly #options: LastWindowOptions;
  #timer: NodeJS.Timeout | null = null;
  #hadWindow = false;
  #loadingUntilMs = 0;

  constructor(options: LastWindowOptions) {
    this.#options = options;
  }

  /** To be called when a window has come or gone. */
  windowsChanged(): void {
    if (this.#options.windowCount() > 0) {
      this.#hadWindow = true;
      this.#loadingUntilMs = 0;
      this.#stopTimer();
    } else if (this.#hadWindow) {
      this.#wait();
    }
  }

  /** To be called when a page begins to load: its window will connect in a moment. */
  pageLoads(): void {
    this.#loadingUntilMs = performance.now() + LOADING_MS;
    if (this.#timer !== null) this.#wait();
  }

  dispose(): void {
    this.#stopTimer();
  }

  #wait(): void {
    this.#stopTimer();
    const loadingMs = this.#loadingUntilMs - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (this.#options.hosting()) this.#options.stay();
        else this.#options.end();
      },
      Math.max(GRACE_MS, loadingMs),
    );
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
