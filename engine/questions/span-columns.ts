import type { Span } from '#shared/contract/time.ts';

/**
 * The column of a span in which a moment lies: column i begins at `fromUs + i * (toUs - fromUs) / columns`, and what is at
 * `toUs` itself belongs to the last. A moment of no known time (NaN) belongs to the first.
 */
export function columnOf(span: Span, columns: number, us: number): number {
  if (us >= span.toUs) return columns - 1;
  const widthUs = span.toUs - span.fromUs;
  const at = Math.floor(((us - span.fromUs) * columns) / widthUs);
  return at > 0 ? Math.min(at, columns - 1) : 0;
}
