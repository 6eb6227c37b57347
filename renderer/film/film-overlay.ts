import type { Theme } from '#shared/theme/theme.ts';
import { nameMetrics, nameStyle, OverlayPainter } from '../structures/overlay-painter.ts';
import { type OverlayPanel, type OverlayScene, overlayScene } from '../structures/overlay-scene.ts';
import type { Regions } from '../structures/regions.ts';
import type { BoxPx, FilmLayout } from './film-layout.ts';

/** Height of the names of what lies on a disk, px of the design. */
const NAME = 14;

/** What lies on the disks, by their numbers. */
export type FilmStructures = ReadonlyMap<number, Regions>;

const NO_STRUCTURES: FilmStructures = new Map();

/** The panels of a layout as what lies over them is placed. */
export function overlayPanels({ panels }: FilmLayout): readonly OverlayPanel[] {
  return panels.map(({ disk, grid }) => ({
    disk: disk.id,
    sizeBytes: disk.sizeBytes,
    view: grid.view,
    xPx: grid.xPx,
    yPx: grid.yPx,
    widthPx: grid.widthPx,
    heightPx: grid.heightPx,
  }));
}

/** What lies over each panel of a layout; `context` measures the names. */
export function overlayScenes(
  layout: FilmLayout,
  structures: FilmStructures,
  context: OffscreenCanvasRenderingContext2D,
): readonly (readonly [OverlayPanel, OverlayScene])[] {
  const metrics = nameMetrics(context, nameStyle(NAME * layout.unitPx));
  return overlayPanels(layout).flatMap((panel) => {
    const regions = structures.get(panel.disk);
    return regions === undefined ? [] : [[panel, overlayScene(panel, regions, [], metrics)] as const];
  });
}

/** Outlines, tints and names over the grids of a film's frames, drawn once for as long as the same lies there. */
export class FilmOverlay {
  readonly #layout: FilmLayout;
  readonly #theme: Theme;
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D | null;
  #drawn: FilmStructures = NO_STRUCTURES;

  constructor(layout: FilmLayout, theme: Theme) {
    this.#layout = layout;
    this.#theme = theme;
    this.#canvas = new OffscreenCanvas(layout.widthPx, layout.heightPx);
    this.#context = this.#canvas.getContext('2d');
  }

  /** Takes what lies there now; true when that is not what was drawn last, so that every grid is to be drawn anew. */
  update(structures: FilmStructures = NO_STRUCTURES): boolean {
    const isSame =
      structures.size === this.#drawn.size &&
      [...structures].every(([disk, regions]) => this.#drawn.get(disk) === regions);
    if (isSame || this.#context === null) return false;
    // A map may change as time goes on: what was drawn is kept.
    this.#drawn = new Map(structures);
    this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const painter = new OverlayPainter(this.#context);
    const style = nameStyle(NAME * this.#layout.unitPx);
    for (const [panel, scene] of overlayScenes(this.#layout, structures, this.#context)) {
      painter.paint(panel, scene, this.#theme, style);
    }
    return true;
  }

  /** Lays it over a part of the frame whose grids have just been drawn. */
  layOver(context: OffscreenCanvasRenderingContext2D, { xPx, yPx, widthPx, heightPx }: BoxPx): void {
    if (this.#drawn.size === 0 || widthPx <= 0 || heightPx <= 0) return;
    context.drawImage(this.#canvas, xPx, yPx, widthPx, heightPx, xPx, yPx, widthPx, heightPx);
  }
}
