/** A moment as a command line names it: seconds from the beginning, or a time of the clock. */
export type Moment = { readonly afterS: number } | { readonly us: number };

/** Reads `12.5` (seconds from the first row) or `2026-11-20T22:25:28.5Z`. Returns a sentence when it is neither. */
export function parseMoment(text: string): Moment | { readonly error: string } {
  if (/^\d+(\.\d+)?$/.test(text)) return { afterS: Number(text) };
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    return {
      error: `"${text}" is no moment; use seconds from the beginning, as in 12.5, or a time, as in 2026-11-20T22:25:28Z`,
    };
  }
  return { us: ms * 1000 };
}

/** The moment on the clock of a session whose first row is at `firstUs`. */
export function momentUs(moment: Moment, firstUs: number): number {
  return 'us' in moment ? moment.us : firstUs + moment.afterS * 1e6;
}
