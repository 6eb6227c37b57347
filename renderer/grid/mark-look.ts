/**
 * How marks look over a cell, px by px. The shader in webgl2-shaders.ts says the same, statement for statement.
 *
 * Each kind has a shape of its own, so that none needs its colour to be told: faults are hatched the other way round
 * than failed blocks, parity has lines across, the second parity lines down, mirror copies a broken outline, data
 * a plain one, a selection a tint. Patterns run on over cells, whatever their size.
 */
import type { GridTheme } from '#shared/theme/theme.ts';
import { mixColors, type PackedColor, packColor } from './cell-look.ts';
import { MARK_KINDS, type MarkKind } from './marks.ts';

export function markBit(kind: MarkKind): number {
  return 1 << MARK_KINDS.indexOf(kind);
}

export const FAULT = markBit('fault');
export const STRIPE_DATA = markBit('stripe-data');
export const STRIPE_PARITY = markBit('stripe-parity');
export const STRIPE_Q = markBit('stripe-q');
export const MIRROR = markBit('mirror');
export const SELECTION = markBit('selection');

/** Px after which every pattern repeats. */
export const PATTERN_PX = 8;
/** How far a selected cell goes towards the mark's colour. */
export const SELECTION_TINT = 0.25;
/** A mark nearer than this to what lies under it, of the unit cube's length, is drawn in the colour of the ground. */
export const TOO_NEAR = 0.3;
/** From this cell size on, device px, outlines are two px wide. */
export const WIDE_LINE_FROM_PX = 16;

export interface MarkStyle {
  readonly innerPx: number;
  readonly linePx: number;
  readonly ground: PackedColor;
  readonly mark: PackedColor;
  readonly fault: PackedColor;
}

export function markStyle(cellPx: number, innerPx: number, theme: GridTheme): MarkStyle {
  return {
    innerPx,
    linePx: cellPx >= WIDE_LINE_FROM_PX ? 2 : 1,
    ground: packColor(theme.ground),
    mark: packColor(theme.cursor),
    fault: packColor(theme.error),
  };
}

/** The marks of a cell and those of its neighbours. */
export interface CellMarks {
  own: number;
  left: number;
  right: number;
  above: number;
  below: number;
}

function isNear(a: PackedColor, b: PackedColor): boolean {
  const part = (shift: number): number => (((a >>> shift) & 0xff) - ((b >>> shift) & 0xff)) / 255;
  return Math.hypot(part(0), part(8), part(16)) < TOO_NEAR;
}

/**
 * The colour at px (x, y) of a cell that shows `color` there without its marks. (patternX, patternY) is the px's place on the
 * plane, modulo {@link PATTERN_PX} or not.
 */
export function markLook(
  style: MarkStyle,
  marks: CellMarks,
  color: PackedColor,
  x: number,
  y: number,
  patternX: number,
  patternY: number,
): PackedColor {
  const { own } = marks;
  const inner = style.innerPx;
  const line = style.linePx;
  if (own === 0 || x >= inner || y >= inner) return color;
  let edges = 0;
  if (x < line) edges |= own & ~marks.left;
  if (x >= inner - line) edges |= own & ~marks.right;
  if (y < line) edges |= own & ~marks.above;
  if (y >= inner - line) edges |= own & ~marks.below;
  const hatched = (patternX + 7 * patternY) % 8 < 2;
  const dashed = (patternX + patternY) % 8 < 4;
  const isFault = (edges & FAULT) !== 0 || ((own & FAULT) !== 0 && hatched);
  const isMark =
    (edges & (STRIPE_DATA | STRIPE_PARITY | STRIPE_Q | SELECTION)) !== 0 ||
    ((edges & MIRROR) !== 0 && dashed) ||
    ((own & STRIPE_PARITY) !== 0 && patternY % 4 === 0) ||
    ((own & STRIPE_Q) !== 0 && patternX % 4 === 0);
  if (isMark) return isNear(color, style.mark) ? style.ground : style.mark;
  if (isFault) return isNear(color, style.fault) ? style.ground : style.fault;
  return (own & SELECTION) !== 0 ? mixColors(color, style.mark, SELECTION_TINT) : color;
}
