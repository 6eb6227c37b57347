/** Lengths of time that people count in, for the columns of the histogram and for the marks of the axis. */

const SECOND_US = 1_000_000;
const MINUTE_US = 60 * SECOND_US;
const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

const STEPS_US: readonly number[] = [
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_US),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_US),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_US),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((n) => n * DAY_US),
];

/** The shortest of those lengths that is no shorter than `leastUs`; past 1000 days, whole thousands of days. */
export function niceStepUs(leastUs: number): number {
  const step = STEPS_US.find((candidate) => candidate >= leastUs);
  return step ?? Math.ceil(leastUs / (1000 * DAY_US)) * 1000 * DAY_US;
}
