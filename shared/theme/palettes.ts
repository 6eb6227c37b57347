import type { Theme, ThemeName } from './theme.ts';

/**
 * The palettes. In dark, light and projector every pair of states, and each against ground and untouched, stays apart by
 * CIEDE2000 of at least 15 as seen plainly, under protan, deutan and tritan vision, and with a lit room's 25 % white
 * added; palettes.test.ts measures it. They were found by search within hue limits, then rounded by eye.
 */

const dark: Theme = {
  name: 'dark',
  label: 'Dark',
  scheme: 'dark',
  grid: {
    ground: '#0F1216',
    untouched: '#1A1F26',
    read: '#56B4F5',
    written: '#DD7038',
    trimmed: '#7C4A86',
    zeroed: '#F4F6F8',
    error: '#F0E442',
    inFlight: '#8794A3',
    cursor: '#FFFFFF',
    flush: '#8FB8E8',
  },
  chrome: {
    background: '#0F1216',
    panel: '#151A20',
    raised: '#1F262E',
    border: '#2B343E',
    text: '#E6EAEE',
    mutedText: '#98A4B1',
    accent: '#56B4F5',
    accentText: '#0B1420',
    focus: '#8CC0FF',
    danger: '#FF8F80',
    warning: '#F0C75A',
    success: '#6FCF97',
  },
};

const light: Theme = {
  name: 'light',
  label: 'Light',
  scheme: 'light',
  grid: {
    ground: '#F5F3EE',
    untouched: '#E8E5DD',
    read: '#6BA3E6',
    written: '#CF5A24',
    trimmed: '#93569A',
    zeroed: '#1E252B',
    error: '#FACB2A',
    inFlight: '#7C7F86',
    cursor: '#000000',
    flush: '#4A7FC4',
  },
  chrome: {
    background: '#F5F3EE',
    panel: '#FBFAF7',
    raised: '#ECE9E1',
    border: '#D5D1C6',
    text: '#1E2329',
    mutedText: '#5A6169',
    accent: '#1F5FAE',
    accentText: '#FFFFFF',
    focus: '#1F5FAE',
    danger: '#AE2413',
    warning: '#7A5600',
    success: '#1B6B3D',
  },
};

/** For a lit lecture hall: white ground, the strongest fills, black text. */
const projector: Theme = {
  name: 'projector',
  label: 'Projector',
  scheme: 'light',
  grid: {
    ground: '#FFFFFF',
    untouched: '#ECEFF2',
    read: '#3893F3',
    written: '#D13C14',
    trimmed: '#8A2FA8',
    zeroed: '#050505',
    error: '#DDCF11',
    inFlight: '#757B82',
    cursor: '#000000',
    flush: '#1D5FB4',
  },
  chrome: {
    background: '#FFFFFF',
    panel: '#FFFFFF',
    raised: '#EDF0F3',
    border: '#9AA3AC',
    text: '#000000',
    mutedText: '#3A4148',
    accent: '#0B4A99',
    accentText: '#FFFFFF',
    focus: '#0B4A99',
    danger: '#9C1506',
    warning: '#624400',
    success: '#0E5A2E',
  },
};

/**
 * The look of 2018: writes red, reads flash black, trims light purple, zeroes white, on a light ground. Its colours
 * are what they were, so its states are not measured against each other; its text is.
 */
const classic: Theme = {
  name: 'classic',
  label: 'Classic',
  scheme: 'light',
  grid: {
    ground: '#D9D9D9',
    untouched: '#CBCBCB',
    read: '#000000',
    written: '#E00000',
    trimmed: '#D8B4F0',
    zeroed: '#FFFFFF',
    error: '#FFD400',
    inFlight: '#7A7A7A',
    cursor: '#000000',
    flush: '#404040',
  },
  chrome: {
    background: '#D9D9D9',
    panel: '#E9E9E9',
    raised: '#F6F6F6',
    border: '#ABABAB',
    text: '#111111',
    mutedText: '#474747',
    accent: '#8A0F0F',
    accentText: '#FFFFFF',
    focus: '#1A4FA0',
    danger: '#930E0E',
    warning: '#5A4200',
    success: '#145228',
  },
};

export const THEMES: Readonly<Record<ThemeName, Theme>> = Object.freeze({ dark, light, projector, classic });
