import { wcagLuminance } from 'culori';
import { describe, expect, it } from 'vitest';
import { THEMES } from '#shared/theme/palettes.ts';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import {
  type CellStyle,
  cellLook,
  cellStyle,
  IN_FLIGHT_TINT,
  isPlain,
  mixColors,
  type PackedColor,
  packColor,
} from './cell-look.ts';
import {
  CELL_FAILED,
  CELL_FUA,
  CELL_IN_FLIGHT,
  CELL_MIXED,
  CELL_TRIMMED,
  CELL_WRITTEN,
  CELL_ZEROED,
} from './cell-value.ts';

const filter = { read: true, write: true, trim: true, zero: true, error: true, inFlight: true };
const theme = THEMES.dark.grid;

function styleOf(cellPx: number, aggregated: boolean): CellStyle {
  const innerPx = cellPx >= 6 ? cellPx - 1 : cellPx;
  return cellStyle({ cellPx, innerPx, aggregated }, { filter }, theme);
}

function colors(style: CellStyle, bits: number, strength: number): Set<PackedColor> {
  const found = new Set<PackedColor>();
  for (let y = 0; y < style.innerPx; y += 1) {
    for (let x = 0; x < style.innerPx; x += 1) found.add(cellLook(style, bits, strength, x, y));
  }
  return found;
}

function luminanceOf(color: PackedColor): number {
  const part = (shift: number): number => ((color >> shift) & 0xff) / 255;
  return wcagLuminance({ mode: 'rgb', r: part(0), g: part(8), b: part(16) });
}

describe('cellLook', () => {
  it('shows every state that an aggregated cell stands for, lit by a read or not', () => {
    const fills = [
      [CELL_WRITTEN, packColor(theme.written)],
      [CELL_TRIMMED, packColor(theme.trimmed)],
      [CELL_ZEROED, packColor(theme.zeroed)],
      [CELL_FAILED, packColor(theme.error)],
    ] as const;
    for (const cellPx of [2, 3, 4, 8, 16]) {
      const style = styleOf(cellPx, true);
      for (let bits = 1; bits < 16; bits += 1) {
        const present = fills.filter(([bit]) => (bits & bit) !== 0);
        const still = colors(style, bits, 0);
        for (const [, color] of present) expect(still.has(color), `${bits} at ${cellPx} px`).toBe(true);
        if (present.length === 4) continue;
        const lit = colors(style, bits, 1);
        for (const [, color] of present) expect(lit.has(color), `${bits} at ${cellPx} px, lit`).toBe(true);
        if ((bits & CELL_FAILED) === 0) expect(lit.has(style.read)).toBe(true);
      }
      const full = colors(style, 15, 1);
      expect(full.has(mixColors(packColor(theme.written), style.read, 0.5))).toBe(true);
    }
  });

  it('covers a single block wholly with a read', () => {
    expect(colors(styleOf(7, false), CELL_WRITTEN, 1)).toEqual(new Set([packColor(theme.read)]));
  });

  it('calls a cell plain exactly when its px are of one colour', () => {
    const marks = [0, CELL_FAILED, CELL_IN_FLIGHT, CELL_FUA, CELL_MIXED];
    for (const cellPx of [2, 3, 5, 7, 12]) {
      for (const aggregated of [false, true]) {
        const style = styleOf(cellPx, aggregated);
        for (let kinds = 0; kinds < 8; kinds += 1) {
          for (const mark of marks) {
            for (const strength of [0, 0.5, 1]) {
              if (!isPlain(style, kinds | mark, strength)) continue;
              expect(colors(style, kinds | mark, strength).size).toBe(1);
            }
          }
        }
        expect(isPlain(style, CELL_WRITTEN, 0)).toBe(true);
      }
    }
  });

  it('leaves a grid line from 6 px on', () => {
    const style = styleOf(6, false);
    expect(cellLook(style, CELL_WRITTEN, 0, 5, 2)).toBe(style.ground);
    expect(cellLook(styleOf(5, false), CELL_WRITTEN, 0, 4, 2)).toBe(packColor(theme.written));
  });
});

describe.each(THEME_NAMES)('a small cell in flight in the %s theme', (name) => {
  it('changes by too little luminance to count as a flash, and still changes', () => {
    const { grid } = THEMES[name];
    const tint = packColor(grid.inFlight);
    for (const fill of [grid.untouched, grid.written, grid.trimmed, grid.zeroed, grid.read]) {
      const tinted = mixColors(packColor(fill), tint, IN_FLIGHT_TINT);
      expect(Math.abs(luminanceOf(tinted) - luminanceOf(packColor(fill))), fill).toBeLessThan(0.1);
    }
    expect(mixColors(packColor(grid.untouched), tint, IN_FLIGHT_TINT)).not.toBe(packColor(grid.untouched));
  });
});
