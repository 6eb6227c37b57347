import type { Command } from '#shared/contract/commands.ts';
import type { View } from '#shared/contract/time.ts';

export type SeekTarget = Extract<Command, { command: 'seek' }>['to'];

/** A seek that is not answered within this no longer holds up the next. */
const PATIENCE_MS = 500;

/**
 * Sends the window to moments of the past while a hand moves over them: one at a time, always on to where the hand is then, so
 * that what is shown follows it as closely as the engine can and nothing piles up.
 */
export class Seeker {
  readonly #send: (to: SeekTarget, tag: number) => void;
  readonly #wallMs: () => number;
  /** Where the hand is, not yet sent. */
  #next: SeekTarget | null = null;
  #sent: { readonly tag: number; readonly to: SeekTarget; readonly atMs: number } | null = null;
  #tag = 0;

  constructor(send: (to: SeekTarget, tag: number) => void, wallMs: () => number = () => performance.now()) {
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

  /** The window was told where it stands. */
  arrived({ tag }: View): void {
    if (this.#sent === null || tag !== this.#sent.tag) return;
    this.#sent = null;
    this.#sendNext();
  }

  /** What was asked for will not come: it was refused, the window went elsewhere, or the engine has gone. */
  giveUp(): void {
    this.#next = null;
    this.#sent = null;
  }

  #sendNext(): void {
    const to = this.#next;
    if (to === null) return;
    this.#next = null;
    this.#tag += 1;
    this.#sent = { tag: this.#tag, to, atMs: this.#wallMs() };
    this.#send(to, this.#tag);
  }
}
