import * as v from 'valibot';

/** Words to show at a moment of a recording. */
export interface Caption {
  readonly text: string;
  /** µs since the epoch. */
  readonly clockUs: number;
}

const DAY_US = 86_400_000_000;
const CaptionTable = v.record(v.string(), v.string());

/** The table of a recording's captions.json: a sentence for each step. Throws when the text is of another shape. */
export function parseCaptionTable(json: string): Readonly<Record<string, string>> {
  return v.parse(CaptionTable, JSON.parse(json));
}

/**
 * The captions of a recording, from its `steps`: lines `STEP name HH:MM:SS.nnnnnnnnn`, UTC, in order, the first on the
 * day of `firstUs`. A step that the table has no sentence for is shown by its name; lines of another form are left out.
 */
export function readSteps(
  steps: string,
  firstUs: number,
  sentences: Readonly<Record<string, string>>,
): Caption[] {
  const captions: Caption[] = [];
  let dayUs = Math.floor(firstUs / DAY_US) * DAY_US;
  for (const line of steps.split('\n')) {
    const match = /^STEP (\S+) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?\s*$/.exec(line);
    if (match === null) continue;
    const [, name = '', hours, minutes, seconds, fraction = ''] = match;
    const secondOfDay = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    const micros = Number(fraction.padEnd(6, '0').slice(0, 6));
    let clockUs = dayUs + secondOfDay * 1_000_000 + micros;
    const before = captions[captions.length - 1];
    if (before !== undefined && clockUs < before.clockUs - DAY_US / 2) {
      dayUs += DAY_US;
      clockUs += DAY_US;
    }
    captions.push({ text: sentences[name] ?? name, clockUs });
  }
  return captions;
}
