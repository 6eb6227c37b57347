import type { Socket } from 'node:net';
import type { ConnectionFacts } from './backend.ts';
import type { BusyPoll } from './busy-poll.ts';
import type { FlowLimits, FlowMember } from './flow-limits.ts';
import { Handshake, type HandshakePolicy, type Negotiated } from './handshake.ts';
import type { HostedExport } from './hosted-export.ts';
import { LookOut } from './look-out.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { ReplyWriter } from './reply-writer.ts';
import { readDirectly, type SocketReader } from './socket-reader.ts';
import { readDecrypted } from './tls/decrypted-reader.ts';
import type { TlsService } from './tls/tls-service.ts';
import { Transmission, type TransmissionHost } from './transmission.ts';

/** A handshake's replies that the client may leave unread before its options are left unread too. */
const MAX_HANDSHAKE_UNSENT_BYTES = 256 << 10;
/** How long a client may take over the last replies. */
const ENDING_MS = 30_000;
/** Bytes read at once after a pause. */
const ASIDE_BYTES = 64 << 10;

/** The exports of the server, by name. */
export interface HostedExports {
  list(): Iterable<HostedExport>;
  find(name: string): HostedExport | null;
}

/** A connection as the host shows it. */
export interface ConnectionInfo {
  readonly number: number;
  /** `unix socket`, or the client's address and port. */
  readonly peer: string;
  readonly state: 'handshake' | 'transmission';
  /** Null during the handshake. */
  readonly exportName: string | null;
  readonly negotiated: Negotiated | null;
  /** How it is encrypted: `TLS 1.3 (PSK user alice)`; null when it is not. */
  readonly tls: string | null;
  /** Whether it was refused what it asked for in the clear, as TLS is required, and has not encrypted since. */
  readonly refusedPlain: boolean;
  readonly requestsInFlight: number;
  readonly transactions: number;
  readonly connectedMs: number;
}

/** What a connection needs of its server. */
export interface ConnectionOptions {
  readonly number: number;
  readonly peer: string;
  readonly exports: HostedExports;
  readonly limits: FlowLimits;
  readonly busyPoll: BusyPoll;
  readonly handshakeMs: number;
  readonly policy: HandshakePolicy;
  /** Null when TLS is off. */
  readonly tls: TlsService | null;
  /** The connection is gone; `reason` is null for a client that left as the protocol has it. */
  readonly onClosed: (connection: Connection, reason: string | null) => void;
  /** After {@link onClosed}: the disk has answered what the client left behind, and knows that it is gone. */
  readonly onReleased: (connection: Connection) => void;
  /** A client has chosen an export, or is about to leave: what {@link Connection.info} says has changed. */
  readonly onChanged: () => void;
}

/** One client: its socket, first in the handshake, then in transmission. */
export class Connection implements SocketReader, TransmissionHost, FlowMember {
  readonly #options: ConnectionOptions;
  readonly limits: FlowLimits;
  /** What the client's bytes go through: the socket itself, and once they are encrypted one that stands before it. */
  readonly #plainSocket: Socket;
  #socket: Socket;
  readonly #lookOut: LookOut;
  readonly #receive = new ReceiveBuffer();
  readonly #handshake: Handshake;
  readonly #connectedMs = Date.now();
  #facts: ConnectionFacts;
  #transmission: Transmission | null = null;
  /** The export whose backend was opened and must be closed. */
  #opened: HostedExport | null = null;
  #opening = false;
  /** A TLS handshake is under way: bytes are none of ours. */
  #securing = false;
  #tls: string | null = null;
  /** Under way once the backend has been told that the client is gone. */
  #closing: Promise<void> | null = null;
  #deadline: NodeJS.Timeout | null;
  #later: NodeJS.Immediate | null = null;
  #paused = false;
  /** After a pause the first bytes land here, as the receive buffer may have changed; then they are moved over. */
  #aside: Buffer | null = null;
  #asideFrom = 0;
  #asideTo = 0;
  /** What the socket reads into: {@link #aside}, or the receive buffer from `#spaceIn` on, or, at -1, a payload. */
  #spaceIsAside = false;
  #spaceIn = 0;
  #reason: string | null = null;
  #closed = false;
  #shuttingDown = false;
  /** Nothing more is read; what was written is sent, then the socket closes. */
  #ending = false;
  /** The client left of its own will. */
  #left = false;

  /** @throws Error when the runtime does not let the socket be read directly. */
  constructor(accepted: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.#facts = { number: options.number, exportName: '' };
    this.#handshake = new Handshake(options.exports, options.policy);
    const socket = readDirectly(accepted, this);
    if (socket === null) {
      accepted.destroy();
      throw new Error('this runtime does not let an accepted socket be read directly; use Node 24 or later');
    }
    this.#plainSocket = socket;
    this.#socket = socket;
    this.#lookOut = new LookOut(socket, () => !this.#paused);
    this.limits.join(this);
    this.#deadline = setTimeout(() => this.disconnect('the handshake took too long'), options.handshakeMs);
    socket.setNoDelay(true);
    this.#listen(socket);
    socket.on('close', () => this.#socketClosed());
    this.#sendHandshake();
    socket.resume();
  }

  #listen(socket: Socket): void {
    const isOurs = (): boolean => this.#socket === socket && !this.#securing;
    socket.on('error', (error) => this.disconnect(error.message));
    socket.on('end', () => isOurs() && this.#hungUp());
    socket.on('drain', () => isOurs() && this.#drained());
  }

  get facts(): ConnectionFacts {
    return this.#facts;
  }

  get info(): ConnectionInfo {
    const transmission = this.#transmission;
    return {
      number: this.#options.number,
      peer: this.#options.peer,
      state: transmission === null ? 'handshake' : 'transmission',
      exportName: transmission === null ? null : this.#facts.exportName,
      negotiated: transmission?.negotiated ?? null,
      tls: this.#tls,
      refusedPlain: this.#handshake.isRefusedPlain,
      requestsInFlight: transmission?.requestsInFlight ?? 0,
      transactions: transmission?.transactions ?? 0,
      connectedMs: this.#connectedMs,
    };
  }

  get progressMark(): number | null {
    const unsent = this.#socket.writableLength;
    if (unsent === 0 && this.#transmission?.awaitsPayload !== true) return null;
    return this.#socket.bytesRead + this.#socket.bytesWritten - unsent;
  }

  /** Ends the connection at once; what waits stays unanswered. */
  disconnect(reason: string): void {
    this.#reason ??= reason;
    this.#transmission?.abandon();
    this.#destroySocket();
  }

  #destroySocket(): void {
    this.#socket.destroy();
    this.#plainSocket.destroy();
  }

  /** The client closed its side: as good a way to leave as any, and common. */
  #hungUp(): void {
    this.#left = true;
    this.#transmission?.abandon();
    this.#destroySocket();
  }

  evict(reason: string): void {
    this.disconnect(reason);
  }

  /** Answers what waits, refuses what comes, then ends. */
  shutDown(): void {
    this.#shuttingDown = true;
    this.#handshake.shutDown();
    this.#transmission?.shutDown();
    if (this.#transmission === null && !this.#opening) this.disconnect('the server is shutting down');
  }

  // The socket's side.

  space(): Buffer {
    this.#spaceIsAside = this.#paused;
    if (this.#paused) {
      this.#aside ??= Buffer.allocUnsafeSlow(ASIDE_BYTES);
      return this.#aside;
    }
    const space = this.#transmission?.payloadSpace() ?? this.#receive.space();
    this.#spaceIn = this.#transmission?.awaitsPayload === true ? -1 : this.#receive.tail;
    return space;
  }

  arrived(bytes: number, into: Uint8Array): boolean {
    const awaitsPayload = this.#transmission?.awaitsPayload === true;
    if (this.#spaceIsAside) {
      this.#asideFrom = 0;
      this.#asideTo = bytes;
    } else if (this.#spaceIn !== (awaitsPayload ? -1 : this.#receive.tail)) {
      // A late answer had requests served between this read's beginning and its end: the place has moved.
      this.#aside = Buffer.from(into.subarray(0, bytes));
      this.#asideFrom = 0;
      this.#asideTo = bytes;
    } else if (awaitsPayload) {
      this.#transmission?.payloadArrived(bytes);
    } else {
      this.#receive.tail += bytes;
    }
    this.#advance();
    this.#options.busyPoll.served();
    return !this.#paused;
  }

  #drained(): void {
    this.#transmission?.drained();
    this.resume();
  }

  /** Serves what has been read and reads on, unless something still stands in the way. */
  resume(): void {
    if (this.#closed) return;
    const wasPaused = this.#paused;
    this.#advance();
    if (wasPaused && !this.#paused) this.#socket.resume();
  }

  #advance(): void {
    for (;;) {
      if (this.#securing) return;
      if (this.#ending) {
        this.#pause();
        return;
      }
      this.#paused = false;
      if (this.#transmission !== null) this.#transmission.run();
      else this.#advanceHandshake();
      if (this.#paused || this.#closed || this.#asideFrom === this.#asideTo) return;
      this.#takeAside();
    }
  }

  #takeAside(): void {
    const aside = this.#aside;
    if (aside === null) return;
    const payload = this.#transmission?.payloadSpace() ?? null;
    const space = payload ?? this.#receive.space();
    const moved = aside.copy(space, 0, this.#asideFrom, this.#asideTo);
    this.#asideFrom += moved;
    if (payload !== null) this.#transmission?.payloadArrived(moved);
    else this.#receive.tail += moved;
  }

  // The handshake.

  #advanceHandshake(): void {
    if (this.#opening) {
      this.stalled();
      return;
    }
    if (this.#socket.writableLength > MAX_HANDSHAKE_UNSENT_BYTES) {
      this.#pause();
      return;
    }
    const receive = this.#receive;
    const { taken, step } = this.#handshake.push(receive.bytes, receive.head, receive.tail);
    receive.head += taken;
    this.#sendHandshake();
    if (step.kind === 'close') {
      this.#reason ??= step.reason;
      this.#left ||= step.reason === null;
      this.#end();
    } else if (step.kind === 'chosen') {
      this.#open(step.exportName, step.negotiated);
    } else if (step.kind === 'secure') {
      this.#secure();
    }
  }

  /**
   * Hands the socket over to TLS, once the read that brought NBD_OPT_STARTTLS is over. What came with it in the clear may
   * be from anyone and is thrown away.
   */
  #secure(): void {
    this.#securing = true;
    this.#pause();
    setImmediate(() => {
      if (this.#closed || this.#plainSocket.destroyed) return;
      this.#dropUnread();
      this.#options.tls?.secure(this.#plainSocket, {
        secured: (socket, words) => this.#secured(socket, words),
        failed: (reason) => this.disconnect(reason),
      });
    });
  }

  #dropUnread(): void {
    this.#receive.head = 0;
    this.#receive.tail = 0;
    this.#asideFrom = 0;
    this.#asideTo = 0;
  }

  #secured(socket: Socket, words: string): void {
    this.#socket = socket;
    this.#tls = words;
    this.#securing = false;
    this.#paused = false;
    this.#listen(socket);
    this.#handshake.secured();
    readDecrypted(socket, this);
  }

  #sendHandshake(): void {
    const output = this.#handshake.takeOutput();
    if (output.length > 0 && this.#socket.writable) this.#socket.write(Buffer.concat(output));
  }

  #open(exportName: string, negotiated: Negotiated): void {
    const disk = this.#options.exports.find(exportName);
    if (disk === null) {
      this.disconnect('the export is gone');
      return;
    }
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#facts = {
      number: this.#options.number,
      exportName: disk.name,
      ...(this.#tls !== null && { tls: true }),
    };
    let opening: void | Promise<void>;
    try {
      opening = disk.backend.open(this.#facts);
    } catch (error) {
      this.disconnect(`the disk did not open: ${String(error)}`);
      return;
    }
    if (opening === undefined) {
      this.#opened = disk;
      this.#begin(disk, negotiated);
      this.#transmission?.run();
      return;
    }
    this.#opening = true;
    opening.then(
      () => {
        this.#opening = false;
        this.#opened = disk;
        if (this.#closed) {
          this.abandonedAnswered();
          return;
        }
        if (this.#options.exports.find(disk.name) !== disk) {
          this.disconnect('the export was taken away');
          return;
        }
        this.#begin(disk, negotiated);
        this.resume();
      },
      (error: unknown) => {
        this.#opening = false;
        if (this.#closed) this.abandonedAnswered();
        else this.disconnect(`the disk did not open: ${String(error)}`);
      },
    );
  }

  #begin(disk: HostedExport, negotiated: Negotiated): void {
    this.#handshake.accept();
    this.#sendHandshake();
    const writer = new ReplyWriter(this.#socket, negotiated.extendedHeaders);
    this.#transmission = new Transmission(this, disk, negotiated, this.#receive, writer);
    if (this.#shuttingDown) this.#transmission.shutDown();
    this.#options.onChanged();
  }

  // What transmission asks for.

  runAgain(): void {
    this.resume();
  }

  runLater(): void {
    this.#pause();
    this.#later ??= setImmediate(() => {
      this.#later = null;
      this.resume();
    });
  }

  /** Reads on as far as the buffer goes: that is how a client that leaves is noticed. */
  stalled(): void {
    if (!this.#receive.isFull) return;
    this.#pause();
    this.#lookOut.begin();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  finished(graceful: boolean): void {
    this.#ending = true;
    this.#left ||= graceful;
    this.#pause();
    void this.#closeBackend(graceful).then(() => this.#end());
  }

  /** Closes the socket when the client has taken what was written, or soon after. */
  #end(): void {
    this.#ending = true;
    this.#pause();
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.disconnect('the last replies were not taken'), ENDING_MS);
    this.#lookOut.begin();
    this.#socket.end(() => this.#destroySocket());
  }

  broken(reason: string): void {
    this.disconnect(reason);
  }

  heldChanged(held: number, next: number): void {
    this.limits.changed(held, next);
  }

  admits(held: number, next: number): boolean {
    return this.limits.admits(this, held, next);
  }

  /** Never fails. */
  #closeBackend(graceful: boolean): Promise<void> {
    const disk = this.#opened;
    this.#opened = null;
    if (disk !== null) {
      this.#closing = disk.closed(this.#facts, graceful, this.#transmission?.transactions ?? 0);
    }
    return this.#closing ?? Promise.resolve();
  }

  abandonedAnswered(): void {
    if (this.#closed && !this.#opening && (this.#transmission?.requestsInFlight ?? 0) === 0) this.release();
  }

  /** Tells the disk that the client is gone, whether or not it has answered what the client left behind. */
  release(): void {
    void this.#closeBackend(false).then(() => this.#options.onReleased(this));
  }

  #socketClosed(): void {
    if (this.#closed) return;
    if (this.#securing && this.#reason === null) {
      // Why TLS gave up is told only after it has closed the socket.
      setImmediate(() => {
        this.#reason ??= 'TLS: the client hung up';
        this.#socketClosed();
      });
      return;
    }
    this.#closed = true;
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    if (this.#later !== null) clearImmediate(this.#later);
    this.#lookOut.end();
    this.#transmission?.abandon();
    this.limits.leave(this);
    this.#options.onClosed(this, this.#left ? null : this.#reason);
    this.abandonedAnswered();
  }
}
