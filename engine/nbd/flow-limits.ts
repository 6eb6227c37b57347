import { MAX_ACCEPTED_PAYLOAD_BYTES } from './protocol.ts';

/** Most bytes that one connection's requests and unsent replies may hold. */
export const CONNECTION_LIMIT_BYTES = 128 << 20;
/** Most bytes that all connections may hold together. */
export const TOTAL_LIMIT_BYTES = 1 << 30;
/** What each connection may hold whatever the others do, so that greedy ones cannot starve it. */
export const RESERVED_BYTES = 4 << 20;
/** Requests of one connection that may wait for the backend at once. */
export const MAX_WAITING_REQUESTS = 512;
/** A client that takes or sends nothing for so long loses its connection when others wait for the memory it holds. */
const STALL_LIMIT_MS = 30_000;
const STALL_CHECK_MS = 1000;

/** One connection's side of the limits. */
export interface FlowMember {
  /** Goes on after waiting for memory. */
  resume(): void;
  /**
   * Counts what its peer has sent and taken; null while nothing that it holds waits for the peer. Memory whose mark
   * stands still is kept by a client that does nothing.
   */
  readonly progressMark: number | null;
  /** Ends the connection, telling why. */
  evict(reason: string): void;
}

/**
 * Memory that connections hold between them: payloads on their way in, requests that wait, replies the client has not
 * taken. A connection has {@link RESERVED_BYTES} of its own and takes what is more from the pool that the total limit
 * leaves.
 */
export class FlowLimits {
  readonly #poolBytes: number;
  #pooledUsed = 0;
  #heldBytes = 0;
  /** Every connection, with its last progress mark and the time, ms of performance.now(), it was first seen. */
  readonly #members = new Map<FlowMember, { mark: number | null; since: number }>();
  readonly #waiting = new Set<FlowMember>();
  #timer: NodeJS.Timeout | null = null;

  /** @param maxConnections reserves are set aside for so many. */
  constructor(maxConnections: number, totalBytes = TOTAL_LIMIT_BYTES) {
    this.#poolBytes = Math.max(MAX_ACCEPTED_PAYLOAD_BYTES, totalBytes - maxConnections * RESERVED_BYTES);
  }

  /** What all connections hold now, reserves and pool. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  join(member: FlowMember): void {
    this.#members.set(member, { mark: null, since: 0 });
  }

  /**
   * A connection has ended. What it holds for requests that the disk has yet to answer counts until it is given back with
   * {@link changed}.
   */
  leave(member: FlowMember): void {
    this.#members.delete(member);
    this.#waiting.delete(member);
    this.#updateTimer();
  }

  /** Whether a connection that holds `held` may hold `next` instead; if not it is told when to try again. */
  admits(member: FlowMember, held: number, next: number): boolean {
    const more = pooled(next) - pooled(held);
    if (more <= 0 || this.#pooledUsed + more <= this.#poolBytes) return true;
    this.#waiting.add(member);
    this.#updateTimer();
    return false;
  }

  /** A connection holds `next` bytes where it held `held`. */
  changed(held: number, next: number): void {
    this.#heldBytes += next - held;
    const more = pooled(next) - pooled(held);
    if (more === 0) return;
    this.#pooledUsed += more;
    if (more < 0 && this.#waiting.size > 0) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      this.#updateTimer();
      for (const member of waiting) queueMicrotask(() => member.resume());
    }
  }

  #updateTimer(): void {
    if (this.#waiting.size > 0 && this.#timer === null) {
      this.#timer = setInterval(() => this.#evictStalled(), STALL_CHECK_MS).unref();
    } else if (this.#waiting.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  #evictStalled(): void {
    const now = performance.now();
    for (const [member, seen] of [...this.#members]) {
      const mark = member.progressMark;
      if (mark === null || mark !== seen.mark) {
        seen.mark = mark;
        seen.since = now;
      } else if (now - seen.since > STALL_LIMIT_MS) {
        member.evict('held memory that others wait for and neither sent nor took a byte in 30 s');
      }
    }
  }
}

function pooled(held: number): number {
  return held > RESERVED_BYTES ? held - RESERVED_BYTES : 0;
}
