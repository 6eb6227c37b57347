import { formatBytes } from '#shared/bytes/size.ts';
import { DEFAULT_MODEL_BYTES } from '#shared/model/memory-budget.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import { RefusedError } from '../refused-error.ts';

/** What a state takes besides its picture: counters, the latest requests, tables of what is in flight. */
const STATE_BYTES = 4 * 1024 * 1024;

/**
 * The memory of the states in which windows show the past: each holds a picture of its own, and as many windows as there
 * may be would take gigabytes. One window always has room.
 */
export class PastMemory {
  readonly limitBytes: number;
  readonly #states = new Map<object, SessionState>();

  /** @param limitBytes what they may take together. */
  constructor(limitBytes = 4 * DEFAULT_MODEL_BYTES) {
    this.limitBytes = limitBytes;
  }

  /** What all of them take. */
  get bytes(): number {
    return this.#bytesBut(null);
  }

  /** Whether they take too much together, this window's among them. */
  isOver(window: object): boolean {
    return this.bytes > this.limitBytes && this.#bytesBut(window) > 0;
  }

  /** Takes a state in the place of what the window showed. @throws RefusedError when others leave no room for it; that stays then. */
  admit(window: object, state: SessionState): void {
    this.#refuse(window, STATE_BYTES + state.budget.usedBytes);
    this.#states.set(window, state);
  }

  /** @throws RefusedError when others leave no room for any state. */
  check(window: object): void {
    this.#refuse(window, STATE_BYTES);
  }

  /** The window shows the past no longer. */
  leave(window: object): void {
    this.#states.delete(window);
  }

  #refuse(window: object, bytes: number): void {
    const others = this.#bytesBut(window);
    if (others > 0 && others + bytes > this.limitBytes) throw new RefusedError(this.refusal(window));
  }

  /** Why a window gets no more, and what there is to be done about it. */
  refusal(window: object): string {
    const others = [...this.#states.keys()].filter((other) => other !== window).length;
    const many = others === 1 ? 'another window shows' : `${others} other windows show`;
    return (
      `${many} the past, and ${formatBytes(this.#bytesBut(window))} of the ${formatBytes(this.limitBytes)} that there are for it are taken; ` +
      'close one of them or bring it back to live'
    );
  }

  #bytesBut(window: object | null): number {
    let bytes = 0;
    for (const [other, state] of this.#states) {
      if (other !== window) bytes += STATE_BYTES + state.budget.usedBytes;
    }
    return bytes;
  }
}
