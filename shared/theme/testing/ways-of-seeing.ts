import {
  type Color,
  converter,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
} from 'culori';
import type { HexColor } from '../theme.ts';

const toLinear = converter('lrgb');

/** A quarter of the screen's white falls on everything; the eye then takes the brightest thing as white. */
function inLitRoom(color: Color): Color {
  const { r, g, b } = toLinear(color);
  const veiled = (part: number): number => (part + 0.25) / 1.25;
  return { mode: 'lrgb', r: veiled(r), g: veiled(g), b: veiled(b) };
}

/** How colours are seen by different people and in different places. */
export const WAYS_OF_SEEING: readonly (readonly [string, (color: Color) => Color])[] = [
  ['plainly', (color) => color],
  ['with protan vision', (color) => filterDeficiencyProt(1)(color)],
  ['with deutan vision', (color) => filterDeficiencyDeuter(1)(color)],
  ['with tritan vision', (color) => filterDeficiencyTrit(1)(color)],
  ['in a lit room', inLitRoom],
];

/** @throws Error for what is no colour. */
export function colorOf(hex: HexColor): Color {
  const color = parse(hex);
  if (color === undefined) throw new Error(`${hex} is no colour`);
  return color;
}
