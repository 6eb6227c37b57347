import { formatBytes } from '#shared/bytes/size.ts';
import { BLOCK_BYTES } from '#shared/model/block-state.ts';
import type { SeekData } from './plot-data.ts';
import type { PlotRect } from './plot-frame.ts';

/** A place on the disk that is named on the axis. */
export interface OffsetTick {
  readonly block: number;
  readonly label: string;
}

/** Names of the axis stand no nearer to each other. */
const LEAST_TICK_PX = 26;

/** The places to name between two blocks on an axis so high: round ones, powers of two apart. */
export function offsetTicks(firstBlock: number, endBlock: number, heightPx: number): OffsetTick[] {
  const blocks = endBlock - firstBlock;
  if (!(blocks > 0 && heightPx > 0)) return [];
  let step = 1;
  while ((step / blocks) * heightPx < LEAST_TICK_PX) step *= 2;
  const ticks: OffsetTick[] = [];
  for (let block = Math.ceil(firstBlock / step) * step; block <= endBlock; block += step) {
    ticks.push({ block, label: formatBytes(BigInt(block) * BigInt(BLOCK_BYTES)) });
  }
  return ticks;
}

type Places = Pick<SeekData, 'firstBlock' | 'endBlock' | 'blocksPerRow' | 'rows'>;

/** Blocks that the rows of the plot stand for, the last of which may reach beyond the disk's end. */
function blocksShown(data: Places): number {
  return data.rows * data.blocksPerRow;
}

/** Where the lower edge of a block lies on the canvas; the disk's beginning is below, as seekwatcher has it. */
export function yOfBlock(rect: PlotRect, data: Places, block: number): number {
  return rect.yPx + rect.heightPx * (1 - (block - data.firstBlock) / blocksShown(data));
}

/** The block at a place of the canvas; null beside the plot. */
export function blockAt(rect: PlotRect, data: Places, yPx: number): number | null {
  if (yPx < rect.yPx || yPx >= rect.yPx + rect.heightPx) return null;
  const share = 1 - (yPx - rect.yPx) / rect.heightPx;
  const block = data.firstBlock + Math.ceil(share * blocksShown(data)) - 1;
  return Math.min(Math.max(block, data.firstBlock), data.endBlock - 1);
}

/** The row in which a block lies. */
export function rowOfBlock(data: Places, block: number): number {
  return Math.floor((block - data.firstBlock) / data.blocksPerRow);
}
