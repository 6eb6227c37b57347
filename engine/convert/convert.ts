import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { type CaptureSession, NO_SESSION } from '#engine/capture/capture-session.ts';
import { CaptureWriter } from '#engine/capture/capture-writer.ts';
import { isCapture } from '#engine/capture/is-capture.ts';
import { openInOrder } from '#engine/capture/whole-capture-source.ts';
import { rowsBetween } from '#engine/history/rows-between.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { type ClockSpan, exportRequests } from './export-requests.ts';
import { LogRows } from './log-rows.ts';
import { FORMATS_WORDS, formatOf, writeTable } from './output-file.ts';
import { type Moment, momentUs } from './span-text.ts';

export interface ConvertRequest {
  /** One capture, or finished logs of nbdkit, which are merged by time. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** The stretch to convert; null for the beginning and the end. */
  readonly from: Moment | null;
  readonly to: Moment | null;
  /** Whether a file that stands at `output` may go. */
  readonly replace: boolean;
  /** The program's name and version. */
  readonly producer: string;
}

export interface Converted {
  /** Requests, in a table; rows of the session, in a capture. */
  readonly count: number;
  /** What there is to say, a sentence each. */
  readonly warnings: readonly string[];
}

/** Rows of a session from a file, in order, with clocks and sequence numbers. */
interface Input {
  /** As far as the rows have told it. */
  session(): CaptureSession;
  rows(): AsyncIterable<EventBatch>;
  warnings(): readonly string[];
  close(): Promise<void>;
}

/**
 * Converts a capture or logs to another format, in memory that does not grow with them.
 * @throws Error in words when the input cannot be read or the output cannot be written.
 */
export async function convert(request: ConvertRequest): Promise<Converted> {
  const format = formatOf(request.output);
  if (format === null) throw new Error(`${request.output}: unknown format; use ${FORMATS_WORDS}`);
  const input = await openInput(request.inputs);
  try {
    const count =
      format === 'capture' ? await toCapture(input, request) : await toTable(input, request, format);
    return { count, warnings: input.warnings() };
  } finally {
    await input.close();
  }
}

async function toTable(input: Input, request: ConvertRequest, format: 'parquet' | 'csv'): Promise<number> {
  let count = 0;
  const diskName = (disk: number): string => nameOf(input.session(), disk);
  const facts = { producer: request.producer, diskName };
  await writeTable(request.output, format, request.replace, facts, async (file) => {
    const { span, rows } = await begun(input, request);
    count = await exportRequests(rows, span, file);
  });
  return count;
}

async function toCapture(input: Input, request: ConvertRequest): Promise<number> {
  const { span, rows } = await begun(input, request);
  const state = new SessionState();
  let writer: CaptureWriter | null = null;
  let count = 0;
  const target = { path: request.output, replace: request.replace, producer: request.producer };
  try {
    for await (const batch of rows) {
      let from = 0;
      if (writer === null) {
        // Up to the span's beginning the state tells which requests are in flight there.
        while (from < batch.count && (batch.clockUs[from] ?? 0) < span.fromUs) from += 1;
        if (from > 0) state.apply(rowsBetween(batch, 0, from));
        if (from === batch.count) continue;
        const before = state.sequence === 0 ? null : state;
        writer = await CaptureWriter.create(target, input.session(), before, batch.firstSequence + from);
      }
      let to = from;
      while (to < batch.count && !((batch.clockUs[to] ?? 0) > span.toUs)) to += 1;
      if (JSON.stringify(input.session()) !== writer.sessionText) await writer.flush();
      await writer.tell(input.session());
      if (to > from) await writer.put(rowsBetween(batch, from, to));
      count += to - from;
      if (to < batch.count) break;
    }
    writer ??= await CaptureWriter.create(target, input.session(), null, 1);
    await writer.flush();
    await writer.tell(input.session());
    await writer.finish();
    return count;
  } catch (error) {
    await writer?.abandon();
    if (writer !== null) await rm(request.output, { force: true });
    throw error;
  }
}

/** The input's rows, and the span in its clock, which is told from its first row. */
async function begun(
  input: Input,
  { from, to }: ConvertRequest,
): Promise<{ readonly span: ClockSpan; readonly rows: AsyncIterable<EventBatch> }> {
  const rows = input.rows()[Symbol.asyncIterator]();
  const first = await rows.next();
  const firstUs = first.done === true ? 0 : (first.value.clockUs.find((us) => !Number.isNaN(us)) ?? 0);
  const span = {
    fromUs: from === null ? Number.NEGATIVE_INFINITY : momentUs(from, firstUs),
    toUs: to === null ? Number.POSITIVE_INFINITY : momentUs(to, firstUs),
  };
  if (span.fromUs > span.toUs) throw new Error('the span ends before it begins; give a later --to');
  return {
    span,
    rows: (async function* () {
      if (first.done === true) return;
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => rows };
    })(),
  };
}

async function openInput(paths: readonly string[]): Promise<Input> {
  const captures: string[] = [];
  for (const path of paths) if (await isCapture(path)) captures.push(path);
  if (captures.length === 0) return logInput(paths);
  if (paths.length > 1)
    throw new Error(`${captures[0]} is a capture; it is converted by itself, not with other files`);
  return captureInput(paths[0] ?? '');
}

async function captureInput(path: string): Promise<Input> {
  const history = await openInOrder(path);
  return {
    session: () => history.session,
    rows: () => history.rows(history.firstSequence, history.lastSequence),
    warnings: () =>
      history.damage === null
        ? []
        : [`${path} ends at byte ${history.damage.offset}, before its end: ${history.damage.why}`],
    close: () => history.dispose(),
  };
}

function logInput(paths: readonly string[]): Input {
  const logs = new LogRows(paths);
  return {
    session: () => ({
      ...NO_SESSION,
      disks: logs.disks.map(({ index, exportName, sizeBytes, log }) => ({
        id: index,
        name: exportName === '' ? basename(log) : exportName,
        exportName,
        sizeBytes: sizeBytes === null ? null : `${sizeBytes}`,
        source: log,
        faultFile: null,
      })),
    }),
    rows: () => logs.rows(),
    warnings: () => [],
    close: () => Promise.resolve(),
  };
}

function nameOf(session: CaptureSession, disk: number): string {
  return session.disks.find(({ id }) => id === disk)?.name ?? `disk ${disk}`;
}
