import type { FaultChange } from '#shared/contract/faults.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import type { Source, SourceNotice, SourceProgress, SourceSink } from '../session/source.ts';
import type { ConnectionFacts } from './backend.ts';
import type { RequestObserver } from './hosted-export.ts';
import type { PendingRequest } from './pending-request.ts';
import { opOf } from './request-rules.ts';
import { WallClock } from './wall-clock.ts';

/** Rows wait at most so long, ms. */
const FLUSH_MS = 4;
const MIN_BATCH_ROWS = 256;
const MAX_BATCH_ROWS = 8192;
/** Full batches the session may leave waiting before no more requests are taken from the sockets. */
const MAX_QUEUED_BATCHES = 32;

/**
 * The disks of one NBD server as a source of rows: what its clients ask for and what they get, after all filters and
 * with every refusal. Each export is a disk. Rows are written straight into the columns of a batch; nothing is made for
 * a request.
 */
export class NbdSource implements Source {
  readonly kind = 'host';
  readonly name: string;
  readonly path = null;
  readonly canRestart = false;
  /** Called when {@link congested} has ended. */
  onRelieved: (() => void) | null = null;
  /** Called when a session has begun to take rows. */
  onStarted: (() => void) | null = null;
  readonly clock = new WallClock();
  #sink: SourceSink | null = null;
  /** Notices from before the start, by key. */
  readonly #untold = new Map<string, SourceNotice>();
  #batch = new EventBatch(MIN_BATCH_ROWS);
  #timer: NodeJS.Timeout | null = null;
  /** Batches the session has no room for yet. */
  readonly #queue: EventBatch[] = [];
  #delivering = false;
  #congested = false;
  #exports: { readonly name: string; readonly sizeBytes: bigint }[] = [];
  #progress: SourceProgress = {
    status: 'waiting',
    statusText: 'not listening yet',
    bytesRead: 0,
    totalBytes: null,
    lines: 0,
    notUnderstood: 0,
    timesBackwards: 0,
    runs: [],
  };

  constructor(name: string) {
    this.name = name;
  }

  /** Whether the session is so far behind that clients must wait. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Adds a disk; the observer is for its export. */
  addDisk(exportName: string, sizeBytes: bigint): RequestObserver {
    const index = this.#exports.length;
    this.#exports.push({ name: exportName, sizeBytes });
    this.#sink?.disk({ index, exportName, sizeBytes, highestByte: 0n });
    return new DiskObserver(this, index, sizeBytes);
  }

  start(sink: SourceSink): void {
    this.#sink = sink;
    for (const [index, { name, sizeBytes }] of this.#exports.entries()) {
      sink.disk({ index, exportName: name, sizeBytes, highestByte: 0n });
    }
    sink.progress(this.#progress);
    for (const notice of this.#untold.values()) sink.notice(notice);
    this.#untold.clear();
    this.onStarted?.();
  }

  async stop(): Promise<void> {
    this.#flush();
    this.#sink = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue.length = 0;
    this.#setCongested(false);
  }

  /** Says where the server stands. */
  tell(status: SourceProgress['status'], statusText: string): void {
    this.#progress = { ...this.#progress, status, statusText };
    this.#sink?.progress(this.#progress);
  }

  /** Tells the session, as soon as there is one. */
  notice(notice: SourceNotice): void {
    if (this.#sink === null) this.#untold.set(notice.key, notice);
    else this.#sink.notice(notice);
  }

  /** Writes the row that tells what makes a disk fail from here on, once a session takes rows. */
  faultChanged(disk: number, change: FaultChange): void {
    if (this.#sink === null) return;
    const timeUs = this.clock.us(performance.now());
    this.row().pushText(JSON.stringify(change), { kind: RowKind.FaultChange, disk, timeUs });
  }

  /** The batch to write the next row to, at its `count`; it is the caller's until it returns. */
  row(): EventBatch {
    if (this.#batch.isFull) this.#flush();
    if (this.#timer === null) this.#timer = setTimeout(() => this.#flushInTime(), FLUSH_MS);
    return this.#batch;
  }

  #flushInTime(): void {
    this.#timer = null;
    this.clock.anchor();
    this.#flush();
  }

  #flush(): void {
    const full = this.#batch;
    if (full.count === 0) return;
    const rows = Math.min(
      MAX_BATCH_ROWS,
      Math.max(MIN_BATCH_ROWS, full.isFull ? full.capacity * 2 : full.count),
    );
    this.#batch = new EventBatch(rows);
    if (this.#sink === null) return;
    if (this.#delivering) {
      this.#queue.push(full);
      if (this.#queue.length >= MAX_QUEUED_BATCHES) this.#setCongested(true);
      return;
    }
    this.#deliver(full);
  }

  #deliver(batch: EventBatch): void {
    const wait = this.#sink?.rows(batch);
    if (wait === undefined) return;
    this.#delivering = true;
    wait.then(
      () => this.#delivered(),
      () => this.#delivered(),
    );
  }

  #delivered(): void {
    this.#delivering = false;
    while (!this.#delivering) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#deliver(next);
    }
    if (this.#queue.length === 0) this.#setCongested(false);
  }

  #setCongested(congested: boolean): void {
    if (this.#congested === congested) return;
    this.#congested = congested;
    if (!congested) this.onRelieved?.();
  }
}

/** Writes the rows of one disk. */
class DiskObserver implements RequestObserver {
  readonly #source: NbdSource;
  readonly #disk: number;
  readonly #sizeBytes: bigint;
  readonly #sizeHigh: number;
  readonly #sizeLow: number;
  constructor(source: NbdSource, disk: number, sizeBytes: bigint) {
    this.#source = source;
    this.#disk = disk;
    this.#sizeBytes = sizeBytes;
    this.#sizeHigh = Number(sizeBytes >> 32n);
    this.#sizeLow = Number(sizeBytes & 0xffff_ffffn);
  }

  get congested(): boolean {
    return this.#source.congested;
  }

  connected(connection: ConnectionFacts): void {
    this.#tell(RowKind.Connect, connection);
  }

  disconnected(connection: ConnectionFacts): void {
    this.#tell(RowKind.Disconnect, connection);
  }

  arrived(request: PendingRequest): void {
    const nowMs = performance.now();
    request.arrivedMs = nowMs;
    this.#write(RowKind.Request, request, nowMs, Number.NaN, 0);
  }

  completed(request: PendingRequest, errno: number): void {
    const nowMs = performance.now();
    this.#write(RowKind.Completion, request, nowMs, inQuartersUs(nowMs - request.arrivedMs), errno);
  }

  unanswered(request: PendingRequest): void {
    this.#write(RowKind.Unanswered, request, performance.now(), Number.NaN, 0);
  }

  #tell(kind: number, connection: ConnectionFacts): void {
    const timeUs = this.#source.clock.us(performance.now());
    this.#source.row().push({ kind, disk: this.#disk, connection: connection.number, timeUs });
  }

  #write(kind: number, request: PendingRequest, nowMs: number, latencyUs: number, errno: number): void {
    const batch = this.#source.row();
    const i = batch.count;
    batch.timeUs[i] = this.#source.clock.us(nowMs);
    batch.clockUs[i] = Number.NaN;
    batch.latencyUs[i] = latencyUs;
    batch.connection[i] = request.connection.number;
    batch.slot[i] = request.slot;
    batch.cookieLow[i] = request.cookieLow;
    batch.cookieHigh[i] = request.cookieHigh;
    batch.offsetLow[i] = request.offsetLow;
    batch.offsetHigh[i] = request.offsetHigh;
    this.#writeLength(batch, i, request);
    batch.disk[i] = this.#disk;
    batch.flags[i] = request.flags;
    batch.errno[i] = errno;
    batch.kind[i] = kind;
    batch.op[i] = opOf(request.command);
    batch.count = i + 1;
  }

  /** A refused request may lie beyond the disk; the picture has only the part that is on it. */
  #writeLength(batch: EventBatch, i: number, request: PendingRequest): void {
    const endLow = request.offsetLow + request.length;
    const high = request.offsetHigh + request.lengthHigh;
    if (high < this.#sizeHigh - 1 || (high === this.#sizeHigh && endLow <= this.#sizeLow)) {
      batch.lengthLow[i] = request.length;
      batch.lengthHigh[i] = request.lengthHigh;
      return;
    }
    const left = this.#sizeBytes - whole(request.offsetHigh, request.offsetLow);
    const asked = whole(request.lengthHigh, request.length);
    const onDisk = left <= 0n ? 0n : left < asked ? left : asked;
    batch.lengthLow[i] = Number(onDisk & 0xffff_ffffn);
    batch.lengthHigh[i] = Number(onDisk >> 32n);
  }
}

/** A latency as fine as the times of rows are: what is finer is noise, and takes room in the history. */
function inQuartersUs(ms: number): number {
  return Math.round(ms * 4000) / 4;
}

function whole(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
