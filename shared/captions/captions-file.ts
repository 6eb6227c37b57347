import * as v from 'valibot';
import { MAX_MARK_TEXT, MAX_MARKS, type Mark, type MarkKind } from '../contract/time.ts';
import { parseMoment } from './moment.ts';

/** Words that belong to a moment: a caption is shown from then on until the next, a mark only names it. */
export interface Caption {
  readonly kind: MarkKind;
  readonly text: string;
  /** µs since the epoch. */
  readonly clockUs: number;
}

/** What a text of times and words holds, in the order of time, and a sentence for each line that could not be read. */
export interface ReadCaptions {
  readonly captions: readonly Caption[];
  readonly wrong: readonly string[];
}

const CaptionTable = v.record(v.string(), v.string());

/** The table of a recording's captions.json: a sentence for each step. Throws when the text is of another shape. */
export function parseCaptionTable(json: string): Readonly<Record<string, string>> {
  return v.parse(CaptionTable, JSON.parse(json));
}

/**
 * Reads lines of a time and words: `22:20:05.5 words`, `+12.5 words` from the beginning (moment.ts tells all forms), or
 * `STEP name 22:20:05.483209305` as recordings have them. `MARK` before the time makes a mark of it. Times of day are UTC and go on over midnight. A step that `sentences`
 * has none for is shown by its name. Empty lines and those that begin with # are left out.
 *
 * @param firstUs the beginning of the session, µs since the epoch.
 */
export function readCaptions(
  text: string,
  firstUs: number,
  sentences: Readonly<Record<string, string>> = {},
): ReadCaptions {
  const captions: Caption[] = [];
  const wrong: string[] = [];
  let nearUs = firstUs;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const read = readLine(trimmed, firstUs, nearUs, sentences);
    if ('error' in read) {
      wrong.push(`line ${i + 1}: ${read.error}`);
    } else if (captions.length >= MAX_MARKS) {
      wrong.push(`line ${i + 1}: more than ${MAX_MARKS} captions and marks; leave some out`);
      break;
    } else {
      nearUs = read.clockUs;
      captions.push(read);
    }
  }
  return { captions: captions.toSorted((a, b) => a.clockUs - b.clockUs), wrong };
}

function readLine(
  line: string,
  firstUs: number,
  nearUs: number,
  sentences: Readonly<Record<string, string>>,
): Caption | { readonly error: string } {
  const step = /^STEP (\S+) (\S+)$/.exec(line);
  const [, mark, time = '', rest = ''] = /^(MARK +)?(\d{4}-\d\d-\d\d \S+|\S+)\s*(.*)$/.exec(line) ?? [];
  const moment = parseMoment(step?.[2] ?? time, firstUs, nearUs);
  if ('error' in moment) return moment;
  const name = step?.[1];
  const words = name === undefined ? rest : (sentences[name] ?? name);
  if (words.length > MAX_MARK_TEXT) {
    return { error: `${words.length} characters are too many; use ${MAX_MARK_TEXT} at most` };
  }
  const kind = mark === undefined ? 'caption' : 'mark';
  if (kind === 'mark' && words === '') return { error: 'a mark needs a name; write it behind the time' };
  return { kind, text: words, clockUs: moment.us };
}

/** The words that are shown at a moment: those of the last caption at or before it; null before the first. */
export function captionAt(captions: readonly Caption[], us: number): string | null {
  let words: string | null = null;
  for (const caption of captions) {
    // Of an unknown time nothing is shown.
    if (!(caption.clockUs <= us)) break;
    if (caption.kind === 'caption') words = caption.text;
  }
  return words === '' ? null : words;
}

/** Writes marks and captions as {@link readCaptions} reads them: to the microsecond, with the day, whatever they span. */
export function writeCaptions(marks: readonly Pick<Mark, 'kind' | 'text' | 'clockUs'>[]): string {
  const lines = marks.map(({ kind, text, clockUs }) => {
    const secondUs = Math.floor(clockUs / 1e6) * 1e6;
    const second = new Date(secondUs / 1000).toISOString().slice(0, 19).replace('T', ' ');
    const micros = String(Math.floor(clockUs - secondUs)).padStart(6, '0');
    return `${kind === 'mark' ? 'MARK ' : ''}${second}.${micros} ${text.replaceAll(/\s+/g, ' ')}`.trimEnd();
  });
  return `${['# Times are UTC.', ...lines].join('\n')}\n`;
}

/** Whether a file that came without a word about it holds captions: every line has a time, and none is a line of a log. */
export function looksLikeCaptions(text: string): boolean {
  const lines = text.slice(0, SAMPLE_CHARS).split(/\r?\n/);
  // The last one may be cut.
  if (text.length > SAMPLE_CHARS) lines.pop();
  const written = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return (
    written.length > 0 &&
    written.every((line) => !OF_LOGS.test(line) && !('error' in readLine(line, 0, 0, {})))
  );
}

/** Enough to tell a file by. */
const SAMPLE_CHARS = 4096;
/** What stands behind the time in a line of nbdkit's log filter. */
const OF_LOGS = /^\S+ \S+ (connection=\d+ |Ready |Fork|Preconnect|Unload|ListExports)/;
