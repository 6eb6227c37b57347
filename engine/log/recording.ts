import { readFile, stat } from 'node:fs/promises';
import type { SourceDisk } from '#engine/session/source.ts';
import { type Caption, parseCaptionTable, readCaptions } from '#shared/captions/captions-file.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS, RowKind } from '#shared/events/vocabulary.ts';
import type { MarkRow } from '#shared/model/mark-table.ts';
import type { DecoderFacts } from './decoder-facts.ts';
import { LogDecoder } from './log-decoder.ts';

/** A longer log is followed like any other: a recording is read whole, to bring its logs into one order. */
const MAX_RECORDING_BYTES = 64 * 1024 * 1024;
const SLICE_BYTES = 512 * 1024;

/** Where a recording lies. */
export interface RecordingFiles {
  /** A log for each disk, in their order. */
  readonly logs: readonly string[];
  /** Null for a recording without captions. */
  readonly steps: string | null;
  /** A sentence for each step; null to show their names. */
  readonly captions: string | null;
}

/** Finished logs in memory: every row and caption, in one order. */
export interface Recording {
  readonly rows: EventBatch;
  readonly disks: readonly SourceDisk[];
  /** What the decoder has learnt of each log. */
  readonly facts: readonly DecoderFacts[];
  readonly bytes: number;
}

/** One log of a recording. */
interface RecordedLog {
  readonly batches: readonly EventBatch[];
  readonly disks: readonly SourceDisk[];
  readonly facts: DecoderFacts;
  readonly bytes: number;
  readonly firstUs: number;
}

/**
 * Reads a recording, brings the rows of its logs into one order by time and puts its captions and marks between them. Rejects when
 * a file cannot be read, a log is longer than 64 MiB or has no rows with a time, or the captions are malformed.
 */
export async function readRecording(files: RecordingFiles): Promise<Recording> {
  const logs: RecordedLog[] = [];
  for (const path of files.logs) logs.push(await readLog(path));
  const firstUs = Math.min(...logs.map((log) => log.firstUs));
  const sentences = files.captions === null ? {} : parseCaptionTable(await readFile(files.captions, 'utf8'));
  const steps = files.steps === null ? '' : await readFile(files.steps, 'utf8');
  const { captions } = readCaptions(steps, firstUs, sentences);
  const disks: SourceDisk[] = [];
  const streams: RowStream[] = [];
  for (const [i, log] of logs.entries()) {
    streams.push(new RowStream(log, disks.length));
    for (const disk of log.disks) {
      const name = logs.length > 1 && disk.exportName === '' ? `disk ${i + 1}` : undefined;
      disks.push({ ...disk, index: disks.length, ...(name === undefined ? {} : { name }) });
    }
  }
  return {
    rows: inOneOrder(streams, captions),
    disks,
    facts: logs.map(({ facts }) => facts),
    bytes: logs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function readLog(path: string): Promise<RecordedLog> {
  const { size } = await stat(path);
  if (size > MAX_RECORDING_BYTES) {
    throw new Error(`${path} has ${size} bytes; a recording has at most ${MAX_RECORDING_BYTES}`);
  }
  const bytes = await readFile(path);
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
  if (firstUs === null) throw new Error(`${path} is no recording: it has no line with a time`);
  return { batches, disks: [...disks.values()], facts: decoder.facts, bytes: size, firstUs };
}

/** The rows of one log, one after another. */
class RowStream {
  /** When the next row is due: the running maximum of the log's times, µs; infinite after the last. */
  dueUs: number;
  readonly #batches: readonly EventBatch[];
  readonly #firstDisk: number;
  #batch = 0;
  #row = 0;

  /** @param firstDisk the recording's number for the log's first disk. */
  constructor(log: RecordedLog, firstDisk: number) {
    this.#batches = log.batches.filter(({ count }) => count > 0);
    this.#firstDisk = firstDisk;
    this.dueUs = log.firstUs;
    this.#look();
  }

  /** Appends the next row to `rows`. */
  takeTo(rows: EventBatch): void {
    const batch = this.#batches[this.#batch];
    if (batch === undefined) return;
    const at = rows.count;
    rows.appendRows(batch, this.#row, this.#row + 1);
    rows.disk[at] = (rows.disk[at] ?? 0) + this.#firstDisk;
    this.#row += 1;
    if (this.#row === batch.count) {
      this.#batch += 1;
      this.#row = 0;
    }
    this.#look();
  }

  #look(): void {
    const batch = this.#batches[this.#batch];
    if (batch === undefined) this.dueUs = Number.POSITIVE_INFINITY;
    else if ((batch.timeUs[this.#row] ?? 0) > this.dueUs) this.dueUs = batch.timeUs[this.#row] ?? 0;
  }

  get rows(): number {
    return this.#batches.reduce((sum, { count }) => sum + count, 0);
  }
}

function inOneOrder(streams: readonly RowStream[], captions: readonly Caption[]): EventBatch {
  const count = streams.reduce((sum, stream) => sum + stream.rows, captions.length);
  const rows = new EventBatch(Math.max(1, count));
  let nextCaption = 0;
  while (rows.count < count) {
    let first: RowStream | null = null;
    for (const stream of streams)
      if (stream.dueUs < (first?.dueUs ?? Number.POSITIVE_INFINITY)) first = stream;
    const words = captions[nextCaption];
    if (words !== undefined && (first === null || words.clockUs < first.dueUs)) {
      pushWords(rows, words, nextCaption);
      nextCaption += 1;
    } else if (first !== null) {
      first.takeTo(rows);
    }
  }
  return rows;
}

/** A caption is shown from its row on; a mark only names its moment. `id` tells the recording's marks apart. */
function pushWords(rows: EventBatch, { kind, text, clockUs }: Caption, id: number): void {
  if (kind === 'caption') {
    rows.pushText(text, { kind: RowKind.Caption, timeUs: clockUs });
    return;
  }
  const mark: MarkRow = { id, kind, text, clockUs, removed: false };
  rows.pushText(JSON.stringify(mark), { kind: RowKind.Mark, disk: ALL_DISKS, timeUs: clockUs });
}
