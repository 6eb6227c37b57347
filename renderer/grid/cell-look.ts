/**
 * What a drawn cell shows, px by px. The shader in webgl2-shaders.ts says the same, statement for statement.
 *
 * In this order: the kind (several kinds in quarters), the read's flash, the hatch of a failed request, the outline of
 * one in flight, the cut corner of a write with FUA. Where a cell stands for several blocks nothing touched is ever
 * covered: the states take the quarters in turn and a read lights those that are left over.
 */
import type { GridTheme, HexColor } from '#shared/theme/theme.ts';
import { rgbOf } from '#shared/theme/theme.ts';
import {
  CELL_FAILED,
  CELL_FUA,
  CELL_IN_FLIGHT,
  CELL_MIXED,
  CELL_SECTORS_AT,
  CELL_WRITTEN,
} from './cell-value.ts';
import type { FrameInput } from './grid-renderer.ts';
import { LEVEL_NONE, LEVEL_UNKNOWN } from './heat.ts';
import { type PanelFrame, shownKinds } from './panel-frame.ts';

/** Cell sizes, device px, from which on a mark is drawn as such. */
export const OUTLINE_FROM_PX = 5;
export const FUA_FROM_PX = 6;
export const SECTORS_FROM_PX = 8;
/** Below this, of the cell without its grid line, the hatch is a checker. */
export const HATCH_FROM_PX = 4;
/** Below {@link OUTLINE_FROM_PX} a cell in flight takes on this much of the outline's colour: too little to count as a flash. */
export const IN_FLIGHT_TINT = 0.08;

/** A colour as 0xBBGGRR, the order that an opaque px has in little-endian image data. */
export type PackedColor = number;

export function packColor(color: HexColor): PackedColor {
  const [red, green, blue] = rgbOf(color);
  return red | (green << 8) | (blue << 16);
}

/** `amount` of the way from one colour to another, as a shader's mix() does it. */
export function mixColors(from: PackedColor, to: PackedColor, amount: number): PackedColor {
  if (amount <= 0) return from;
  const part = (shift: number): number => {
    const a = (from >>> shift) & 0xff;
    const b = (to >>> shift) & 0xff;
    return Math.round(a + (b - a) * amount) << shift;
  };
  return part(0) | part(8) | part(16);
}

/** What all cells of a panel share in one frame. */
export interface CellStyle {
  readonly cellPx: number;
  readonly innerPx: number;
  readonly aggregated: boolean;
  readonly kinds: number;
  readonly showError: boolean;
  readonly showInFlight: boolean;
  readonly ground: PackedColor;
  /** Fills by block kind: untouched, written, trimmed, zeroed. */
  readonly fill: readonly [PackedColor, PackedColor, PackedColor, PackedColor];
  readonly read: PackedColor;
  readonly error: PackedColor;
  readonly inFlight: PackedColor;
  /** The scale of heat by which cells are coloured, least first; null where they show their state. */
  readonly heat: readonly PackedColor[] | null;
}

export function cellStyle(
  panel: Pick<PanelFrame, 'cellPx' | 'innerPx' | 'aggregated'>,
  frame: Pick<FrameInput, 'filter' | 'heat'>,
  theme: GridTheme,
): CellStyle {
  return {
    cellPx: panel.cellPx,
    innerPx: panel.innerPx,
    aggregated: panel.aggregated,
    kinds: shownKinds(frame.filter),
    showError: frame.filter.error,
    showInFlight: frame.filter.inFlight,
    ground: packColor(theme.ground),
    fill: [
      packColor(theme.untouched),
      packColor(theme.written),
      packColor(theme.trimmed),
      packColor(theme.zeroed),
    ],
    read: packColor(theme.read),
    error: packColor(theme.error),
    inFlight: packColor(theme.inFlight),
    heat: frame.heat?.ramp.map(packColor) ?? null,
  };
}

function nthKind(style: CellStyle, kinds: number, nth: number): PackedColor {
  let left = nth;
  for (let kind = 1; kind <= 3; kind += 1) {
    if ((kinds & (1 << (kind - 1))) === 0) continue;
    if (left === 0) return style.fill[kind] ?? 0;
    left -= 1;
  }
  return style.fill[0];
}

function sectorFill(style: CellStyle, bits: number, x: number, y: number): PackedColor {
  const sector = Math.floor((y * 2) / style.innerPx) * 4 + Math.floor((x * 4) / style.innerPx);
  const kind = (bits >>> (CELL_SECTORS_AT + 2 * sector)) & 3;
  const shown = kind !== 0 && (style.kinds & (1 << (kind - 1))) !== 0;
  return style.fill[shown ? kind : 0] ?? 0;
}

function hatchedAt(innerPx: number, x: number, y: number): boolean {
  if (innerPx < HATCH_FROM_PX) return (x + y) % 2 === 0;
  const stripe = 2 * Math.max(1, Math.floor(innerPx / 12));
  return (x + y) % (2 * stripe) < stripe;
}

/** The colour at px (x, y) of a cell with these bits whose last read shows at `strength`. */
export function cellLook(
  style: CellStyle,
  bits: number,
  strength: number,
  x: number,
  y: number,
): PackedColor {
  const inner = style.innerPx;
  if (x >= inner || y >= inner) return style.ground;
  const kinds = bits & style.kinds;
  const kindCount = (kinds & 1) + ((kinds >> 1) & 1) + ((kinds >> 2) & 1);
  const failed = style.showError && (bits & CELL_FAILED) !== 0;
  const stateCount = kindCount + (style.aggregated && failed ? 1 : 0);
  const quarter = (2 * y >= inner ? 2 : 0) + (2 * x >= inner ? 1 : 0);
  const nth = stateCount > 0 ? quarter % stateCount : 0;
  let color =
    (bits & CELL_MIXED) !== 0 && style.cellPx >= SECTORS_FROM_PX
      ? sectorFill(style, bits, x, y)
      : nthKind(style, kinds, nth < kindCount ? nth : 0);
  let amount = strength;
  if (style.aggregated && stateCount > 0) {
    amount = stateCount >= 4 ? strength * 0.5 : quarter >= stateCount ? strength : 0;
  }
  color = mixColors(color, style.read, amount);
  if (failed && (!style.aggregated || nth >= kindCount)) {
    if (hatchedAt(inner, x, y) || (style.aggregated && inner < SECTORS_FROM_PX)) color = style.error;
  }
  if (style.showInFlight && (bits & CELL_IN_FLIGHT) !== 0) {
    if (style.cellPx >= OUTLINE_FROM_PX) {
      const line = inner >= 20 ? 2 : 1;
      if (x < line || y < line || x >= inner - line || y >= inner - line) color = style.inFlight;
    } else {
      color = mixColors(color, style.inFlight, IN_FLIGHT_TINT);
    }
  }
  if (style.cellPx >= FUA_FROM_PX && (bits & CELL_FUA) !== 0 && (kinds & CELL_WRITTEN) !== 0) {
    if (inner - 1 - x + y < Math.max(2, Math.floor(inner / 4))) color = style.ground;
  }
  return color;
}

/**
 * The colour at px (x, y) of a cell on a step of the scale of heat (`heatLevel`). One of which nobody counted is hatched: it
 * is neither never nor often.
 */
export function heatLook(style: CellStyle, level: number, x: number, y: number): PackedColor {
  const inner = style.innerPx;
  if (x >= inner || y >= inner) return style.ground;
  if (level === LEVEL_UNKNOWN) return hatchedAt(inner, x, y) ? style.inFlight : style.fill[0];
  return level === LEVEL_NONE ? style.fill[0] : (style.heat?.[level - 1] ?? style.fill[0]);
}

/** Whether every px of the cell but the grid line has one colour, so that a plain fill will do. */
export function isPlain(style: CellStyle, bits: number, strength: number): boolean {
  const marks = CELL_FAILED | CELL_IN_FLIGHT | CELL_FUA | CELL_MIXED;
  const kinds = bits & style.kinds;
  return (
    (bits & marks) === 0 && (kinds & (kinds - 1)) === 0 && !(style.aggregated && kinds !== 0 && strength > 0)
  );
}
