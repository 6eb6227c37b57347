import type { Backend, BlockSizes, ConnectionFacts } from './backend.ts';
import type { ExportFacts } from './handshake.ts';
import { type PendingRequest, RequestPool } from './pending-request.ts';
import { Errno, TransmissionFlag } from './protocol.ts';

/**
 * Watches what clients of one export ask for and get. Called for every request, so it must be quick; it keeps nothing of
 * the request objects.
 */
export interface RequestObserver {
  /** While true no further request is taken from a socket; after it, the server is to be told (`NbdServer.relieved`). */
  readonly congested: boolean;
  connected(connection: ConnectionFacts): void;
  disconnected(connection: ConnectionFacts): void;
  arrived(request: PendingRequest): void;
  /** The reply is on its way. `errno` 0 is success. */
  completed(request: PendingRequest, errno: number): void;
  /** The client was gone before the reply. */
  unanswered(request: PendingRequest): void;
}

/** One export of a server: a disk under a name. */
export class HostedExport implements ExportFacts {
  readonly name: string;
  readonly description: string;
  readonly backend: Backend;
  readonly observer: RequestObserver | null;
  readonly sizeHigh: number;
  readonly sizeLow: number;
  readonly requests = new RequestPool(Errno.EIO);
  /** Whether a write, trim or zeroing has succeeded since it was served, or since whoever reads this has cleared it. */
  changed = false;

  /** @param name `''` for the default export; at most 4096 bytes of UTF-8, like the description. */
  constructor(name: string, description: string, backend: Backend, observer: RequestObserver | null) {
    this.name = name;
    this.description = description;
    this.backend = backend;
    this.observer = observer;
    this.sizeHigh = Number(backend.sizeBytes >> 32n);
    this.sizeLow = Number(backend.sizeBytes & 0xffff_ffffn);
  }

  get sizeBytes(): bigint {
    return this.backend.sizeBytes;
  }

  get blockSizes(): BlockSizes | null {
    return this.backend.capabilities.blockSizes ?? null;
  }

  get extents(): boolean {
    return this.backend.capabilities.extents;
  }

  /** Tells the disk that a client is gone. Never fails. */
  async closed(connection: ConnectionFacts, graceful: boolean, transactions: number): Promise<void> {
    try {
      await this.backend.close(connection, graceful, transactions);
    } catch {
      // The client is gone either way, and a disk that fails to close has nobody else to tell.
    }
  }

  transmissionFlags(structuredReplies: boolean): number {
    const can = this.backend.capabilities;
    const readOnly = this.backend.readOnly;
    let flags: number = TransmissionFlag.HasFlags;
    if (readOnly) flags |= TransmissionFlag.ReadOnly;
    if (can.flush) flags |= TransmissionFlag.SendFlush;
    if (can.fua) flags |= TransmissionFlag.SendFua;
    if (can.rotational) flags |= TransmissionFlag.Rotational;
    if (can.trim && !readOnly) flags |= TransmissionFlag.SendTrim;
    if (can.zero && !readOnly) flags |= TransmissionFlag.SendWriteZeroes;
    if (can.zero && can.fastZero && !readOnly) flags |= TransmissionFlag.SendFastZero;
    if (structuredReplies) flags |= TransmissionFlag.SendDf;
    if (can.multiConn) flags |= TransmissionFlag.CanMultiConn;
    if (can.cache) flags |= TransmissionFlag.SendCache;
    return flags;
  }
}
