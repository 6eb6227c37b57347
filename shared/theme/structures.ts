import type { HexColor, ThemeName } from './theme.ts';

/**
 * What outlines and tints of structures are drawn with, over a picture that has colours of its own: what a file system keeps
 * about itself, what it writes twice, what people put there, and what only holds other things. Which of them is meant
 * is told by patterns and names as well, so that nobody needs the colour.
 */
export const STRUCTURE_INKS = ['metadata', 'journal', 'content', 'frame'] as const;
export type StructureInk = (typeof STRUCTURE_INKS)[number];

/** How far a tinted block goes towards its ink, at most: its own colour stays the louder one. */
export const STRUCTURE_TINT = 0.16;

/**
 * The inks by theme. Each stays apart from the ground, from zeroed blocks and from every other state, and the first three from each other, as
 * seen plainly, under protan, deutan and tritan vision and in a lit room; structures.test.ts measures it. Found by search in
 * OKLCH among what the states leave free.
 */
export const STRUCTURE_COLORS: Readonly<Record<ThemeName, Readonly<Record<StructureInk, HexColor>>>> =
  Object.freeze({
    dark: { metadata: '#5CE483', journal: '#526EE3', content: '#85957D', frame: '#98A4B1' },
    light: { metadata: '#3CC96A', journal: '#7E70EC', content: '#6A9087', frame: '#5A6169' },
    projector: { metadata: '#117555', journal: '#AE849B', content: '#8F9A55', frame: '#3A4148' },
    classic: { metadata: '#778A2D', journal: '#3280DD', content: '#7D0D5B', frame: '#474747' },
  });
