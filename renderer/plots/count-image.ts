import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import type { HexColor, Theme } from '#shared/theme/theme.ts';
import { packColor } from '../grid/cell-look.ts';
import { COUNT_STEPS, heatLevel } from '../grid/heat.ts';
import { groupCount, type ShownRows } from './latency-layout.ts';
import type { SeekData } from './plot-data.ts';

const OPAQUE = 0xff00_0000;
/** A cell of the seek plot in the image: reads and writes share it, each on a diagonal of its own. */
export const SEEK_CELL_PX = 2;

const packed = (color: HexColor): number => (packColor(color) | OPAQUE) >>> 0;

/**
 * One lane of the latency map as px of an image, `columns` wide, long latencies above: each count by its step on the theme's
 * scale, so that what happened once is seen as well.
 */
export function latencyPixels(
  counts: Uint32Array,
  columns: number,
  rows: ShownRows,
  theme: Theme,
): Uint32Array<ArrayBuffer> {
  const colors = [packed(theme.grid.untouched), ...HEAT_RAMPS[theme.name].map(packed)];
  const groups = (rows.end - rows.first) / rows.perGroup;
  const pixels = new Uint32Array(columns * groups);
  for (let group = 0; group < groups; group += 1) {
    const line = (groups - 1 - group) * columns;
    const firstRow = rows.first + group * rows.perGroup;
    for (let column = 0; column < columns; column += 1) {
      const count = groupCount(counts, columns, rows, firstRow, column);
      pixels[line + column] = colors[heatLevel(count, false, 0, COUNT_STEPS)] ?? 0;
    }
  }
  return pixels;
}

/**
 * The seek plot as px of an image of {@link SEEK_CELL_PX} a cell, the disk's beginning below: reads and writes in their
 * colours at full strength however few they were, in halves where there were both.
 */
export function seekPixels(data: SeekData, theme: Theme): Uint32Array<ArrayBuffer> {
  const { columns, rows, reads, writes } = data;
  const ground = packed(theme.grid.untouched);
  const read = packed(theme.grid.read);
  const written = packed(theme.grid.written);
  const width = columns * SEEK_CELL_PX;
  const pixels = new Uint32Array(width * rows * SEEK_CELL_PX).fill(ground);
  for (let row = 0; row < rows; row += 1) {
    const top = (rows - 1 - row) * SEEK_CELL_PX * width;
    for (let column = 0; column < columns; column += 1) {
      const cell = row * columns + column;
      const hasRead = (reads[cell] ?? 0) > 0;
      const hasWrite = (writes[cell] ?? 0) > 0;
      if (!hasRead && !hasWrite) continue;
      const at = top + column * SEEK_CELL_PX;
      const one = hasRead ? read : written;
      const other = hasWrite ? written : read;
      pixels[at] = one;
      pixels[at + width + 1] = one;
      pixels[at + 1] = other;
      pixels[at + width] = other;
    }
  }
  return pixels;
}
