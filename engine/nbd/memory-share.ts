import { MemoryAllowance } from './memory-allowance.ts';

/** One disk's part of an allowance that several disks have together. `usedBytes` and `refusals` are this disk's own. */
export class MemoryShare extends MemoryAllowance {
  readonly #whole: MemoryAllowance;

  constructor(whole: MemoryAllowance) {
    super(whole.limitBytes);
    this.#whole = whole;
  }

  override take(bytes: number): boolean {
    if (!this.#whole.take(bytes)) {
      this.refusals += 1;
      this.onRefused?.();
      return false;
    }
    this.usedBytes += bytes;
    return true;
  }

  override give(bytes: number): void {
    this.#whole.give(bytes);
    super.give(bytes);
  }
}
