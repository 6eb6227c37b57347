import type { GridTheme } from '#shared/theme/theme.ts';
import type { CellGrid } from './cell-grid.ts';
import {
  type CellStyle,
  cellLook,
  heatLook,
  isPlain,
  mixColors,
  type PackedColor,
  packColor,
} from './cell-look.ts';
import { CELL_BEYOND, CELL_WORDS } from './cell-value.ts';
import { msSince, READ_TOTAL_MS, readStrength } from './fade.ts';
import type { FrameInput, Panel } from './grid-renderer.ts';
import { heatLevel, heatSteps, LEVEL_UNKNOWN } from './heat.ts';
import { type CellMarks, type MarkStyle, markLook, markStyle } from './mark-look.ts';
import type { MarkField } from './marks.ts';
import { EDGE_PX, type PanelFrame } from './panel-frame.ts';

const OPAQUE = 0xff00_0000;

/** An RGBA image as one 32-bit number a px (0xAABBGGRR: image data on a little-endian machine). */
export interface PixelImage {
  readonly pixels: Uint32Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

function fill(image: PixelImage, x0: number, y0: number, x1: number, y1: number, color: PackedColor): void {
  const value = (color | OPAQUE) >>> 0;
  for (let y = y0; y < y1; y += 1) image.pixels.fill(value, y * image.widthPx + x0, y * image.widthPx + x1);
}

/** A part of an image, px; the end is exclusive. */
export interface PixelRect {
  readonly xPx: number;
  readonly yPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * Paints one panel's cells into an image, all of them or only those that changed or still fade. Nothing here needs a
 * browser. Edge and cursor are not cells: see {@link paintOverlay}.
 */
export class PanelPainter {
  readonly #image: PixelImage;
  readonly #panel: Panel;
  readonly #grid: CellGrid;
  readonly #style: CellStyle;
  readonly #markStyle: MarkStyle;
  readonly #heatSteps: readonly number[];
  /** The time that ages were painted for. */
  #heatNow = 0;
  #marks: MarkField | null = null;
  /** Of the cell that is being painted. */
  readonly #cellMarks: CellMarks = { own: 0, left: 0, right: 0, above: 0, below: 0 };
  readonly #fading: Uint8Array;
  /** Cells that were lit when last painted and so must be looked at again: the first `#fadingCount`. */
  readonly #fadingCells: Int32Array;
  #fadingCount = 0;
  /** What each cell was painted from: where it is the same again, its px are too. */
  readonly #paintedBits: Uint32Array;
  readonly #paintedStrength: Float64Array;
  #left = 0;
  #top = 0;
  #right = 0;
  #bottom = 0;

  /** @param style what the cells look like; another style needs another painter, as does another theme. */
  constructor(image: PixelImage, panel: Panel, grid: CellGrid, style: CellStyle, theme: GridTheme) {
    this.#image = image;
    this.#panel = panel;
    this.#grid = grid;
    this.#style = style;
    this.#markStyle = markStyle(style.cellPx, style.innerPx, theme);
    this.#heatSteps = grid.heat === null ? [] : heatSteps(grid.heat);
    this.#fading = new Uint8Array(grid.cellCount);
    this.#fadingCells = new Int32Array(grid.cellCount);
    this.#paintedBits = new Uint32Array(grid.cellCount);
    this.#paintedStrength = new Float64Array(grid.cellCount);
  }

  get marks(): MarkField | null {
    return this.#marks;
  }

  /** What is marked from now on; everything must then be painted anew. */
  set marks(marks: MarkField | null) {
    this.#marks = marks;
  }

  /** Whether every cell may look different because time has passed. */
  ages(look: PanelFrame): boolean {
    return this.#grid.heat === 'age' && look.heatNow !== this.#heatNow;
  }

  /** Paints ground and every cell in view; the panel is painted all over. */
  paintAll(frame: FrameInput, look: PanelFrame): PixelRect {
    const { xPx, yPx, widthPx, heightPx } = this.#panel;
    const { widthPx: canvasPx, heightPx: canvasHeightPx } = this.#image;
    const endX = Math.min(xPx + widthPx, canvasPx);
    const endY = Math.min(yPx + heightPx, canvasHeightPx);
    fill(this.#image, Math.max(xPx, 0), Math.max(yPx, 0), endX, endY, this.#style.ground);
    this.#heatNow = look.heatNow;
    this.#fading.fill(0);
    this.#fadingCount = 0;
    // No strength is NaN: nothing counts as painted already.
    this.#paintedStrength.fill(Number.NaN);
    const { cols, rows } = this.#grid.window;
    const firstCol = Math.max(look.baseCol, 0);
    const endCol = Math.min(cols, look.baseCol + Math.ceil((widthPx + look.offsetXPx) / look.cellPx));
    const firstRow = Math.max(look.baseRow, 0);
    const endRow = Math.min(rows, look.baseRow + Math.ceil((heightPx + look.offsetYPx) / look.cellPx));
    for (let row = firstRow; row < endRow; row += 1) {
      for (let col = firstCol; col < endCol; col += 1) {
        const cell = row * cols + col;
        if (this.#paint(frame, look, cell)) this.#keepFading(cell);
      }
    }
    return this.#panel;
  }

  /**
   * Paints the cells that changed in the grid's last refresh and those that fade, where they look different from
   * before. Returns the part of the image that was painted; null when there was nothing to paint.
   */
  paintChanges(frame: FrameInput, look: PanelFrame): PixelRect | null {
    const grid = this.#grid;
    this.#left = Number.POSITIVE_INFINITY;
    this.#top = Number.POSITIVE_INFINITY;
    this.#right = 0;
    this.#bottom = 0;
    const lit = this.#fadingCount;
    this.#fadingCount = 0;
    for (let k = 0; k < lit; k += 1) {
      const cell = this.#fadingCells[k] ?? 0;
      if (this.#paint(frame, look, cell)) this.#keepFading(cell);
      else this.#fading[cell] = 0;
    }
    for (let k = 0; k < grid.changedCount; k += 1) {
      const cell = grid.changed[k] ?? 0;
      // One that fades has just been painted.
      if (this.#fading[cell] === 0 && this.#paint(frame, look, cell)) this.#keepFading(cell);
    }
    if (this.#right === 0) return null;
    return {
      xPx: this.#panel.xPx + this.#left,
      yPx: this.#panel.yPx + this.#top,
      widthPx: this.#right - this.#left,
      heightPx: this.#bottom - this.#top,
    };
  }

  #keepFading(cell: number): void {
    this.#fading[cell] = 1;
    this.#fadingCells[this.#fadingCount] = cell;
    this.#fadingCount += 1;
  }

  /** Paints a cell unless it looks as it did. True while a read in it is lit. */
  #paint(frame: FrameInput, look: PanelFrame, cell: number): boolean {
    const bits = this.#grid.values[cell * CELL_WORDS] ?? 0;
    const readMs = this.#grid.values[cell * CELL_WORDS + 1] ?? 0;
    // In the colours of heat the step takes the place of the strength, and nothing fades.
    let strength = 0;
    let lit = false;
    const { heat } = this.#grid;
    if (heat !== null) {
      strength = heatLevel(readMs, heat === 'age', look.heatNow, this.#heatSteps);
    } else if (readMs !== 0 && frame.filter.read) {
      const ageMs = msSince(look.nowMs, readMs) / look.speed;
      strength = readStrength(ageMs, frame.reducedMotion);
      lit = ageMs < READ_TOTAL_MS;
    }
    if (this.#paintedBits[cell] === bits && this.#paintedStrength[cell] === strength) return lit;
    this.#paintedBits[cell] = bits;
    this.#paintedStrength[cell] = strength;
    if ((bits & CELL_BEYOND) !== 0) return false;
    const { cols } = this.#grid.window;
    const row = Math.floor(cell / cols);
    const col = cell - row * cols;
    const marked = this.#marks !== null && this.#readMarks(this.#marks, col, row);
    this.#paintAt(
      look,
      bits,
      strength,
      (col - look.baseCol) * look.cellPx - look.offsetXPx,
      (row - look.baseRow) * look.cellPx - look.offsetYPx,
      marked,
    );
    return lit;
  }

  /** Reads a cell's marks and its neighbours'; false where it has none. */
  #readMarks(field: MarkField, col: number, row: number): boolean {
    const at = field.indexOf(col, row);
    const marks = this.#cellMarks;
    marks.own = field.bits[at] ?? 0;
    if (marks.own === 0) return false;
    marks.left = field.bits[at - 1] ?? 0;
    marks.right = field.bits[at + 1] ?? 0;
    marks.above = field.bits[at - field.stride] ?? 0;
    marks.below = field.bits[at + field.stride] ?? 0;
    return true;
  }

  /** The cell whose left top is (left, top) in the panel, clipped to panel and image. */
  #paintAt(
    look: PanelFrame,
    bits: number,
    strength: number,
    left: number,
    top: number,
    marked: boolean,
  ): void {
    const style = this.#style;
    const { pixels, widthPx, heightPx } = this.#image;
    const panel = this.#panel;
    const x0 = Math.max(left, 0, -panel.xPx);
    const y0 = Math.max(top, 0, -panel.yPx);
    const x1 = Math.min(left + style.innerPx, panel.widthPx, widthPx - panel.xPx);
    const y1 = Math.min(top + style.innerPx, panel.heightPx, heightPx - panel.yPx);
    if (x0 >= x1 || y0 >= y1) return;
    if (x0 < this.#left) this.#left = x0;
    if (y0 < this.#top) this.#top = y0;
    if (x1 > this.#right) this.#right = x1;
    if (y1 > this.#bottom) this.#bottom = y1;
    const isHeat = style.heat !== null;
    if (!marked && (isHeat ? strength !== LEVEL_UNKNOWN : isPlain(style, bits, strength))) {
      // Cells are a few px wide: a loop is faster than a fill() of each of their lines.
      const color = isHeat ? heatLook(style, strength, 0, 0) : cellLook(style, bits, strength, 0, 0);
      const value = (color | OPAQUE) >>> 0;
      for (let y = y0; y < y1; y += 1) {
        const line = (y + panel.yPx) * widthPx + panel.xPx;
        for (let x = x0; x < x1; x += 1) pixels[line + x] = value;
      }
      return;
    }
    for (let y = y0; y < y1; y += 1) {
      const line = (y + panel.yPx) * widthPx + panel.xPx;
      for (let x = x0; x < x1; x += 1) {
        let color = isHeat
          ? heatLook(style, strength, x - left, y - top)
          : cellLook(style, bits, strength, x - left, y - top);
        if (marked) {
          const patternX = x + look.offsetXPx + look.patternXPx;
          const patternY = y + look.offsetYPx + look.patternYPx;
          color = markLook(this.#markStyle, this.#cellMarks, color, x - left, y - top, patternX, patternY);
        }
        pixels[line + x] = color | OPAQUE;
      }
    }
  }
}

/** Paints the flushed edge and the cursor over a panel's cells. */
export function paintOverlay(image: PixelImage, panel: Panel, frame: FrameInput, look: PanelFrame): void {
  if (look.flush > 0) paintEdge(image, panel, frame, look);
  if (look.cursor.x1 > look.cursor.x0) paintCursor(image, panel, frame, look);
}

function paintEdge(image: PixelImage, panel: Panel, frame: FrameInput, look: PanelFrame): void {
  const { x0, y0, x1, y1 } = look.edge;
  const color = packColor(frame.theme.flush);
  const put = (fromX: number, fromY: number, toX: number, toY: number): void => {
    for (let y = Math.max(fromY, y0); y < Math.min(toY, y1); y += 1) {
      for (let x = Math.max(fromX, x0); x < Math.min(toX, x1); x += 1) {
        const at = (y + panel.yPx) * image.widthPx + x + panel.xPx;
        image.pixels[at] = mixColors((image.pixels[at] ?? 0) & 0xff_ffff, color, look.flush) | OPAQUE;
      }
    }
  };
  put(x0, y0, x1, y0 + EDGE_PX);
  put(x0, Math.max(y1 - EDGE_PX, y0 + EDGE_PX), x1, y1);
  put(x0, y0 + EDGE_PX, x0 + EDGE_PX, y1 - EDGE_PX);
  put(Math.max(x1 - EDGE_PX, x0 + EDGE_PX), y0 + EDGE_PX, x1, y1 - EDGE_PX);
}

function paintCursor(image: PixelImage, panel: Panel, frame: FrameInput, look: PanelFrame): void {
  const { x0, y0, x1, y1 } = look.cursor;
  const ring = (away: number, color: PackedColor): void => {
    const put = (fromX: number, fromY: number, toX: number, toY: number): void => {
      const a = Math.max(fromX, 0);
      const b = Math.max(fromY, 0);
      const c = Math.min(toX, panel.widthPx);
      const d = Math.min(toY, panel.heightPx);
      if (a < c) fill(image, a + panel.xPx, b + panel.yPx, c + panel.xPx, d + panel.yPx, color);
    };
    put(x0 - away, y0 - away, x1 + away, y0 - away + 1);
    put(x0 - away, y1 + away - 1, x1 + away, y1 + away);
    put(x0 - away, y0 - away, x0 - away + 1, y1 + away);
    put(x1 + away - 1, y0 - away, x1 + away, y1 + away);
  };
  for (let away = 1; away <= look.cursorPx; away += 1) ring(away, packColor(frame.theme.cursor));
  ring(look.cursorPx + 1, packColor(frame.theme.ground));
}
