/** Whose clock the window shows: the one that logs are written in, or that of the machine it runs on. */

export const ZONES = ['utc', 'local'] as const;
export type Zone = (typeof ZONES)[number];

/** How far the clock of a zone is ahead of UTC at a moment (µs since the epoch), in µs; 0 where the moment is none. */
export function zoneOffsetUs(clockUs: number, zone: Zone): number {
  if (zone === 'utc') return 0;
  const minutes = new Date(clockUs / 1000).getTimezoneOffset();
  return Number.isNaN(minutes) ? 0 : -minutes * 60_000_000;
}

/** The moment at which the clock of a zone shows `wallUs`: as if it were UTC, µs since the epoch. */
export function fromWallUs(wallUs: number, zone: Zone): number {
  // The offset in force there is near that of the same moment of UTC; once more settles it across a change of summer time.
  const near = wallUs - zoneOffsetUs(wallUs, zone);
  return wallUs - zoneOffsetUs(near, zone);
}

/** How a zone is named beside a time: `UTC`, or `UTC+2` and the like for the machine's own at that moment. */
export function zoneName(clockUs: number, zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  const minutes = Math.round(zoneOffsetUs(clockUs, zone) / 60_000_000);
  if (minutes === 0) return 'UTC+0';
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}
