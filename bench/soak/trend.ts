/** One figure that is sampled again and again. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** How far it may drift over the second half: a share of its mean there, and so much in its unit besides. */
  readonly boundShare: number;
  readonly boundUnits: number;
}

/** What became of a figure. */
export interface Verdict {
  readonly figure: Figure;
  /** Median of the first quarter's samples, and of the last quarter's. */
  readonly start: number;
  readonly end: number;
  /** What the line through the second half's samples rises by over it; negative where it falls. */
  readonly drift: number;
  readonly bound: number;
  readonly holds: boolean;
}

/** Slope of the line of least squares through `values` at places 0, 1, 2 ...; 0 for fewer than two. */
export function slope(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const middle = (n - 1) / 2;
  const mean = sum(values) / n;
  let above = 0;
  let below = 0;
  for (const [at, value] of values.entries()) {
    above += (at - middle) * (value - mean);
    below += (at - middle) ** 2;
  }
  return above / below;
}

/**
 * Whether a figure stays where it is: over the second half of its samples it may rise by its bound at most. What falls
 * has not leaked. Samples at equal distances; at least eight of them, or nothing can be said and it does not hold.
 */
export function judge(figure: Figure, samples: readonly number[]): Verdict {
  const second = samples.slice(Math.floor(samples.length / 2));
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const drift = slope(second) * (second.length - 1);
  const bound = (figure.boundShare * sum(second)) / Math.max(1, second.length) + figure.boundUnits;
  return {
    figure,
    start: median(samples.slice(0, quarter)),
    end: median(samples.slice(-quarter)),
    drift,
    bound,
    holds: samples.length >= 8 && samples.every(Number.isFinite) && drift <= bound,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
