import * as v from 'valibot';
import { parseMoment } from './moment.ts';

/** Words to show from a moment on, until the next. */
export interface Caption {
  readonly text: string;
  /** µs since the epoch. */
  readonly clockUs: number;
}

/** What a text of times and words holds, in the order of time, and a sentence for each line that could not be read. */
export interface ReadCaptions {
  readonly captions: readonly Caption[];
  readonly wrong: readonly string[];
}

/** As many and as long as the marks of a session may be. */
const MAX_CAPTIONS = 10_000;
export const MAX_CAPTION_CHARS = 400;

const CaptionTable = v.record(v.string(), v.string());

/** The table of a recording's captions.json: a sentence for each step. Throws when the text is of another shape. */
export function parseCaptionTable(json: string): Readonly<Record<string, string>> {
  return v.parse(CaptionTable, JSON.parse(json));
}

/**
 * Reads lines of a time and words: `22:20:05.5 words`, `+12.5 words` from the beginning (moment.ts tells all forms), or
 * `STEP name 22:20:05.483209305` as recordings have them. Times of day are UTC and go on over midnight. A step that `sentences`
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
    } else if (captions.length >= MAX_CAPTIONS) {
      wrong.push(`line ${i + 1}: more than ${MAX_CAPTIONS} captions; leave some out`);
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
  const [, time = '', rest = ''] = /^(\d{4}-\d\d-\d\d \S+|\S+)\s*(.*)$/.exec(line) ?? [];
  const moment = parseMoment(step?.[2] ?? time, firstUs, nearUs);
  if ('error' in moment) return moment;
  const name = step?.[1];
  const words = name === undefined ? rest : (sentences[name] ?? name);
  if (words.length > MAX_CAPTION_CHARS) {
    return { error: `${words.length} characters are too many; use ${MAX_CAPTION_CHARS} at most` };
  }
  return { text: words, clockUs: moment.us };
}

/** The words that are shown at a moment: those of the last caption at or before it; null before the first. */
export function captionAt(captions: readonly Caption[], us: number): string | null {
  let words: string | null = null;
  for (const caption of captions) {
    if (caption.clockUs > us) break;
    words = caption.text;
  }
  return words === '' ? null : words;
}
