import type { Touched } from '../knowledge/request-names.ts';
import type { Version } from '../knowledge/versions.ts';

/** A request that changed a disk, with what it touched; null where nothing is known of the place. */
export interface TouchedRequest {
  /** The row of its arrival, and the session's clock then. */
  readonly sequence: number;
  readonly us: number;
  /** A number of Op. */
  readonly op: number;
  readonly offsetBytes: bigint;
  readonly lengthBytes: bigint;
  readonly touched: Touched | null;
}

/** What was known of a disk before some of its writes, and after. */
export interface KnowledgeChange {
  readonly before: Version | null;
  readonly after: Version;
}

/** One disk in the span that is told of. */
export interface AccountDisk {
  /** Whether several disks are told of, so that sentences name theirs. */
  readonly name: string | null;
  /** Changes of what is known within the span, in order. */
  readonly changes: readonly KnowledgeChange[];
}

/** A sentence with the requests that it tells of. */
export interface Told {
  /** Without the disk's name. */
  readonly text: string;
  readonly evidence: Evidence;
  /** What it tells of, to be shown; null for the disk as a whole. */
  readonly path: string | null;
}

/** Finds one kind of thing that happened on a disk. It claims no more than structures and requests prove. */
export interface AccountRule {
  /** Takes the next request of the span that changed the disk, in the order of their arrival. */
  request(request: TouchedRequest): void;
  /** What it has found, once all requests are through. */
  told(): readonly Told[];
}

/** The requests that a sentence rests on. */
export class Evidence {
  firstSequence = 0;
  lastSequence = 0;
  firstUs = Number.NaN;
  lastUs = Number.NaN;
  requests = 0;
  bytes = 0n;
  #last = -1;

  /**
   * Takes a request, or more of the one that was taken last: one that touched several things is one request all the same.
   * @param bytes those of the request that matter; all of them unless told.
   */
  add({ sequence, us, lengthBytes }: TouchedRequest, bytes = lengthBytes): void {
    if (this.requests === 0) {
      this.firstSequence = sequence;
      this.firstUs = us;
    }
    this.lastSequence = Math.max(this.lastSequence, sequence);
    this.lastUs = us;
    if (sequence !== this.#last) this.requests += 1;
    this.#last = sequence;
    this.bytes += bytes;
  }
}
