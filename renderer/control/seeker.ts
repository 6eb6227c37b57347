import type { View } from '#shared/contract/time.ts';

/** A moment to go to: by the session's clock, or the state after a row. */
export type SeekTarget = { readonly us: number } | { readonly sequence: number };

/** A seek that is not answered within this no longer holds up the next. */
const PATIENCE_MS = 500;

/**
 * Sends the window to moments of the past while a hand moves over them: one at a time, always on to where the hand is then, so
 * that what is shown follows it as closely as the engine can and nothing piles up.
 */
export class Seeker {
  readonly #send: (to: SeekTarget) => Promise<View>;
  readonly #wallMs: () => number;
  /** Where the hand is, not yet sent. */
  #next: SeekTarget | null = null;
  #sent: { readonly to: SeekTarget; readonly atMs: number } | null = null;

  /** @param send resolves once the window shows the moment, or another that took its place; rejects when it will not. */
  constructor(send: (to: SeekTarget) => Promise<View>, wallMs: () => number = () => performance.now()) {
    this.#send = send;
    this.#wallMs = wallMs;
  }

  /** The moment that the window is on its way to; null when it is on none, or on one that is named otherwise. */
  get targetUs(): number | null {
    const to = this.#next ?? this.#sent?.to ?? null;
    return to !== null && 'us' in to ? to.us : null;
  }

  seek(to: SeekTarget): void {
    this.#next = to;
    if (this.#sent === null || this.#wallMs() - this.#sent.atMs >= PATIENCE_MS) this.#sendNext();
  }

  /** What was asked for is not wanted any more: the window goes elsewhere. */
  giveUp(): void {
    this.#next = null;
    this.#sent = null;
  }

  #sendNext(): void {
    const to = this.#next;
    if (to === null) return;
    this.#next = null;
    const sent = { to, atMs: this.#wallMs() };
    this.#sent = sent;
    const over = (): void => {
      if (this.#sent !== sent) return;
      this.#sent = null;
      this.#sendNext();
    };
    // Why one was refused is said by the window, which hears of it too.
    this.#send(to).then(over, over);
  }
}
