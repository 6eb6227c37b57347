/**
 * The one typed theme: the picture's colours, which go to the shaders, and the chrome's, which become CSS custom
 * properties. Every colour is sRGB, written `#rrggbb` and opaque, so that what is measured is what is shown.
 */

import { HEAT_RAMPS } from './heat.ts';
import { STRUCTURE_COLORS } from './structures.ts';

/** An opaque sRGB colour, `#rrggbb`. */
export type HexColor = `#${string}`;

/** Colours of the picture. What each state means is in docs/architecture.md. */
export interface GridTheme {
  /** Around the disk and between its cells. */
  readonly ground: HexColor;
  /** A block that was never touched: slightly off the ground, so that the disk's extent can be seen. */
  readonly untouched: HexColor;
  readonly read: HexColor;
  readonly written: HexColor;
  readonly trimmed: HexColor;
  readonly zeroed: HexColor;
  /** Hatched over what the block showed before its request failed. */
  readonly error: HexColor;
  /** Outline of blocks with a request in flight. */
  readonly inFlight: HexColor;
  /** Outline of the block under the pointer or the keyboard cursor. */
  readonly cursor: HexColor;
  /** The disk's edge, just after a flush. */
  readonly flush: HexColor;
}

/** Colours of everything around the picture. */
export interface ThemeColors {
  /** The window's own ground. */
  readonly background: HexColor;
  /** Side panel, bars, dialogs. */
  readonly panel: HexColor;
  /** What lies on a panel and can be used: buttons, fields, the row under the pointer. */
  readonly raised: HexColor;
  readonly border: HexColor;
  readonly text: HexColor;
  readonly mutedText: HexColor;
  /** The one accent: primary buttons, what is chosen. */
  readonly accent: HexColor;
  /** Text on the accent. */
  readonly accentText: HexColor;
  /** Ring around what has the keyboard. */
  readonly focus: HexColor;
  /** Words about what failed. */
  readonly danger: HexColor;
  /** Words about what needs a look. */
  readonly warning: HexColor;
  /** Words about what is well, and the live mark. */
  readonly success: HexColor;
}

export const THEME_NAMES = ['dark', 'light', 'projector', 'classic'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

export interface Theme {
  readonly name: ThemeName;
  /** How the window lists it. */
  readonly label: string;
  /** For CSS `color-scheme`: form controls and scroll bars follow it. */
  readonly scheme: 'dark' | 'light';
  readonly grid: GridTheme;
  readonly chrome: ThemeColors;
}

const PROPERTY_OF = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/**
 * The theme as CSS custom properties: `--panel`, `--muted-text`, ... for the chrome and `--grid-read`,
 * `--grid-written`, ... for legends that must match the picture, `--heat-1` and up for the scale of heat,
 * `--structure-journal`, ... for the inks of structures.
 */
export function cssCustomProperties(theme: Theme): Readonly<Record<`--${string}`, string>> {
  const properties: Record<`--${string}`, string> = {};
  for (const [name, color] of Object.entries(theme.chrome)) properties[`--${PROPERTY_OF(name)}`] = color;
  for (const [name, color] of Object.entries(theme.grid)) properties[`--grid-${PROPERTY_OF(name)}`] = color;
  for (const [i, color] of HEAT_RAMPS[theme.name].entries()) properties[`--heat-${i + 1}`] = color;
  for (const [ink, color] of Object.entries(STRUCTURE_COLORS[theme.name])) {
    properties[`--structure-${ink}`] = color;
  }
  return properties;
}

/** Red, green and blue of a colour, 0 to 255. Throws RangeError when it is not `#rrggbb`. */
export function rgbOf(color: HexColor): readonly [red: number, green: number, blue: number] {
  if (!/^#[0-9a-f]{6}$/i.test(color)) throw new RangeError(`"${color}" is not a colour of the form #rrggbb`);
  const packed = Number.parseInt(color.slice(1), 16);
  return [packed >> 16, (packed >> 8) & 0xff, packed & 0xff];
}
