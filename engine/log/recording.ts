import { readFile, stat } from 'node:fs/promises';
import type { SourceDisk } from '#engine/session/source.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { type Caption, parseCaptionTable, readSteps } from './captions.ts';
import type { DecoderFacts } from './decoder-facts.ts';
import { LogDecoder } from './log-decoder.ts';

/** A longer log is followed, not replayed: the whole recording is held in memory. */
const MAX_RECORDING_BYTES = 64 * 1024 * 1024;
const SLICE_BYTES = 512 * 1024;

/** Where a recording lies. */
export interface RecordingFiles {
  readonly log: string;
  /** Null for a recording without captions. */
  readonly steps: string | null;
  /** A sentence for each step; null to show their names. */
  readonly captions: string | null;
}

/** A finished log in memory: every row and caption, and when each is due. */
export interface Recording {
  readonly rows: EventBatch;
  /** Of each row, the running maximum of the times so far, µs since the epoch. */
  readonly dueUs: Float64Array;
  readonly disks: readonly SourceDisk[];
  readonly captions: readonly Caption[];
  readonly facts: DecoderFacts;
  readonly bytes: number;
}

/**
 * Reads a recording and puts its captions between its rows. Rejects when a file cannot be read, the log is longer than
 * 64 MiB or has no rows with a time, or the captions are malformed.
 */
export async function readRecording(files: RecordingFiles): Promise<Recording> {
  const { size } = await stat(files.log);
  if (size > MAX_RECORDING_BYTES) {
    throw new Error(
      `${files.log} has ${size} bytes; a replayed recording has at most ${MAX_RECORDING_BYTES}`,
    );
  }
  const bytes = await readFile(files.log);
  const disks = new Map<number, SourceDisk>();
  const batches: EventBatch[] = [];
  const decoder = new LogDecoder({
    rows: (batch) => batches.push(batch),
    disk: (disk) => disks.set(disk.index, disk),
  });
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    decoder.push(bytes.subarray(at, at + SLICE_BYTES));
    await new Promise((resolve) => setImmediate(resolve));
  }
  decoder.end();
  const firstUs = decoder.facts.runs[0]?.firstUs ?? null;
  if (firstUs === null) throw new Error(`${files.log} is no recording: it has no line with a time`);

  const sentences = files.captions === null ? {} : parseCaptionTable(await readFile(files.captions, 'utf8'));
  const steps = files.steps === null ? '' : await readFile(files.steps, 'utf8');
  const captions = readSteps(steps, firstUs, sentences);
  return {
    ...withCaptions(batches, captions, firstUs),
    disks: [...disks.values()],
    captions,
    facts: decoder.facts,
    bytes: size,
  };
}

function withCaptions(
  batches: readonly EventBatch[],
  captions: readonly Caption[],
  firstUs: number,
): { readonly rows: EventBatch; readonly dueUs: Float64Array } {
  const count = batches.reduce((sum, batch) => sum + batch.count, captions.length);
  const rows = new EventBatch(Math.max(1, count));
  const dueUs = new Float64Array(count);
  let clockUs = firstUs;
  let next = 0;
  const caption = (beforeUs: number): void => {
    for (
      let words = captions[next];
      words !== undefined && words.clockUs < beforeUs;
      words = captions[next]
    ) {
      clockUs = Math.max(clockUs, words.clockUs);
      dueUs[rows.count] = clockUs;
      rows.pushText(words.text, { kind: RowKind.Caption, timeUs: words.clockUs });
      next += 1;
    }
  };
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i += 1) {
      const timeUs = batch.timeUs[i] ?? Number.NaN;
      if (timeUs >= clockUs) {
        caption(timeUs);
        clockUs = Math.max(clockUs, timeUs);
      }
      dueUs[rows.count] = clockUs;
      rows.appendRows(batch, i, i + 1);
    }
  }
  caption(Number.POSITIVE_INFINITY);
  return { rows, dueUs };
}
