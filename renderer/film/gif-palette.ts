import type { HexColor, Theme } from '#shared/theme/theme.ts';
import { IN_FLIGHT_TINT, mixColors, type PackedColor, packColor } from '../grid/cell-look.ts';

/** Shades from a fill to a read's full colour: a fade of 600 ms shows some ten of them at usual frame rates. */
const READ_SHADES = 14;
/** Shades between words and what they stand on. */
const TEXT_SHADES = 12;
const FLUSH_SHADES = 8;
const MAX_COLORS = 255;

/**
 * The colours of a theme's films, 255 at most: every fill and mark exactly as the theme has it, the shades of reads that fade, and
 * those of the edges of letters. Nothing is dithered: what is not in it gets the nearest that is.
 */
export function gifPalette({ grid, chrome }: Theme): readonly PackedColor[] {
  const colors = new Set<PackedColor>();
  const add = (color: HexColor): void => void colors.add(packColor(color));
  const shades = (from: HexColor, to: HexColor, count: number): void => {
    for (let i = 1; i < count; i += 1) colors.add(mixColors(packColor(from), packColor(to), i / count));
  };
  for (const color of Object.values(grid)) add(color);
  for (const color of [chrome.background, chrome.text, chrome.mutedText, chrome.border]) add(color);
  for (const color of [chrome.accent, chrome.warning, chrome.danger]) add(color);
  const fills = [grid.untouched, grid.written, grid.trimmed, grid.zeroed] as const;
  for (const fill of fills) {
    colors.add(mixColors(packColor(fill), packColor(grid.inFlight), IN_FLIGHT_TINT));
    shades(fill, grid.read, READ_SHADES);
  }
  shades(chrome.background, grid.flush, FLUSH_SHADES);
  for (const words of [chrome.text, chrome.mutedText]) shades(chrome.background, words, TEXT_SHADES);
  for (const words of [chrome.accent, chrome.warning, chrome.danger]) shades(chrome.background, words, 6);
  return [...colors].slice(0, MAX_COLORS);
}

/** Finds places in a palette; each colour is looked for once. */
export class PaletteIndex {
  readonly #palette: readonly PackedColor[];
  readonly #known = new Map<PackedColor, number>();

  constructor(palette: readonly PackedColor[]) {
    this.#palette = palette;
    for (const [i, color] of palette.entries()) this.#known.set(color, i);
  }

  /** The place of the nearest colour, as the eye weighs red, green and blue. */
  of(color: PackedColor): number {
    const known = this.#known.get(color);
    if (known !== undefined) return known;
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, candidate] of this.#palette.entries()) {
      const apart = difference(color, candidate);
      if (apart >= least) continue;
      least = apart;
      nearest = i;
    }
    this.#known.set(color, nearest);
    return nearest;
  }
}

function difference(a: PackedColor, b: PackedColor): number {
  const red = (a & 0xff) - (b & 0xff);
  const green = ((a >> 8) & 0xff) - ((b >> 8) & 0xff);
  const blue = ((a >> 16) & 0xff) - ((b >> 16) & 0xff);
  return 3 * red * red + 6 * green * green + blue * blue;
}
