import type { HeatKind } from '#shared/model/heat.ts';

/** What colours may tell of a block, as a list offers it. */
export const HEAT_TITLES: Readonly<Record<HeatKind | 'state', string>> = {
  state: 'state',
  writes: 'times written',
  reads: 'times read',
  age: 'last touched',
};

/** What the colours tell, in a sentence. */
export const HEAT_SENTENCES: Readonly<Record<HeatKind, string>> = {
  writes: 'How often each block was written or zeroed, by requests that ended',
  reads: 'How often each block was read, by requests that ended',
  age: 'How long ago a request last ended on each block',
};

/** The least of a step of the scale, as short as can be: `4`, `1k`; of an age: `now`, `3s`, `5m`, `1h`, `1d`. */
export function scaleWords(step: number, isAge: boolean): string {
  if (!isAge) return step >= 1000 ? `${Math.floor(step / 1000)}k` : String(step);
  const seconds = step / 1000;
  if (seconds === 0) return 'now';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${seconds / 60}m`;
  return seconds < 86_400 ? `${seconds / 3600}h` : `${seconds / 86_400}d`;
}
