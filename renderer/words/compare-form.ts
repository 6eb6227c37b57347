import type { Command } from '#shared/contract/commands.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { SAMPLES } from '#shared/contract/samples.ts';
import type { HistoryInfo, Mark } from '#shared/contract/time.ts';
import { formatMoment } from './mark-times.ts';

/** What a person says of two recordings that they want to see in step, as typed. */
export interface CompareForm {
  /** Paths, or names of samples. */
  readonly a: string;
  readonly b: string;
  /** What is to coincide: words of a step or a mark, or a time; empty for the first row, or for B what A has. */
  readonly alignA: string;
  readonly alignB: string;
}

/** The recording that is open, as one of the two. */
export interface OpenRecording {
  /** How it is named to the engine: by its path, or as a sample. */
  readonly name: string;
  /** Its marks and captions, with those that were made since it was opened. */
  readonly marks: readonly Mark[];
  /** When it begins, µs since the epoch. */
  readonly firstUs: number;
}

export type CompareCommand = Extract<Command, { command: 'compare' }>;

/** The recording that is open; null where there is none, or none that could be opened again by a name. */
export function openRecording(
  session: Pick<SessionInfo, 'sources' | 'history'> | null,
): OpenRecording | null {
  const source = session?.sources.length === 1 ? session.sources[0] : undefined;
  const { firstUs, marks } = session?.history ?? { firstUs: null, marks: [] };
  if (source === undefined || firstUs === null || source.host !== null || source.nbdkit !== null) return null;
  const sample = source.kind === 'sample' ? SAMPLES.find(({ folder }) => folder === source.name) : undefined;
  const name = sample?.id ?? source.path;
  return name === null ? null : { name, marks: marks.filter(({ text }) => text !== ''), firstUs };
}

/**
 * What the engine is asked for. A mark of the recording that is open is named by its moment, as the engine may know of it from
 * the window alone; the other recording is looked through for its words.
 */
export function compareCommand(form: CompareForm, open: OpenRecording | null): CompareCommand {
  const [a, b] = [form.a.trim(), form.b.trim()];
  const alignA = form.alignA.trim();
  const alignB = form.alignB.trim() || alignA;
  return {
    command: 'compare',
    recordings: [a, b],
    align: [alignOf(a, alignA, open), alignOf(b, alignB, open)],
  };
}

function alignOf(recording: string, where: string, open: OpenRecording | null): string | null {
  if (where === '') return null;
  const mark =
    open !== null && recording === open.name
      ? open.marks.find(({ text }) => text.toLowerCase() === where.toLowerCase())
      : undefined;
  return mark === undefined || open === null ? where : formatMoment(mark.clockUs, open.firstUs);
}

/** Moments to offer of a recording: the names of its marks and steps. */
export function alignChoices(recording: string, open: OpenRecording | null): readonly string[] {
  if (open === null || recording.trim() !== open.name) return [];
  return [...new Set(open.marks.map(({ text }) => shortName(text)))];
}

/** A step's name without the sentence that explains it; any other words as they are. */
function shortName(text: string): string {
  return /^[^:]{1,40}(?=: )/.exec(text)?.[0] ?? text;
}

/** Where two compared recordings coincide. */
export interface Alignment {
  /** µs since the epoch. */
  readonly us: number;
  /** The step or mark that stands there; `start` or `aligned` where none does. */
  readonly name: string;
}

/** Where the recordings that are shown in step coincide; null while none are compared. */
export function alignmentOf({
  comparison,
  marks,
  firstUs,
}: Pick<HistoryInfo, 'comparison' | 'marks' | 'firstUs'>): Alignment | null {
  if (comparison === null) return null;
  const { alignedUs, sides } = comparison;
  const there = marks.filter(({ clockUs: us, text }) => us === alignedUs && text !== '');
  const isSided = ({ text }: Mark): boolean => sides.some(({ badge }) => text.startsWith(`${badge}: `));
  // Marks of the second have its letter before them; the first has a name of its own for the moment.
  const mark = there.find((one) => !isSided(one));
  const name = mark !== undefined ? shortName(mark.text) : alignedUs === firstUs ? 'start' : 'aligned';
  return { us: alignedUs, name };
}

/** The moment shown as seen from where two compared recordings coincide: `mkfs +0:12.3`; null while none are compared. */
export function alignedWords(clockUs: number, history: HistoryInfo): string | null {
  const alignment = alignmentOf(history);
  return alignment === null ? null : `${alignment.name} ${sinceWords(clockUs - alignment.us)}`.trim();
}

/** Time from a moment, or to it: `+0:12.3`, `−1:02.0`; empty where it is unknown. */
export function sinceWords(us: number): string {
  const tenths = Math.round(us / 100_000);
  if (Number.isNaN(tenths)) return '';
  const seconds = Math.abs(tenths) / 10;
  const minutes = Math.floor(seconds / 60);
  return `${tenths < 0 ? '−' : '+'}${minutes}:${(seconds - minutes * 60).toFixed(1).padStart(4, '0')}`;
}
