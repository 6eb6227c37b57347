import { Op } from '#shared/events/vocabulary.ts';
import type { SessionState } from '#shared/model/session-state.ts';
import type { GridTheme } from '#shared/theme/theme.ts';
import { cellLook, cellStyle, OUTLINE_FROM_PX, packColor } from '../grid/cell-look.ts';
import { CELL_FAILED, CELL_IN_FLIGHT, CELL_TRIMMED, CELL_WRITTEN, CELL_ZEROED } from '../grid/cell-value.ts';
import { ALL_LAYERS, type LayerFilter } from '../grid/grid-renderer.ts';
import type { PixelImage } from '../grid/panel-painter.ts';
import type { FilmLayout } from './film-layout.ts';

export const LEGEND_KINDS = ['read', 'write', 'trim', 'zero', 'flush', 'error', 'in flight'] as const;
export type LegendKind = (typeof LEGEND_KINDS)[number];

export interface LegendEntry {
  readonly kind: LegendKind;
  readonly count: number;
}

const OPS: Readonly<Partial<Record<LegendKind, number>>> = {
  read: Op.Read,
  write: Op.Write,
  trim: Op.Trim,
  zero: Op.Zero,
  flush: Op.Flush,
};

/** Bits of a cell of each kind; a read is no state, and a flush shows round the disk. */
const BITS: Readonly<Partial<Record<LegendKind, number>>> = {
  write: CELL_WRITTEN,
  trim: CELL_TRIMMED,
  zero: CELL_ZEROED,
  error: CELL_WRITTEN | CELL_FAILED,
  'in flight': CELL_IN_FLIGHT,
};

/** What can be told apart in a frame of that layout with these layers shown. */
export function legendKinds(layout: FilmLayout, filter: LayerFilter): readonly LegendKind[] {
  const outlines = layout.panels.some(({ grid }) => grid.view.cellPx >= OUTLINE_FROM_PX);
  const shown: Readonly<Record<LegendKind, boolean>> = {
    read: filter.read,
    write: filter.write,
    trim: filter.trim,
    zero: filter.zero,
    flush: true,
    error: filter.error,
    'in flight': filter.inFlight && outlines,
  };
  return LEGEND_KINDS.filter((kind) => shown[kind]);
}

/** How often each came so far, on the disks of the frame together. */
export function legendEntries(
  kinds: readonly LegendKind[],
  state: SessionState,
  disks: readonly { readonly id: number }[],
): readonly LegendEntry[] {
  return kinds.map((kind) => {
    let count = 0;
    for (const { id } of disks) {
      const counters = state.disks[id]?.counters;
      if (counters === undefined) continue;
      const op = OPS[kind];
      if (op !== undefined) count += counters.requests[op] ?? 0;
      else if (kind === 'in flight') count += counters.inFlight;
      else for (const errors of counters.errors) count += errors;
    }
    return { kind, count };
  });
}

const OPAQUE = 0xff00_0000;

/** A cell of a kind, as the grids draw it, `sidePx` wide, in a thin frame of the border's colour. */
export function legendSwatch(kind: LegendKind, sidePx: number, theme: GridTheme, border: number): PixelImage {
  const style = cellStyle(
    { cellPx: sidePx, innerPx: sidePx, aggregated: false },
    { filter: ALL_LAYERS },
    theme,
  );
  const pixels = new Uint32Array(sidePx * sidePx);
  const ring = Math.max(2, Math.round(sidePx / 8));
  for (let y = 0; y < sidePx; y += 1) {
    for (let x = 0; x < sidePx; x += 1) {
      const edgePx = Math.min(x, y, sidePx - 1 - x, sidePx - 1 - y);
      let color = cellLook(style, BITS[kind] ?? 0, kind === 'read' ? 1 : 0, x, y);
      if (kind === 'flush') color = packColor(edgePx < ring ? theme.flush : theme.ground);
      else if (edgePx === 0 && kind !== 'in flight') color = border;
      pixels[y * sidePx + x] = (color | OPAQUE) >>> 0;
    }
  }
  return { pixels, widthPx: sidePx, heightPx: sidePx };
}
