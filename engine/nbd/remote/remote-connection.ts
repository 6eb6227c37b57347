import type { Socket } from 'node:net';
import { Command, REQUEST_BYTES, REQUEST_MAGIC } from '../protocol.ts';
import type { OpenedRemote, RemoteFacts } from './remote-handshake.ts';
import type { RemoteJob } from './remote-job.ts';
import { ReplyParser } from './reply-parser.ts';

/** What a connection tells its owner. */
export interface RemoteListener {
  /** A request was answered; `job` says how. */
  answered(connection: RemoteConnection, job: RemoteJob): void;
  /** The connection is gone. `unanswered` are the requests it took with it, in the order they were sent. */
  lost(connection: RemoteConnection, error: Error, unanswered: RemoteJob[]): void;
}

/** How long a server may take to close its end after the goodbye, ms. */
const GOODBYE_MS = 500;

/** One connection to another NBD server, in transmission. */
export class RemoteConnection {
  readonly facts: RemoteFacts;
  /** Whether the server has answered a request on it. */
  hasAnswered = false;
  readonly #socket: Socket;
  readonly #listener: RemoteListener;
  readonly #parser: ReplyParser;
  readonly #jobs = new Map<number, RemoteJob>();
  #nextCookie = 1;
  #isLost = false;

  constructor(opened: OpenedRemote, listener: RemoteListener) {
    this.facts = opened.facts;
    this.#socket = opened.socket;
    this.#listener = listener;
    this.#parser = new ReplyParser(opened.facts, {
      find: (high, low) => this.#jobs.get(high * 0x1_0000_0000 + low),
      replied: (job) => this.#replied(job),
    });
    this.#socket.on('data', (bytes: Buffer) => this.#arrived(bytes));
    this.#socket.on('error', (error) => this.fail(error));
    this.#socket.on('close', () => this.fail(new Error('the server hung up')));
    this.#socket.resume();
  }

  get inFlight(): number {
    return this.#jobs.size;
  }

  has(job: RemoteJob): boolean {
    return this.#jobs.get(job.cookie) === job;
  }

  /** Sends a request. A write's payload must stay as it is until the request is answered. */
  send(job: RemoteJob): void {
    const cookie = this.#nextCookie;
    this.#nextCookie += 1;
    this.#jobs.set(cookie, job);
    job.begin(cookie);
    const { request } = job;
    const header = Buffer.alloc(REQUEST_BYTES);
    writeHeader(header, job.command, job.commandFlags, cookie);
    header.writeUInt32BE(request.offsetHigh, 16);
    header.writeUInt32BE(request.offsetLow, 20);
    header.writeUInt32BE(request.length, 24);
    const socket = this.#socket;
    if (job.command !== Command.Write) {
      socket.write(header);
      return;
    }
    socket.cork();
    socket.write(header);
    socket.write(request.payload.subarray(request.payloadStart, request.payloadStart + request.length));
    socket.uncork();
  }

  /** Hangs up, and tells the owner why. */
  fail(error: Error): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#socket.destroy();
    const unanswered = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#listener.lost(this, error, unanswered);
  }

  /** Says goodbye (NBD_CMD_DISC) and hangs up; the owner is told nothing more. Returns what was unanswered. */
  close(): RemoteJob[] {
    this.#isLost = true;
    const goodbye = Buffer.alloc(REQUEST_BYTES);
    writeHeader(goodbye, Command.Disconnect, 0, 0);
    this.#socket.end(goodbye);
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    this.#socket.once('close', () => clearTimeout(timer));
    const unanswered = [...this.#jobs.values()];
    this.#jobs.clear();
    return unanswered;
  }

  #arrived(bytes: Buffer): void {
    if (this.#isLost) return;
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #replied(job: RemoteJob): void {
    job.finish();
    this.#jobs.delete(job.cookie);
    this.hasAnswered = true;
    this.#listener.answered(this, job);
  }
}

function writeHeader(header: Buffer, command: number, flags: number, cookie: number): void {
  header.writeUInt32BE(REQUEST_MAGIC, 0);
  header.writeUInt16BE(flags, 4);
  header.writeUInt16BE(command, 6);
  header.writeUInt32BE(Math.floor(cookie / 0x1_0000_0000), 8);
  header.writeUInt32BE(cookie >>> 0, 12);
}
