/** The moments that a film shows, one a frame. */

/** Once nothing has happened for so long, as watched, an idle stretch may be left out: whatever fades has faded. */
export const REST_US = 1_200_000;
/** What follows an idle stretch is seen coming for so long. */
export const LEAD_US = 400_000;

export interface FilmPace {
  readonly framesPerSecond: number;
  /** Seconds of the recording in a second of the film. */
  readonly speed: number;
}

/** Recording time that passes from one frame to the next, µs. */
export function stepUs({ framesPerSecond, speed }: FilmPace): number {
  return (1_000_000 * speed) / framesPerSecond;
}

/** Frames of a span whose idle stretches are not left out: from its beginning to its end. */
export function frameCount(fromUs: number, toUs: number, pace: FilmPace): number {
  return Math.floor((toUs - fromUs) / stepUs(pace) + 1e-6) + 1;
}

/**
 * Where the film goes on in an idle stretch; null where it is too short to be left out, or things may still fade.
 *
 * @param lastRowUs the last row before `us`. @param nextUs the next row or caption after it.
 */
export function afterIdle(us: number, lastRowUs: number, nextUs: number, speed: number): number | null {
  if (us - lastRowUs < REST_US * speed) return null;
  const resumeUs = nextUs - LEAD_US * speed;
  return resumeUs - us > REST_US * speed ? resumeUs : null;
}

/** Whether it is worth asking for the next row. */
export function isResting(us: number, lastRowUs: number, speed: number): boolean {
  return us - lastRowUs >= REST_US * speed;
}
