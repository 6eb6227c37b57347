/**
 * How long things stay lit. Times are of watching, so that they look the same at every replay speed.
 *
 * A read cell is lit for 400 ms and fades over 600 ms. Read again meanwhile it stays lit, so a cell flashes at most
 * once in the 400 ms it is at full and the time it takes to fade by a tenth: below 2.5 times a second, within the three
 * that WCAG 2.3.1 allows, whatever the disk does.
 */
export const READ_FULL_MS = 400;
export const READ_FADE_MS = 600;
export const READ_TOTAL_MS = READ_FULL_MS + READ_FADE_MS;
/** Flush: the edge fades over this long. */
export const FLUSH_FADE_MS = 500;
/** With reduced motion a read shows at this strength and then is gone, without a fade. */
export const STEADY_READ = 0.6;

/** How strongly a read shows, 0 to 1, `ageMs` watched ms after it; negative ages, of a clock that lags, count as 0. */
export function readStrength(ageMs: number, reducedMotion: boolean): number {
  if (!(ageMs < READ_TOTAL_MS)) return 0;
  if (reducedMotion) return STEADY_READ;
  return ageMs <= READ_FULL_MS ? 1 : (READ_TOTAL_MS - ageMs) / READ_FADE_MS;
}

/** How strongly a flush shows, 0 to 1, `ageMs` watched ms after it. */
export function flushStrength(ageMs: number, reducedMotion: boolean): number {
  if (!(ageMs < FLUSH_FADE_MS)) return 0;
  return reducedMotion ? STEADY_READ : Math.min(1, 1 - ageMs / FLUSH_FADE_MS);
}

/** A picture's clock may lag behind the rows by so much. */
export const LAG_MS = 60_000;

/**
 * Time from `readMs`, of which a cell keeps the low 32 bits, to `nowMs`; below 0 where the picture's clock lags behind.
 * Infinite where they are more than 24 days apart: the difference of 32-bit numbers then looks like a time to come.
 */
export function msSince(nowMs: number, readMs: number): number {
  const sinceMs = (nowMs - readMs) | 0;
  return sinceMs < -LAG_MS ? Number.POSITIVE_INFINITY : sinceMs;
}
