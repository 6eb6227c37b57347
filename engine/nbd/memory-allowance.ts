/**
 * A limit on the real memory that hosted disks take together. Disks ask before they take a page; the host shows
 * `usedBytes` and is told when a write had to be refused.
 */
export class MemoryAllowance {
  readonly limitBytes: number;
  usedBytes = 0;
  /** Requests refused so far because the limit was reached. */
  refusals = 0;
  /** Called with every refusal; the host says so in its window. */
  onRefused: (() => void) | null = null;

  /** @param limitBytes most bytes to take, at least 0. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Takes `bytes` if they are there. */
  take(bytes: number): boolean {
    if (this.usedBytes + bytes > this.limitBytes) {
      this.refusals += 1;
      this.onRefused?.();
      return false;
    }
    this.usedBytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.usedBytes -= bytes;
  }
}
