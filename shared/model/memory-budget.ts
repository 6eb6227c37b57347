/** Bytes that the models of one session may take unless told otherwise. */
export const DEFAULT_MODEL_BYTES = 256 * 1024 * 1024;

/** Share of the budget past which new pages are kept without their details. */
const DETAIL_SHARE = 0.75;

/**
 * The memory that all disk models of a session share. Past three quarters new pages keep only what their blocks
 * show, without times and counts; past the whole, pages are no longer made and a run of blocks stands for each.
 * Both moments are remembered, so that the window can say so.
 */
export class MemoryBudget {
  readonly limitBytes: number;
  usedBytes = 0;
  detailRefused = false;
  pageRefused = false;

  constructor(limitBytes = DEFAULT_MODEL_BYTES) {
    this.limitBytes = limitBytes;
  }

  /** Takes memory for a page: with details ('full'), without ('states'), or not at all ('none'). */
  grant(stateBytes: number, detailBytes: number): 'full' | 'states' | 'none' {
    if (this.usedBytes + stateBytes + detailBytes <= this.limitBytes * DETAIL_SHARE) {
      this.usedBytes += stateBytes + detailBytes;
      return 'full';
    }
    this.detailRefused = true;
    if (this.usedBytes + stateBytes <= this.limitBytes) {
      this.usedBytes += stateBytes;
      return 'states';
    }
    this.pageRefused = true;
    return 'none';
  }
}
