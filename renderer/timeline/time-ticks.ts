import { formatClockPrecise, formatDay } from '../words/format.ts';
import { fromWallUs, type Zone, zoneOffsetUs } from '../words/zone.ts';
import { DAY_US, niceStepUs } from './time-steps.ts';
import { lengthUs, type TimeWindow } from './time-window.ts';

/** A moment that is marked and named on the axis. */
export interface Tick {
  readonly us: number;
  readonly label: string;
}

/** Free space between two labels, in characters. */
const GAP_CHARACTERS = 3;

/**
 * The moments to name in a window drawn `widthPx` wide, in order: round ones on the clock of `zone`, as many as leave room
 * between their labels, each of whose characters is `characterPx` wide.
 */
export function timeTicks(window: TimeWindow, widthPx: number, characterPx: number, zone: Zone): Tick[] {
  if (!(widthPx > 0 && lengthUs(window) > 0)) return [];
  const usPerPx = lengthUs(window) / widthPx;
  let stepUs = niceStepUs(usPerPx);
  while (stepUs / usPerPx < (labelLength(stepUs) + GAP_CHARACTERS) * characterPx) {
    stepUs = niceStepUs(stepUs * 1.01);
  }
  const ticks: Tick[] = [];
  const wallUs = window.fromUs + zoneOffsetUs(window.fromUs, zone);
  // An hour that summer time skips or repeats moves what is round by its length: moments are found on the wall clock.
  for (let wall = Math.ceil(wallUs / stepUs) * stepUs; ; wall += stepUs) {
    const us = fromWallUs(wall, zone);
    if (us >= window.toUs) return ticks;
    if (us < window.fromUs || us <= (ticks.at(-1)?.us ?? Number.NEGATIVE_INFINITY)) continue;
    ticks.push({ us, label: tickLabel(us, stepUs, zone) });
  }
}

/** Digits of a second that tell moments of this distance apart. */
export function secondDigits(stepUs: number): number {
  return Math.min(6, Math.max(0, Math.ceil(6 - Math.log10(Math.max(stepUs, 1)))));
}

function labelLength(stepUs: number): number {
  if (stepUs >= DAY_US) return 10;
  if (stepUs >= 60_000_000) return 6;
  const digits = secondDigits(stepUs);
  return digits === 0 ? 8 : 9 + digits;
}

function tickLabel(us: number, stepUs: number, zone: Zone): string {
  if (stepUs >= DAY_US) return formatDay(us, zone);
  if (stepUs < 60_000_000) return formatClockPrecise(us, zone, secondDigits(stepUs));
  const time = formatClockPrecise(us, zone, 0).slice(0, 5);
  // Midnight says which day begins.
  return time === '00:00' ? formatDay(us, zone).slice(5) : time;
}
