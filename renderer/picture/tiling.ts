/** A rectangle on the picture; px are whatever the caller measures in. */
export interface TileRect {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface TilingOptions {
  readonly count: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Between neighbouring tiles. */
  readonly gapPx: number;
  /** Part of each tile's height that is not the grid's own. */
  readonly headerPx: number;
  /** How good a grid area of this size is for tile `index`: its cell size. */
  readonly cellPxFor: (index: number, widthPx: number, heightPx: number) => number;
}

/**
 * Places `count` equal tiles in rows so that the smallest cell among them is as large as can be; among equals the
 * arrangement nearest to a square wins. Tiles are whole px and never overlap; an incomplete last row stands left.
 */
export function tile(options: TilingOptions): TileRect[] {
  const { count, widthPx, heightPx, gapPx, headerPx, cellPxFor } = options;
  let best: { readonly columns: number; readonly cellPx: number; readonly slack: number } | null = null;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = tileSize(widthPx, columns, gapPx);
    const height = tileSize(heightPx, rows, gapPx) - headerPx;
    let cellPx = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i += 1) cellPx = Math.min(cellPx, cellPxFor(i, width, height));
    const slack = rows * columns - count + Math.abs(width - height) / Math.max(1, width + height);
    if (best === null || cellPx > best.cellPx || (cellPx === best.cellPx && slack < best.slack)) {
      best = { columns, cellPx, slack };
    }
  }
  if (best === null) return [];
  const { columns } = best;
  const width = tileSize(widthPx, columns, gapPx);
  const height = tileSize(heightPx, Math.ceil(count / columns), gapPx);
  return Array.from({ length: count }, (_, i) => ({
    xPx: (i % columns) * (width + gapPx),
    yPx: Math.floor(i / columns) * (height + gapPx),
    widthPx: width,
    heightPx: height,
  }));
}

function tileSize(wholePx: number, parts: number, gapPx: number): number {
  return Math.max(0, Math.floor((wholePx - (parts - 1) * gapPx) / parts));
}
