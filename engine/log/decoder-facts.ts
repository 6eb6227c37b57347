import type { SourceRun } from '#engine/session/source.ts';

/** Runs that are told apart; lines of later ones count to the last. */
export const MAX_RUNS = 1000;
const SAMPLE_CHARS = 120;

/** One run while it is being read. */
export interface RunFacts {
  readonly index: number;
  firstUs: number | null;
  /** Number of its first line, from 0. */
  firstLine: number;
}

/** What a decoder has learnt of a log besides its rows. Line numbers count from 1; 0 means never. */
export class DecoderFacts {
  lines = 0;
  notUnderstood = 0;
  firstNotUnderstood = 0;
  sample = '';
  tooLong = 0;
  firstTooLong = 0;
  /** Lines whose time is before that of an earlier line of their run. */
  timesBackwards = 0;
  /** The latest time of the run so far, µs; NaN before the first. */
  latestUs = Number.NaN;
  nulBytes = 0;
  crlfLine = 0;
  beyondEnd = 0;
  firstBeyondEnd = 0;
  repliesAlone = 0;
  firstReplyAlone = 0;
  /** Requests given up because too many were waiting. */
  overflowed = 0;
  /** Connections that sent requests without a Connect line. */
  connectionsAlone = 0;
  exportsRefused = 0;
  /** Lines of the form of a log line, understood. */
  understood = 0;
  unfinishedEnd = false;
  readonly runs: RunFacts[] = [{ index: 0, firstUs: null, firstLine: 0 }];

  get run(): RunFacts {
    return this.runs[this.runs.length - 1] ?? { index: 0, firstUs: null, firstLine: 0 };
  }

  /** Counts the line that has just been counted as one that is no log line. */
  refuse(bytes: Uint8Array, from: number, to: number): void {
    this.notUnderstood += 1;
    if (this.firstNotUnderstood !== 0) return;
    this.firstNotUnderstood = this.lines;
    this.sample = printable(bytes.subarray(from, Math.min(to, from + SAMPLE_CHARS)));
  }

  /** The runs that have lines, for the person to choose from. */
  sourceRuns(): SourceRun[] {
    return this.runs.map((run, i) => ({
      index: run.index,
      firstUs: run.firstUs,
      lines: (this.runs[i + 1]?.firstLine ?? this.lines) - run.firstLine,
    }));
  }
}

/** Bytes as printable ASCII; whatever else stands there becomes a dot. */
export function printable(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·';
  return text;
}
