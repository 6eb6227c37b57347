import { parseMoment } from '#shared/captions/moment.ts';
import { RefusedError } from '../refused-error.ts';
import type { ComparedRecording } from './compared-recording.ts';

/**
 * The moment of a recording that is to coincide with that of the other, µs since the epoch.
 * @param where a time as people write it, or a step: its name, its words, or how they begin; null for the first row.
 * @throws RefusedError saying what there is to align at.
 */
export function alignedMoment(recording: ComparedRecording, where: string | null): number {
  const { name, firstUs, steps } = recording;
  if (where === null || where.trim() === '') return firstUs;
  const wanted = where.trim().toLowerCase();
  const isStep = steps.find(({ text }) => text.toLowerCase() === wanted);
  const beginsLikeIt = steps.find(({ text }) => text.toLowerCase().startsWith(wanted));
  const step = isStep ?? beginsLikeIt;
  if (step !== undefined) return step.clockUs;
  const moment = parseMoment(where, firstUs);
  if (!('error' in moment)) return moment.us;
  // Sentences that explain a step repeat its name.
  const names = [...new Set(steps.map(({ text }) => text.split(':')[0] ?? text))];
  const there = names.length === 0 ? 'it has no steps' : `its steps are ${names.join(', ')}`;
  throw new RefusedError(
    `${name}: "${where}" is no moment of it; ${there}, and times are written as 22:20:05.5 or +12.5`,
  );
}
