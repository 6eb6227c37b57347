import { createReadStream } from 'node:fs';
import { LogDecoder } from '#engine/log/log-decoder.ts';
import { Unpacker } from '#engine/log/unpack.ts';
import { whyUnreadable } from '#engine/log/why-unreadable.ts';
import type { SourceDisk } from '#engine/session/source.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { ALL_DISKS } from '#shared/events/vocabulary.ts';

const READ_BYTES = 512 * 1024;

/** One log as it is read: its rows, and what is known of its disks by then. */
interface ReadLog {
  readonly rows: AsyncGenerator<EventBatch>;
  readonly disks: Map<number, SourceDisk>;
}

/** A disk of one of several logs, by its number among all. */
export interface NumberedDisk extends SourceDisk {
  readonly log: string;
}

/** Rows of a finished log, in its order; clocks and sequence numbers are not set. @throws Error when it cannot be read. */
function readLog(path: string): ReadLog {
  const disks = new Map<number, SourceDisk>();
  return { rows: rowsOf(path, disks), disks };
}

async function* rowsOf(path: string, disks: Map<number, SourceDisk>): AsyncGenerator<EventBatch> {
  const ready: EventBatch[] = [];
  const decoder = new LogDecoder({
    rows: (batch) => void ready.push(batch),
    disk: (disk) => void disks.set(disk.index, disk),
  });
  const unpacker = new Unpacker((bytes) => decoder.push(bytes));
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) {
      await unpacker.push(Buffer.from(piece));
      yield* ready.splice(0);
    }
    await unpacker.end();
    decoder.end();
    yield* ready.splice(0);
  } catch (error) {
    throw new Error(`${path}: ${whyUnreadable(error)}`, { cause: error });
  } finally {
    unpacker.destroy();
  }
}

/** One of several logs that are being merged. */
class Input {
  readonly path: string;
  readonly #log: ReadLog;
  /** The number among all disks for each of this log's. */
  readonly numbers: number[] = [];
  batch: EventBatch | null = null;
  at = 0;

  constructor(path: string) {
    this.path = path;
    this.#log = readLog(path);
  }

  get disks(): ReadonlyMap<number, SourceDisk> {
    return this.#log.disks;
  }

  /** Time of the next row; rows without one go at once. */
  nextUs(): number {
    const us = this.batch?.timeUs[this.at] ?? Number.NaN;
    return Number.isNaN(us) ? Number.NEGATIVE_INFINITY : us;
  }

  async fill(): Promise<void> {
    while (this.batch === null || this.at >= this.batch.count) {
      const read = await this.#log.rows.next();
      this.at = 0;
      this.batch = read.done === true ? null : read.value;
      if (read.done === true) return;
    }
  }
}

/**
 * The rows of finished logs in the order of their times, within a log in its own, with clocks and sequence numbers from 1 on; no
 * log is held in memory. Disks are numbered as they are found.
 */
export class LogRows {
  readonly #inputs: readonly Input[];
  readonly #disks: { readonly input: Input; readonly index: number }[] = [];
  #clockUs = Number.NaN;
  #sequence = 0;

  constructor(paths: readonly string[]) {
    this.#inputs = paths.map((path) => new Input(path));
  }

  /** The disks found so far. */
  get disks(): readonly NumberedDisk[] {
    return this.#disks.flatMap(({ input, index }, number) => {
      const disk = input.disks.get(index);
      return disk === undefined ? [] : [{ ...disk, index: number, log: input.path }];
    });
  }

  async *rows(): AsyncGenerator<EventBatch> {
    for (const input of this.#inputs) await input.fill();
    for (;;) {
      const open = this.#inputs.filter(({ batch }) => batch !== null);
      const first = open.reduce<Input | null>(
        (least, input) => (least === null || input.nextUs() < least.nextUs() ? input : least),
        null,
      );
      if (first === null) return;
      const others = open.filter((input) => input !== first).map((input) => input.nextUs());
      const rows = this.#take(first, Math.min(Number.POSITIVE_INFINITY, ...others));
      if (rows !== null) yield rows;
      await first.fill();
    }
  }

  /** The next rows of a log up to the first that is later than `limitUs`. */
  #take(input: Input, limitUs: number): EventBatch | null {
    const { batch, at: from } = input;
    if (batch === null) return null;
    let to = from + 1;
    while (to < batch.count && !((batch.timeUs[to] ?? 0) > limitUs)) to += 1;
    input.at = to;
    const rows = new EventBatch(to - from);
    rows.appendRows(batch, from, to);
    rows.firstSequence = this.#sequence + 1;
    this.#sequence += rows.count;
    for (let i = 0; i < rows.count; i += 1) {
      const timeUs = rows.timeUs[i] ?? Number.NaN;
      if (!(timeUs <= this.#clockUs) && !Number.isNaN(timeUs)) this.#clockUs = timeUs;
      rows.clockUs[i] = this.#clockUs;
      if (rows.disk[i] !== ALL_DISKS) rows.disk[i] = this.#numberOf(input, rows.disk[i] ?? 0);
    }
    return rows;
  }

  #numberOf(input: Input, index: number): number {
    let number = input.numbers[index];
    if (number === undefined) {
      number = this.#disks.length;
      input.numbers[index] = number;
      this.#disks.push({ input, index });
    }
    return number;
  }
}
