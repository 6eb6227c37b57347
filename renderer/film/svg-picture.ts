import { cellLook, cellStyle, isPlain, type PackedColor } from '../grid/cell-look.ts';
import { CELL_BEYOND, CELL_WORDS } from '../grid/cell-value.ts';
import { msSince, readStrength } from '../grid/fade.ts';
import type { FrameInput } from '../grid/grid-renderer.ts';
import { type PanelCells, PanelCellsKeeper } from '../grid/panel-cells.ts';
import { panelFrame } from '../grid/panel-frame.ts';
import type { BoxPx } from './film-layout.ts';
import { type FilmLook, type FilmMoment, frameInput, frameWords } from './film-painter.ts';
import { Furniture } from './furniture.ts';
import { hexOf, SvgDrawing } from './svg-drawing.ts';
import { drawStructures } from './svg-structures.ts';

/**
 * A moment as an SVG document. Cells of one colour that stand in a row and touch are one rectangle; lines between cells lie
 * over them. @throws Error when it would have too many rectangles.
 */
export function svgPicture(look: FilmLook, moment: FilmMoment): string {
  const { layout, theme } = look;
  const { widthPx, heightPx } = layout;
  const drawing = new SvgDrawing(widthPx, heightPx);
  drawing.fill({ xPx: 0, yPx: 0, widthPx, heightPx }, theme.chrome.background);
  const frame = frameInput(look, moment);
  const keeper = new PanelCellsKeeper(() => {});
  try {
    for (const cells of keeper.update(frame)) drawPanel(drawing, frame, cells);
  } finally {
    keeper.dispose();
  }
  drawStructures(drawing, look, moment.structures ?? new Map());
  new Furniture(drawing, layout, theme).draw(frameWords(look, moment));
  return drawing.toString();
}

/** No colour is negative. */
const NO_COLOR: PackedColor = -1;

/** Boxes by colour. */
class Boxes {
  readonly byColor = new Map<PackedColor, BoxPx[]>();

  add(color: PackedColor, box: BoxPx): void {
    const boxes = this.byColor.get(color);
    if (boxes === undefined) this.byColor.set(color, [box]);
    else boxes.push(box);
  }
}

function drawPanel(drawing: SvgDrawing, frame: FrameInput, { panel, grid, disk }: PanelCells): void {
  const look = panelFrame(frame, panel, grid, disk);
  const style = cellStyle(look, frame, frame.theme);
  const { cellPx, innerPx } = look;
  const { cols, rows } = grid.window;
  const boxes = new Boxes();
  const leftPx = panel.xPx - look.baseCol * cellPx - look.offsetXPx;
  const topPx = panel.yPx - look.baseRow * cellPx - look.offsetYPx;
  const clip = (box: BoxPx): BoxPx | null => clipped(box, panel);
  for (let row = 0; row < rows; row += 1) {
    const yPx = topPx + row * cellPx;
    let runColor: PackedColor = NO_COLOR;
    let runFrom = 0;
    /** The cells from `runFrom` to `col` end a run; the one at `col` begins another of that colour. */
    const endRun = (col: number, color: PackedColor): void => {
      const widthPx = (col - runFrom) * cellPx - (cellPx - innerPx);
      const box = clip({ xPx: leftPx + runFrom * cellPx, yPx, widthPx, heightPx: innerPx });
      if (runColor !== NO_COLOR && box !== null) boxes.add(runColor, box);
      runColor = color;
      runFrom = col;
    };
    for (let col = 0; col < cols; col += 1) {
      const at = (row * cols + col) * CELL_WORDS;
      const bits = grid.values[at] ?? 0;
      const readMs = grid.values[at + 1] ?? 0;
      const ageMs = msSince(look.nowMs, readMs) / look.speed;
      const strength = readMs === 0 || !frame.filter.read ? 0 : readStrength(ageMs, frame.reducedMotion);
      if ((bits & CELL_BEYOND) !== 0) {
        endRun(col, NO_COLOR);
      } else if (isPlain(style, bits, strength)) {
        const color = cellLook(style, bits, strength, 0, 0);
        if (runColor !== color) endRun(col, color);
      } else {
        endRun(col, NO_COLOR);
        const xPx = leftPx + col * cellPx;
        drawCell(boxes, innerPx, (x, y) => cellLook(style, bits, strength, x, y), xPx, yPx, clip);
      }
    }
    endRun(cols, NO_COLOR);
  }
  for (const [color, same] of boxes.byColor) drawing.fillAll(same, hexOf(color));
  if (cellPx === innerPx) return;
  const lines = gridLines(leftPx, topPx, cols, rows, cellPx, innerPx).flatMap((line) => clip(line) ?? []);
  drawing.fillAll(lines, frame.theme.ground);
}

/** The columns of ground between cells that are one rectangle in a row. */
function gridLines(
  leftPx: number,
  topPx: number,
  cols: number,
  rows: number,
  cellPx: number,
  innerPx: number,
): readonly BoxPx[] {
  return Array.from({ length: Math.max(0, cols - 1) }, (_, col) => ({
    xPx: leftPx + col * cellPx + innerPx,
    yPx: topPx,
    widthPx: cellPx - innerPx,
    heightPx: rows * cellPx,
  }));
}

/** A cell of several colours, in runs of px. */
function drawCell(
  boxes: Boxes,
  innerPx: number,
  colorAt: (x: number, y: number) => PackedColor,
  xPx: number,
  yPx: number,
  clip: (box: BoxPx) => BoxPx | null,
): void {
  for (let y = 0; y < innerPx; y += 1) {
    for (let x = 0; x < innerPx; ) {
      const color = colorAt(x, y);
      let end = x + 1;
      while (end < innerPx && colorAt(end, y) === color) end += 1;
      const box = clip({ xPx: xPx + x, yPx: yPx + y, widthPx: end - x, heightPx: 1 });
      if (box !== null) boxes.add(color, box);
      x = end;
    }
  }
}

function clipped(box: BoxPx, within: BoxPx): BoxPx | null {
  const xPx = Math.max(box.xPx, within.xPx);
  const yPx = Math.max(box.yPx, within.yPx);
  const widthPx = Math.min(box.xPx + box.widthPx, within.xPx + within.widthPx) - xPx;
  const heightPx = Math.min(box.yPx + box.heightPx, within.yPx + within.heightPx) - yPx;
  return widthPx > 0 && heightPx > 0 ? { xPx, yPx, widthPx, heightPx } : null;
}
