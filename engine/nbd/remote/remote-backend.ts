import { RowFlag } from '#shared/events/vocabulary.ts';
import type { Answer, Backend, Capabilities, ConnectionFacts, Request } from '../backend.ts';
import { Command, CommandFlag, Errno } from '../protocol.ts';
import type { RemoteAddress } from './nbd-uri.ts';
import { RemoteConnection } from './remote-connection.ts';
import { capabilitiesOf, isReadOnly, whatChanged } from './remote-facts.ts';
import { openRemote, type RemoteFacts } from './remote-handshake.ts';
import { RemoteJob } from './remote-job.ts';

/** Requests in flight on one connection; more wait their turn. */
const MAX_IN_FLIGHT = 64;
/** How often a request that may be repeated is sent before its failure is believed. */
const MAX_ATTEMPTS = 3;
/** How long connecting and shaking hands may take, ms. */
const CONNECT_MS = 10_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface RemoteOptions {
  /** Most connections; only a server that allows several clients to share the disk (multi-conn) gets more than one. */
  readonly connections: number;
  /** How long a request may wait for its answer, a lost connection's return included, ms. */
  readonly timeoutMs: number;
}

/** How it stands with the other server. `lost`: it is being connected to again. */
export type RemoteState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly reason: string; readonly unflushed: boolean }
  /** It is there, and another than it was. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * A disk that another NBD server has. Requests pass with their flags and come back with their errors; what the disk can
 * do is what that server can.
 *
 * A lost connection is made again, at growing intervals and for as long as the disk is served. Reads, block status and
 * cache are then asked again. Writes, trims, zeroes and flushes that were sent fail with EIO, as nobody knows how far they
 * came. What was not sent yet waits. What had been written and not flushed may be lost with the server, so that the next
 * flush of each client fails with EIO once. No request waits longer than `timeoutMs`.
 */
export class RemoteBackend implements Backend {
  readonly sizeBytes: bigint;
  readonly readOnly: boolean;
  readonly capabilities: Capabilities;
  readonly facts: RemoteFacts;
  /** Told whenever {@link state} changes. */
  onState: ((state: RemoteState) => void) | null = null;
  readonly #address: RemoteAddress;
  readonly #options: RemoteOptions;
  readonly #listener = {
    answered: (connection: RemoteConnection, job: RemoteJob) => this.#answered(connection, job),
    lost: (connection: RemoteConnection, error: Error, unanswered: RemoteJob[]) =>
      this.#lost(connection, error, unanswered),
  };
  readonly #connections: RemoteConnection[] = [];
  /** Every request without an answer, the oldest first, and those of them that are not sent. */
  readonly #jobs = new Set<RemoteJob>();
  #queue: RemoteJob[] = [];
  #pumping = false;
  #deadline: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #opening = false;
  /** Connections that may be tried for; fewer once the server has refused one. */
  #limit: number;
  /** Connections lost or refused since the server last answered a request. */
  #failures = 0;
  #state: RemoteState = { kind: 'connected' };
  /** Writes that have succeeded without FUA, and how many of them a flush has covered. */
  #written = 0;
  #flushed = 0;
  /** Counts losses of what was not flushed, and what of them each client's flush has told. */
  #losses = 0;
  readonly #toldLosses = new Map<number, number>();
  readonly #end = new AbortController();

  private constructor(address: RemoteAddress, options: RemoteOptions, facts: RemoteFacts) {
    this.#address = address;
    this.#options = options;
    this.facts = facts;
    this.sizeBytes = facts.sizeBytes;
    this.readOnly = isReadOnly(facts);
    this.capabilities = capabilitiesOf(facts);
    this.#limit = this.capabilities.multiConn ? options.connections : 1;
  }

  /** @throws Error when the server is not there, is none, or refuses the export. */
  static async connect(address: RemoteAddress, options: RemoteOptions): Promise<RemoteBackend> {
    const opened = await openRemote(address, CONNECT_MS, null);
    const backend = new RemoteBackend(address, options, opened.facts);
    backend.#connections.push(new RemoteConnection(opened, backend.#listener));
    return backend;
  }

  get state(): RemoteState {
    return this.#state;
  }

  /** Connections to the other server now. */
  get connectionCount(): number {
    return this.#connections.length;
  }

  open(connection: ConnectionFacts): void {
    this.#toldLosses.set(connection.number, this.#losses);
  }

  gone(): void {}

  close(connection: ConnectionFacts): void {
    this.#toldLosses.delete(connection.number);
  }

  read(request: Request): Answer {
    if (request.length > this.facts.maxPayloadBytes) return Errno.EINVAL;
    const fragment = (request.flags & RowFlag.DontFragment) !== 0 && this.facts.structuredReplies;
    return this.#ask(request, Command.Read, fragment ? CommandFlag.Df : 0);
  }

  write(request: Request): Answer {
    if (request.length > this.facts.maxPayloadBytes) return Errno.EINVAL;
    return this.#change(request, Command.Write, 0);
  }

  zero(request: Request): Answer {
    const noHole = (request.flags & RowFlag.MayTrim) === 0 ? CommandFlag.NoHole : 0;
    const fast = (request.flags & RowFlag.Fast) === 0 ? 0 : CommandFlag.FastZero;
    return this.#change(request, Command.WriteZeroes, noHole | fast);
  }

  trim(request: Request): Answer {
    return this.#change(request, Command.Trim, 0);
  }

  flush(request: Request): Answer {
    const { number } = request.connection;
    const told = this.#toldLosses.get(number) ?? this.#losses;
    if (told === this.#losses) return this.#ask(request, Command.Flush, 0);
    this.#toldLosses.set(number, this.#losses);
    return Errno.EIO;
  }

  cache(request: Request): Answer {
    return this.#ask(request, Command.Cache, 0);
  }

  extents(request: Request): Answer {
    const one = (request.flags & RowFlag.ReqOne) !== 0 ? CommandFlag.ReqOne : 0;
    return this.#ask(request, Command.BlockStatus, one);
  }

  dispose(): void {
    this.#end.abort();
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    if (this.#retry !== null) clearTimeout(this.#retry);
    for (const connection of this.#connections.splice(0)) connection.close();
    for (const job of this.#jobs) job.end(Errno.ESHUTDOWN);
    this.#jobs.clear();
    this.#queue = [];
  }

  get #isDisposed(): boolean {
    return this.#end.signal.aborted;
  }

  #change(request: Request, command: number, flags: number): Answer {
    if ((request.flags & RowFlag.Fua) === 0) return this.#ask(request, command, flags);
    return this.capabilities.fua ? this.#ask(request, command, flags | CommandFlag.Fua) : Errno.EINVAL;
  }

  #ask(request: Request, command: number, flags: number): Answer {
    if (this.#isDisposed) return Errno.ESHUTDOWN;
    if (this.#state.kind === 'refused') return Errno.EIO;
    const job = new RemoteJob(request, command, flags, performance.now() + this.#options.timeoutMs);
    this.#jobs.add(job);
    this.#queue.push(job);
    this.#setDeadline();
    this.#pumpSoon();
    return job.answer;
  }

  /** A write's payload stays where it is only once the caller knows that it must wait, so nothing is sent at once. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    let sent = 0;
    for (const job of this.#queue) {
      const connection = this.#leastBusy();
      if (connection === null || connection.inFlight >= MAX_IN_FLIGHT) break;
      job.covers = this.#written;
      connection.send(job);
      sent += 1;
    }
    if (sent > 0) this.#queue.splice(0, sent);
    const busy = this.#connections.every((connection) => connection.inFlight > 1);
    if (busy && this.#connections.length > 0 && this.#connections.length < this.#limit)
      void this.#openOneMore();
  }

  #leastBusy(): RemoteConnection | null {
    let best: RemoteConnection | null = null;
    for (const connection of this.#connections) {
      if (best === null || connection.inFlight < best.inFlight) best = connection;
    }
    return best;
  }

  #answered(connection: RemoteConnection, job: RemoteJob): void {
    this.#jobs.delete(job);
    this.#failures = 0;
    if (job.errno === Errno.Ok) this.#noteDurability(job);
    if (this.#queue.length > 0 && connection.inFlight < MAX_IN_FLIGHT) this.#pumpSoon();
  }

  #noteDurability(job: RemoteJob): void {
    if (job.command === Command.Flush) this.#flushed = Math.max(this.#flushed, job.covers);
    else if (!job.isRepeatable && (job.commandFlags & CommandFlag.Fua) === 0) this.#written += 1;
  }

  #lost(connection: RemoteConnection, error: Error, unanswered: RemoteJob[]): void {
    if (this.#isDisposed) return;
    this.#connections.splice(this.#connections.indexOf(connection), 1);
    const unflushed = this.#written > this.#flushed;
    if (unflushed) this.#losses += 1;
    this.#flushed = this.#written;
    const again: RemoteJob[] = [];
    for (const job of unanswered) {
      if (job.isOver) continue;
      if (job.isRepeatable && job.attempts < MAX_ATTEMPTS) again.push(job);
      else this.#fail(job);
    }
    this.#queue.unshift(...again);
    if (!connection.hasAnswered) this.#failures += 1;
    if (this.#connections.length > 0) this.#pumpSoon();
    else {
      this.#setState({ kind: 'lost', reason: error.message, unflushed });
      this.#reconnectLater();
    }
  }

  #fail(job: RemoteJob): void {
    this.#jobs.delete(job);
    job.end(Errno.EIO);
  }

  #reconnectLater(): void {
    if (this.#retry !== null || this.#isDisposed) return;
    const waitMs =
      this.#failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#reconnect();
    }, waitMs);
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#openChecked();
      this.#limit = this.capabilities.multiConn ? this.#options.connections : 1;
      this.#pumpSoon();
    } catch (error) {
      if (this.#isDisposed) return;
      this.#failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#state.kind === 'lost') this.#setState({ ...this.#state, reason });
      this.#reconnectLater();
    }
  }

  async #openOneMore(): Promise<void> {
    if (this.#opening || this.#isDisposed) return;
    this.#opening = true;
    try {
      await this.#openChecked();
    } catch {
      // The server allows no more: what there is goes on.
      this.#limit = Math.max(1, this.#connections.length);
    } finally {
      this.#opening = false;
    }
    this.#pumpSoon();
  }

  /** Adds a connection. @throws Error when it is not to be had, or to another disk. */
  async #openChecked(): Promise<void> {
    const opened = await openRemote(this.#address, CONNECT_MS, this.#end.signal);
    const changed = whatChanged(this.facts, opened.facts);
    if (changed !== null) {
      opened.socket.destroy();
      this.#refuse(changed);
      throw new Error(changed);
    }
    this.#connections.push(new RemoteConnection(opened, this.#listener));
    if (this.#state.kind !== 'connected') this.#setState({ kind: 'connected' });
  }

  /** The disk there is another one: nothing that waits may reach it. */
  #refuse(reason: string): void {
    for (const connection of this.#connections.splice(0)) connection.close();
    for (const job of this.#jobs) job.end(Errno.EIO);
    this.#jobs.clear();
    this.#queue = [];
    this.#setState({ kind: 'refused', reason });
    this.#failures += 1;
    this.#reconnectLater();
  }

  #setState(state: RemoteState): void {
    this.#state = state;
    this.onState?.(state);
  }

  #setDeadline(): void {
    if (this.#deadline !== null) return;
    const [oldest] = this.#jobs;
    if (oldest === undefined) return;
    this.#deadline = setTimeout(
      () => {
        this.#deadline = null;
        this.#failLate();
        this.#setDeadline();
      },
      Math.max(1, oldest.deadlineMs - performance.now()),
    ).unref();
  }

  #failLate(): void {
    const nowMs = performance.now();
    const silent = new Set<RemoteConnection>();
    for (const job of this.#jobs) {
      if (job.deadlineMs > nowMs) break;
      const connection = this.#connections.find((each) => each.has(job));
      if (connection !== undefined) silent.add(connection);
      this.#fail(job);
    }
    this.#queue = this.#queue.filter((job) => !job.isOver);
    const seconds = this.#options.timeoutMs / 1000;
    for (const connection of silent)
      connection.fail(new Error(`the server did not answer a request in ${seconds} s`));
  }
}
