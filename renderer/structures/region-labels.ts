/** Where the names of regions stand over the grid: where there is room for them, one each. */
import type { GridView } from '../grid/grid-view.ts';
import { NOTHING, type RegionField } from './region-field.ts';
import type { RegionBand } from './region-shapes.ts';
import { familyAt } from './regions.ts';

/** A name at a place of a panel, device px. */
export interface RegionLabel {
  readonly words: string;
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface LabelMetrics {
  /** Width of words, px. */
  readonly textPx: (words: string) => number;
  readonly linePx: number;
  /** Between words and the edge of what they stand on. */
  readonly paddingPx: number;
  /** The panel, which labels keep within. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A region is this many times as large as its label, or it would be hidden by it. */
const ROOM = 3;
const MOST_LABELS = 80;

/**
 * Labels of a field's regions: each stands at the left top of the first place in which its words fit whole, within cells that
 * all show the region. A region whose name stands already, as when it is in several pieces, gets no second one.
 */
export function labelsOf(
  field: RegionField,
  bands: readonly RegionBand[],
  view: GridView,
  metrics: LabelMetrics,
): readonly RegionLabel[] {
  const { regions } = field;
  const places = roomsOf(field, bands, view, metrics);
  const labels: RegionLabel[] = [];
  const named = new Set<number>();
  for (const { region, box } of places) {
    const name = regions.name[region] ?? 0;
    if (named.has(name) || labels.length >= MOST_LABELS) continue;
    named.add(name);
    labels.push({ words: regions.names[name] ?? '', ...box });
  }
  return labels;
}

interface Room {
  readonly region: number;
  readonly box: Omit<RegionLabel, 'words'>;
}

/** A stretch of rows in which the same columns show one region. */
interface Growing {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
}

function roomsOf(
  field: RegionField,
  bands: readonly RegionBand[],
  view: GridView,
  { textPx, linePx, paddingPx, widthPx, heightPx }: LabelMetrics,
): readonly Room[] {
  const { cellPx, originXPx, originYPx } = view;
  const cellsOf = new Map<number, number>();
  for (const { region, x0, x1, y0, y1 } of bands) {
    cellsOf.set(region, (cellsOf.get(region) ?? 0) + (x1 - x0) * (y1 - y0));
  }
  const boxHeightPx = linePx + paddingPx;
  const neededRows = Math.ceil((boxHeightPx + 1) / cellPx);
  const widths = new Map<number, number>();
  /** Width of a region's label, px; infinite where it is to have none. */
  const wantedPx = (region: number): number => {
    const known = widths.get(region);
    if (known !== undefined) return known;
    const words = field.regions.names[field.regions.name[region] ?? 0] ?? '';
    const area = (cellsOf.get(region) ?? 0) * cellPx * cellPx;
    // What is too small for the shortest words need not be measured.
    const isSmall = area < ROOM * boxHeightPx * boxHeightPx || words === '';
    const width =
      isSmall || familyAt(field.regions, region) === 'free' ? Infinity : textPx(words) + 2 * paddingPx;
    const wanted = area < ROOM * width * boxHeightPx ? Infinity : width;
    widths.set(region, wanted);
    return wanted;
  };
  const rooms: Room[] = [];
  const found = new Set<number>();
  let above: (Growing & { readonly region: number })[] = [];
  const { col, row, cols, rows } = field.window;
  for (let y = row; y < row + rows; y += 1) {
    const here: (Growing & { readonly region: number })[] = [];
    for (let x = col; x < col + cols; ) {
      const region = field.at(x, y);
      let x1 = x + 1;
      while (x1 < col + cols && field.at(x1, y) === region) x1 += 1;
      if (region !== NOTHING && !found.has(region)) {
        const wanted = wantedPx(region);
        const grown = above.find(
          (one) => one.region === region && (Math.min(one.x1, x1) - Math.max(one.x0, x)) * cellPx > wanted,
        );
        const next =
          grown === undefined
            ? { region, x0: x, x1, y0: y }
            : { region, x0: Math.max(grown.x0, x), x1: Math.min(grown.x1, x1), y0: grown.y0 };
        if ((next.x1 - next.x0) * cellPx > wanted) {
          const box = {
            xPx: Math.max(next.x0 * cellPx - originXPx, 0) + paddingPx / 2,
            yPx: Math.max(next.y0 * cellPx - originYPx, 0) + paddingPx / 2,
            widthPx: wanted,
            heightPx: boxHeightPx,
          };
          const rightPx = Math.min(next.x1 * cellPx - originXPx, widthPx);
          const bottomPx = Math.min((y + 1) * cellPx - originYPx, heightPx);
          const isRoom = box.xPx + box.widthPx < rightPx && box.yPx + box.heightPx < bottomPx;
          if (isRoom && y + 1 - next.y0 >= neededRows) {
            rooms.push({ region, box });
            found.add(region);
          } else here.push(next);
        }
      }
      x = x1;
    }
    above = here;
  }
  return rooms;
}
