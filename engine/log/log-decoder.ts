import type { SourceDisk } from '#engine/session/source.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { ascii, CR, DOT, LF, lastMatch, matchesAt, SPACE } from './ascii.ts';
import { readConnectLine } from './connect-line.ts';
import { DecoderFacts, MAX_RUNS } from './decoder-facts.ts';
import { FastLines, Stop } from './fast-lines.ts';
import { LineBuffer, MAX_LINE_BYTES } from './line-buffer.ts';
import { LogDisks, NO_DISK } from './log-disks.ts';
import { PendingTable } from './pending-table.ts';
import { RowWriter } from './row-writer.ts';
import { readStamp, type Stamp } from './timestamp.ts';

/** Rows in a batch, unless told otherwise. */
const BATCH_ROWS = 2048;

const CONNECTION = ascii('connection=');
const CONNECT = ascii('Connect');
const DISCONNECT = ascii('Disconnect');
const RETURN = ascii(' return=');
const READY = ascii('Ready');
/** Actions that are understood and make no row. */
const SILENT = [READY, ascii('Fork'), ascii('Preconnect'), ascii('ListExports')];

/** Where a decoder's rows and disks go. */
export interface DecoderSink {
  /** Rows in the order of the log; clocks are not set. The batch is the sink's from now on. */
  rows(batch: EventBatch): void;
  /** A disk was found, or more is known about it. Comes before the first row that names it. */
  disk(disk: SourceDisk): void;
}

export interface DecoderOptions {
  /** Hand on the rows of this run only, counted from 0; null for all. */
  readonly run?: number | null;
  /** Rows in a full batch; at least 64. */
  readonly batchRows?: number;
}

/**
 * Turns the bytes of nbdkit's log file (nbdkit-log-filter(1), of nbdkit 1.8 to 1.42.3) into rows, joined: a completion
 * repeats what its request said. Takes bytes in pieces of any size; the rows are the same for all. Never throws for
 * what the bytes hold: see {@link DecoderFacts}.
 */
export class LogDecoder {
  readonly facts = new DecoderFacts();
  readonly #sink: DecoderSink;
  readonly #wantedRun: number | null;
  readonly #rows: RowWriter;
  readonly #pending = new PendingTable();
  readonly #disks = new LogDisks();
  readonly #fast: FastLines;
  readonly #buffer: LineBuffer;
  readonly #stamp: Stamp = { timeUs: Number.NaN, next: 0 };
  #run = 0;
  /** Lines understood when the run began. */
  #understoodBefore = 0;

  constructor(sink: DecoderSink, options: DecoderOptions = {}) {
    this.#sink = sink;
    this.#wantedRun = options.run ?? null;
    this.#rows = new RowWriter(options.batchRows ?? BATCH_ROWS, (batch) => this.#handOn(batch));
    this.#fast = new FastLines(this.#rows, this.#pending, this.#disks, this.facts);
    this.#buffer = new LineBuffer({
      lines: (bytes, view, from, to) => this.#lines(bytes, view, from, to),
      longLine: (bytes, view, length) => this.#longLine(bytes, view, length),
      nuls: (count) => {
        this.facts.nulBytes += count;
      },
    });
    this.#mute();
  }

  /** Decodes the next bytes of the log, and hands on every row that is complete. The bytes are not kept. */
  push(bytes: Uint8Array): void {
    this.#rows.expect(bytes.length);
    this.#buffer.push(bytes);
    this.#rows.flush();
    this.#tellDisks();
  }

  /** The log is over: a last line without its line feed counts if it is whole, and nothing waits for a reply any more. */
  end(): void {
    const { notUnderstood, firstNotUnderstood, lines } = this.facts;
    this.#buffer.end();
    if (this.facts.notUnderstood > notUnderstood) {
      this.facts.notUnderstood = notUnderstood;
      this.facts.firstNotUnderstood = firstNotUnderstood;
      this.facts.lines = lines;
      this.facts.unfinishedEnd = true;
    }
    this.#giveUpAll(this.facts.latestUs);
    this.#rows.flush();
    this.#tellDisks();
  }

  /** The bytes that come next do not follow those before: an unfinished line is forgotten, the run goes on. */
  interrupt(): void {
    this.#buffer.forget();
  }

  /** The bytes that come next are another file's, or the file's from its start: an unfinished line is forgotten. */
  startRun(): void {
    this.#buffer.forget();
    this.#startRun(Number.NaN, this.facts.lines);
    this.#rows.flush();
  }

  #handOn(batch: EventBatch): void {
    this.#tellDisks();
    this.#sink.rows(batch);
  }

  #tellDisks(): void {
    this.#disks.tellChanged((disk) => this.#sink.disk(disk));
  }

  #mute(): void {
    this.#rows.diskLimit = this.#wantedRun === null || this.#wantedRun === this.#run ? NO_DISK : 0;
  }

  #lines(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    const fast = this.#fast;
    let p = from;
    while (p < to) {
      const run = this.facts.run;
      if (run.firstUs === null && readStamp(bytes, p, this.#stamp) && this.#stamp.timeUs > 0) {
        run.firstUs = this.#stamp.timeUs;
      }
      p = fast.run(bytes, view, p, to);
      switch (fast.stop) {
        case Stop.End:
          return;
        case Stop.Full:
          this.#rows.flush();
          break;
        case Stop.Other:
          p = this.#otherLine(bytes, p);
          break;
        case Stop.Restart:
          this.#startRun(fast.timeUs, this.facts.lines);
          break;
        case Stop.Duplicate:
          this.#giveUp(this.#pending.find(fast.connection, fast.id), fast.timeUs);
          break;
        case Stop.Overflow:
          this.facts.overflowed += 1;
          this.#giveUp(this.#pending.oldest, fast.timeUs);
          break;
        case Stop.NewConnection:
          this.facts.connectionsAlone += 1;
          this.#open(fast.connection, '', null);
          break;
      }
    }
  }

  /** Takes one line that is no request and no reply; returns where the next begins. */
  #otherLine(bytes: Uint8Array, at: number): number {
    const facts = this.facts;
    if (bytes[at] === 0) {
      let from = at;
      while (bytes[from] === 0) from += 1;
      facts.nulBytes += from - at;
      return from;
    }
    const lf = bytes.indexOf(LF, at);
    if (lf - at > MAX_LINE_BYTES) {
      this.#buffer.longLineIn(bytes, at, lf);
      return lf + 1;
    }
    facts.lines += 1;
    const hasCr = bytes[lf - 1] === CR && lf > at;
    const end = hasCr ? lf - 1 : lf;
    if (readStamp(bytes, at, this.#stamp) && this.#action(bytes, this.#stamp.next, end)) {
      const { timeUs } = this.#stamp;
      facts.understood += 1;
      if (timeUs < facts.latestUs) facts.timesBackwards += 1;
      else if (!Number.isNaN(timeUs)) facts.latestUs = timeUs;
      if (hasCr && facts.crlfLine === 0) facts.crlfLine = facts.lines;
    } else {
      facts.refuse(bytes, at, end);
    }
    return lf + 1;
  }

  /** Takes what follows the time of a line; false when it is not understood. */
  #action(bytes: Uint8Array, at: number, end: number): boolean {
    if (!matchesAt(bytes, at, CONNECTION)) return this.#silentAction(bytes, at, end);
    let q = at + CONNECTION.length;
    let connection = 0;
    const start = q;
    for (let d = (bytes[q] ?? 0) - 48; d >= 0 && d <= 9; d = (bytes[q] ?? 0) - 48) {
      connection = connection * 10 + d;
      q += 1;
    }
    if (q === start || connection > 0xffff_ffff || bytes[q] !== SPACE) return false;
    q += 1;
    if (matchesAt(bytes, q, CONNECT) && bytes[q + CONNECT.length] === SPACE) {
      return this.#connect(connection, bytes, q + CONNECT.length, end);
    }
    if (matchesAt(bytes, q, DISCONNECT) && isWordEnd(bytes, q + DISCONNECT.length, end)) {
      this.#disconnect(connection);
      return true;
    }
    return false;
  }

  #silentAction(bytes: Uint8Array, at: number, end: number): boolean {
    const isReply = bytes[at] === DOT && bytes[at + 1] === DOT && bytes[at + 2] === DOT;
    const from = isReply ? at + 3 : at;
    const action = SILENT.find((name) => matchesAt(bytes, from, name));
    if (action === undefined || !isWordEnd(bytes, from + action.length, end)) return false;
    if (action === READY && this.facts.understood > this.#understoodBefore) {
      this.#startRun(this.#stamp.timeUs, this.facts.lines - 1);
    }
    return true;
  }

  #connect(connection: number, bytes: Uint8Array, from: number, end: number): boolean {
    const line = readConnectLine(bytes, from, end);
    if (line === null) return false;
    const { timeUs } = this.#stamp;
    if (!this.#disks.connect(connection)) {
      this.#startRun(timeUs, this.facts.lines - 1);
      this.#disks.connect(connection);
    }
    const disk = this.#open(connection, line.exportName, line.sizeBytes);
    this.#rows.push({ kind: RowKind.Connect, disk, connection, timeUs });
    return true;
  }

  #open(connection: number, exportName: string, sizeBytes: bigint | null): number {
    // Runs that are not shown make no disks, which would stand empty beside those of the run that is.
    const disk = this.#rows.diskLimit === 0 ? NO_DISK : this.#disks.open(exportName, sizeBytes);
    this.facts.exportsRefused = this.#disks.refused;
    this.#disks.assign(connection, disk);
    return disk;
  }

  #disconnect(connection: number): void {
    const { timeUs } = this.#stamp;
    let slot = this.#pending.oldest;
    while (slot >= 0) {
      const next = this.#pending.after(slot);
      if (this.#pending.connection[slot] === connection) this.#giveUp(slot, timeUs);
      slot = next;
    }
    const known = this.#disks.ofConnection(connection);
    if (known === 0) return;
    this.#rows.push({ kind: RowKind.Disconnect, disk: known - 1, connection, timeUs });
    this.#disks.forget(connection);
  }

  /** Ends a request that gets no reply any more. */
  #giveUp(slot: number, timeUs: number): void {
    if (slot < 0) return;
    const pending = this.#pending;
    pending.remove(slot);
    this.#rows.push({
      kind: RowKind.Unanswered,
      op: pending.op[slot] ?? 0,
      flags: pending.flags[slot] ?? 0,
      disk: pending.disk[slot] ?? 0,
      connection: pending.connection[slot] ?? 0,
      slot,
      cookie: pending.id[slot] ?? 0,
      offsetBytes: (BigInt(pending.offsetHigh[slot] ?? 0) << 32n) | BigInt(pending.offsetLow[slot] ?? 0),
      lengthBytes: pending.lengthLow[slot] ?? 0,
      timeUs,
    });
  }

  #giveUpAll(timeUs: number): void {
    while (this.#pending.oldest >= 0) this.#giveUp(this.#pending.oldest, timeUs);
  }

  /** @param firstLine number of the new run's first line, from 0. */
  #startRun(timeUs: number, firstLine: number): void {
    const { facts } = this;
    this.#giveUpAll(timeUs);
    this.#disks.startRun();
    if (facts.understood > this.#understoodBefore && facts.runs.length < MAX_RUNS) {
      this.#run += 1;
      facts.runs.push({ index: this.#run, firstUs: Number.isNaN(timeUs) ? null : timeUs, firstLine });
    }
    this.#understoodBefore = facts.understood;
    facts.latestUs = Number.NaN;
    this.#mute();
    for (let disk = 0; disk < this.#disks.count; disk += 1) {
      this.#rows.push({ kind: RowKind.ClearPicture, disk, timeUs });
    }
  }

  /** Takes a line that was too long to keep, made into its first and last bytes. */
  #longLine(bytes: Uint8Array, view: DataView, length: number): void {
    const { facts } = this;
    if (lastMatch(bytes, 0, length, RETURN) >= 0) {
      this.#lines(bytes, view, 0, length);
      return;
    }
    facts.lines += 1;
    facts.tooLong += 1;
    if (facts.firstTooLong === 0) facts.firstTooLong = facts.lines;
  }
}

function isWordEnd(bytes: Uint8Array, at: number, end: number): boolean {
  return at === end || bytes[at] === SPACE;
}
