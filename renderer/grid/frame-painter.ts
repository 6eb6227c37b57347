import type { Disposable } from '#shared/channel/channel.ts';
import type { CellGrid } from './cell-grid.ts';
import { cellStyle, packColor } from './cell-look.ts';
import type { FrameInput, Panel } from './grid-renderer.ts';
import { type PanelCells, PanelCellsKeeper } from './panel-cells.ts';
import { type PanelFrame, panelFrame } from './panel-frame.ts';
import { PanelPainter, type PixelImage, type PixelRect, paintOverlay } from './panel-painter.ts';

/** What a panel was last painted with: where it is the same again only changes need painting. */
interface Painted {
  readonly panel: Panel;
  readonly grid: CellGrid;
  readonly frame: FrameInput;
  readonly painter: PanelPainter;
  readonly overlaid: boolean;
}

function samePlace(a: Panel, b: Panel): boolean {
  return (
    a.xPx === b.xPx &&
    a.yPx === b.yPx &&
    a.widthPx === b.widthPx &&
    a.heightPx === b.heightPx &&
    a.view.cellPx === b.view.cellPx &&
    a.view.originXPx === b.view.originXPx &&
    a.view.originYPx === b.view.originYPx
  );
}

function sameStyle(a: FrameInput, b: FrameInput): boolean {
  return (
    a.theme === b.theme &&
    a.heat?.kind === b.heat?.kind &&
    a.heat?.ramp === b.heat?.ramp &&
    a.speed === b.speed &&
    a.reducedMotion === b.reducedMotion &&
    (Object.keys(a.filter) as (keyof FrameInput['filter'])[]).every((key) => a.filter[key] === b.filter[key])
  );
}

/**
 * Whole frames as images, painted by the processor: what the Canvas2D back end shows, and what can be looked at without
 * a browser. Paints only cells that changed or fade, unless something about the panel is new.
 */
export class FramePainter implements Disposable {
  #image: PixelImage;
  /** The cells alone; where edge or cursor are drawn over them, the image is made from this. */
  #cells: PixelImage;
  readonly #keeper = new PanelCellsKeeper(() => {});
  readonly #painted: (Painted | undefined)[] = [];
  #ground = -1;
  #panelCount = 0;

  /** @param image where frames appear; give another with {@link resize}. */
  constructor(image: PixelImage) {
    this.#image = image;
    this.#cells = { ...image, pixels: new Uint32Array(image.pixels.length) };
  }

  resize(image: PixelImage): void {
    this.#image = image;
    this.#cells = { ...image, pixels: new Uint32Array(image.pixels.length) };
    this.#ground = -1;
  }

  /** Paints a frame. Tells which parts of the image changed and whether anything still fades. */
  paint(frame: FrameInput): {
    readonly fades: boolean;
    readonly changed: readonly PixelRect[];
    readonly all: boolean;
  } {
    const ground = packColor(frame.theme.ground);
    const moved =
      this.#panelCount !== frame.panels.length ||
      frame.panels.some((panel, i) => {
        const before = this.#painted[i]?.panel;
        return before === undefined || !samePlace(before, panel);
      });
    const all = moved || ground !== this.#ground;
    if (all) {
      this.#ground = ground;
      this.#panelCount = frame.panels.length;
      this.#painted.length = 0;
      this.#image.pixels.fill((ground | 0xff00_0000) >>> 0);
    }
    let fades = false;
    const changed: PixelRect[] = [];
    this.#keeper.update(frame).forEach((cells, i) => {
      const look = panelFrame(frame, cells.panel, cells.grid, cells.disk);
      const painted = this.#paintPanel(i, frame, cells, look);
      if (painted !== null) changed.push(painted);
      fades ||= look.fades;
    });
    return { fades, changed, all };
  }

  #paintPanel(
    i: number,
    frame: FrameInput,
    { panel, grid, marks }: PanelCells,
    look: PanelFrame,
  ): PixelRect | null {
    const before = this.#painted[i];
    const overlaid = look.flush > 0 || look.cursor.x1 > look.cursor.x0;
    const anew = before === undefined || before.grid !== grid || !sameStyle(before.frame, frame);
    const painter = anew
      ? new PanelPainter(this.#cells, panel, grid, cellStyle(look, frame, frame.theme), frame.theme)
      : before.painter;
    const otherMarks = painter.marks !== marks;
    painter.marks = marks;
    const touched =
      anew || otherMarks || grid.allChanged || painter.ages(look)
        ? painter.paintAll(frame, look)
        : painter.paintChanges(frame, look);
    this.#painted[i] = { panel, grid, frame, painter, overlaid };
    const changed = overlaid || before?.overlaid === true ? panel : touched;
    if (changed === null) return null;
    this.#copy(changed);
    if (overlaid) paintOverlay(this.#image, panel, frame, look);
    return changed;
  }

  #copy({ xPx, yPx, widthPx, heightPx }: PixelRect): void {
    const from = Math.max(xPx, 0);
    const to = Math.min(xPx + widthPx, this.#image.widthPx);
    for (let y = Math.max(yPx, 0); y < Math.min(yPx + heightPx, this.#image.heightPx); y += 1) {
      const line = y * this.#image.widthPx;
      this.#image.pixels.set(this.#cells.pixels.subarray(line + from, line + to), line + from);
    }
  }

  dispose(): void {
    this.#keeper.dispose();
    this.#painted.length = 0;
  }
}
