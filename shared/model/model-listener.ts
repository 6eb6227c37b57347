import { MIXED, PAGE_BLOCKS } from './block-state.ts';
import type { Page } from './page.ts';

/** Told of every change as it is made, in runs of neighbouring blocks; never allocates on the model's side. */
export interface ModelListener {
  /** Blocks [first, first + count) went from state byte `oldState` to `newState`; MIXED means look at sectorKinds. */
  blocksChanged(first: number, count: number, oldState: number, newState: number): void;
  /** Blocks [first, first + count) were read at `readMs` since the model's epoch. */
  blocksRead(first: number, count: number, readMs: number): void;
  /** Requests ended on blocks [first, first + count): how often they were touched, and when last, is another. */
  blocksTouched(first: number, count: number): void;
  /** How often blocks were touched came from elsewhere, and may be less than before. */
  touchesReplaced(): void;
  /** Everything may have changed: forget and ask again. */
  reset(): void;
}

/** Tells that the blocks [first, first + count) have come from one state to another. */
export function tellRun(
  listener: ModelListener,
  first: number,
  count: number,
  oldState: number,
  newState: number,
): void {
  // A MIXED block may have changed in its sectors though its byte did not.
  if (oldState !== newState || (newState & MIXED) !== 0)
    listener.blocksChanged(first, count, oldState, newState);
}

/** Tells what a page from a snapshot has changed. */
export function tellPage(listener: ModelListener, base: number, before: Uint8Array, page: Page): void {
  const { state, detail } = page;
  let start = 0;
  for (let b = 1; b <= PAGE_BLOCKS; b += 1) {
    if (b < PAGE_BLOCKS && before[b] === before[start] && state[b] === state[start]) continue;
    tellRun(listener, base + start, b - start, before[start] ?? 0, state[start] ?? 0);
    start = b;
  }
  if (detail === null) return;
  const { readMs } = detail;
  start = 0;
  for (let b = 1; b <= PAGE_BLOCKS; b += 1) {
    if (b < PAGE_BLOCKS && readMs[b] === readMs[start]) continue;
    const ms = readMs[start] ?? 0;
    if (ms !== 0) listener.blocksRead(base + start, b - start, ms);
    start = b;
  }
}
