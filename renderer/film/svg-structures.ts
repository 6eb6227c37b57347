import { STRUCTURE_COLORS, STRUCTURE_INKS, STRUCTURE_TINT } from '#shared/theme/structures.ts';
import { FAMILIES } from '../structures/kind-look.ts';
import type { RegionShape } from '../structures/region-shapes.ts';
import type { BoxPx } from './film-layout.ts';
import { type FilmStructures, overlayScenes } from './film-overlay.ts';
import type { FilmLook } from './film-painter.ts';
import type { SvgDrawing } from './svg-drawing.ts';

/** Outlines and what lies under names, as the window draws them. */
const OUTLINE_OPACITY = 0.9;
const PLATE_OPACITY = 0.82;
/** Of names, px of the design; and their distance from the edge of what they stand on, in their own height. */
const NAME = 14;
const PADDING = 1 / 3;

/** What lies on the disks over the grids of an SVG: outlines, tints without their patterns, and names. */
export function drawStructures(
  drawing: SvgDrawing,
  { layout, theme }: FilmLook,
  structures: FilmStructures,
): void {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (context === null || structures.size === 0) return;
  const sizePx = Math.round(NAME * layout.unitPx);
  for (const [panel, scene] of overlayScenes(layout, structures, context)) {
    const placed = (shapes: readonly RegionShape[], ink: string): readonly BoxPx[] =>
      shapes
        .filter(({ family }) => FAMILIES[family].ink === ink)
        .flatMap((shape) =>
          within({ ...shape, xPx: panel.xPx + shape.xPx, yPx: panel.yPx + shape.yPx }, panel),
        );
    for (const ink of STRUCTURE_INKS) {
      const color = STRUCTURE_COLORS[theme.name][ink];
      drawing.fillAll(placed(scene.tints, ink), color, STRUCTURE_TINT);
      drawing.fillAll(placed(scene.outlines, ink), color, OUTLINE_OPACITY);
    }
    for (const { words, ...box } of scene.labels) {
      const plate = { ...box, xPx: panel.xPx + box.xPx, yPx: panel.yPx + box.yPx };
      drawing.fillAll([plate], theme.grid.ground, PLATE_OPACITY);
      const style = { sizePx, weight: 500, color: theme.chrome.text, mono: false } as const;
      drawing.text(words, plate.xPx + sizePx * PADDING, plate.yPx + plate.heightPx / 2, style);
    }
  }
}

/** The part of a box that lies in another: none or one. */
function within(box: BoxPx, around: BoxPx): readonly BoxPx[] {
  const xPx = Math.max(box.xPx, around.xPx);
  const yPx = Math.max(box.yPx, around.yPx);
  const widthPx = Math.min(box.xPx + box.widthPx, around.xPx + around.widthPx) - xPx;
  const heightPx = Math.min(box.yPx + box.heightPx, around.yPx + around.heightPx) - yPx;
  return widthPx > 0 && heightPx > 0 ? [{ xPx, yPx, widthPx, heightPx }] : [];
}
