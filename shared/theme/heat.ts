import type { HexColor, ThemeName } from './theme.ts';

/** Steps of the scale of heat: from once, or long ago, to most often, or just now. */
export const HEAT_STEPS = 10;

/**
 * The scale of heat by theme, least first: away from the ground, towards what catches the eye on it. Neighbours stay apart
 * about evenly, and the scale goes one way in lightness, as seen plainly, under protan, deutan and tritan vision and in a lit
 * room; even the least is well off the ground, so that what happened once is seen. heat.test.ts measures it. Found by search
 * along curves in OKLCH.
 */
export const HEAT_RAMPS: Readonly<Record<ThemeName, readonly HexColor[]>> = Object.freeze({
  dark: [
    '#5D0D74',
    '#5529AA',
    '#264DD6',
    '#0079B4',
    '#0094AC',
    '#00ADA6',
    '#00C990',
    '#69DE40',
    '#D4DF00',
    '#FFE5A6',
  ],
  light: [
    '#F8BD8D',
    '#D6AF47',
    '#99A901',
    '#22A334',
    '#00876D',
    '#006D72',
    '#00536F',
    '#003677',
    '#28006F',
    '#260035',
  ],
  projector: [
    '#FFC38D',
    '#DBB63E',
    '#9CAD5E',
    '#6C9C70',
    '#468776',
    '#197177',
    '#005876',
    '#003980',
    '#2C0078',
    '#2A003C',
  ],
  classic: [
    '#D9916D',
    '#BA8836',
    '#8B8503',
    '#478123',
    '#007051',
    '#005B5B',
    '#00465A',
    '#002F61',
    '#210062',
    '#220030',
  ],
});
