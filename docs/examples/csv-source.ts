import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Source, SourceProgress, SourceSink } from '#engine/session/source.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';

const BATCH_ROWS = 1024;
const OPS: Readonly<Record<string, Op>> = { R: Op.Read, W: Op.Write, D: Op.Trim, F: Op.Flush };
const LINE = /^(\d+),([RWDF]),(\d+),(\d+),(\d+)$/;

/**
 * Reads requests from a file of lines `time,what,offset,length,latency`: µs since the epoch, one of R W D F, bytes, bytes,
 * µs. A line that is anything else is counted and told, and the next is read.
 */
export class CsvSource implements Source {
  readonly kind = 'log';
  readonly name: string;
  readonly path: string;
  readonly canRestart = true;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();
  #lines = 0;
  #notUnderstood = 0;

  constructor(path: string) {
    this.path = path;
    this.name = basename(path);
  }

  start(sink: SourceSink): void {
    this.#done = this.#read(sink).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (!this.#stopped) sink.progress(this.#progress('failed', text));
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #read(sink: SourceSink): Promise<void> {
    sink.disk({ index: 0, exportName: '', sizeBytes: null, highestByte: 0n });
    let batch = new EventBatch(BATCH_ROWS);
    for await (const line of createInterface({ input: createReadStream(this.path) })) {
      if (this.#stopped) return;
      this.#lines += 1;
      if (!pushLine(batch, line)) this.#notUnderstood += 1;
      if (batch.count < BATCH_ROWS - 1) continue;
      await sink.rows(batch);
      batch = new EventBatch(BATCH_ROWS);
    }
    if (this.#stopped) return;
    await sink.rows(batch);
    if (this.#notUnderstood > 0) {
      const text = `${this.#notUnderstood} lines not understood; a line is time,what,offset,length,latency`;
      sink.notice({ key: 'lines', level: 'warning', text, detail: null });
    }
    sink.progress(this.#progress('ended', 'the whole file has been read'));
  }

  #progress(status: SourceProgress['status'], statusText: string): SourceProgress {
    const [lines, notUnderstood] = [this.#lines, this.#notUnderstood];
    const rest = { bytesRead: 0, totalBytes: null, timesBackwards: 0, runs: [] };
    return { status, statusText, lines, notUnderstood, ...rest };
  }
}

/** Appends the two rows of a request, when it came and when it was answered; false for a line that is not one. */
function pushLine(batch: EventBatch, line: string): boolean {
  const [, time = '', what = '', offset = '', length = '', latency = ''] = LINE.exec(line) ?? [];
  const op = OPS[what];
  if (op === undefined) return false;
  const row = { op, offsetBytes: BigInt(offset), lengthBytes: BigInt(length) };
  const timeUs = Number(time);
  const latencyUs = Number(latency);
  batch.push({ ...row, kind: RowKind.Request, timeUs });
  batch.push({ ...row, kind: RowKind.Completion, timeUs: timeUs + latencyUs, latencyUs });
  return true;
}
