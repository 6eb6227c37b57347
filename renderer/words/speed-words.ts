import { FASTEST } from '#shared/contract/time.ts';

/** A speed of PLAY_SPEEDS as it is shown: `1/10x`, `1x`, `16x`, `max`. */
export function speedWords(speed: number): string {
  if (speed === FASTEST) return 'max';
  return speed < 1 ? `1/${Math.round(1 / speed)}x` : `${speed}x`;
}
