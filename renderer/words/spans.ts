/** A span of time that a person typed, in ms, or the sentence that says what would do. */
export type ParsedSpan = { readonly ms: number } | { readonly error: string };

/** The longest that a rule can wait or last. */
export const MAX_SPAN_MS = 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = { '': 1000, ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Reads `40ms`, `2.5 s`, `3 min`, `1h`; a bare number is seconds. Never throws. */
export function parseSpan(text: string): ParsedSpan {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|)$/.exec(text.trim());
  const unit = UNIT_MS[match?.[2] ?? 'none'];
  if (match === null || unit === undefined) {
    return { error: `"${text.trim()}": not a span of time; use 40ms, 2.5s, 3min or 1h` };
  }
  const ms = Number(match[1]) * unit;
  return ms <= MAX_SPAN_MS ? { ms } : { error: `"${text.trim()}": longer than a day; use at most 24h` };
}

/** As {@link parseSpan} reads it, in the largest unit that leaves a whole number: `40ms`, `2s`, `3min`. */
export function spanText(ms: number): string {
  for (const unit of ['h', 'min', 's'] as const) {
    const size = UNIT_MS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}
