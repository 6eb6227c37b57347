import type { SourceNotice } from '../../session/source.ts';
import type { ConnectionInfo } from '../connection.ts';
import type { ServerListener } from '../server.ts';

/** Notices of a kind are given at most so often, ms: a client that is turned away may come again and again at once. */
const NOTICE_MS = 1_000;
const TLS_FAILED = /^TLS: /;

/** Tells the windows of clients that were not let in because of TLS; all the client learns is that it was refused. */
export class TlsNotices implements ServerListener {
  readonly #disk: string;
  readonly #notice: (notice: SourceNotice) => void;
  readonly #lastMs = new Map<string, number>();

  /** @param disk what windows call the disk. @param notice takes what there is to tell. */
  constructor(disk: string, notice: (notice: SourceNotice) => void) {
    this.#disk = disk;
    this.#notice = notice;
  }

  connectionClosed({ peer, refusedPlain, state }: ConnectionInfo, reason: string | null): void {
    const who = `A client of ${this.#disk} (${peer}) was turned away`;
    if (refusedPlain) {
      this.#tell(
        'tls-missing',
        `${who}: it did not encrypt, and TLS is required; the disk's card has the commands that do`,
      );
    } else if (state === 'handshake' && reason !== null && TLS_FAILED.test(reason)) {
      const why = reason.replace(TLS_FAILED, '');
      this.#tell('tls-failed', `${who}, as encrypting failed: ${why}; its credentials must match the disk's`);
    }
  }

  connectionsChanged(): void {
    // Only how a connection ended says anything here.
  }

  connectionRefused(): void {
    // That there are too many clients has nothing to do with TLS.
  }

  #tell(key: string, text: string): void {
    const nowMs = performance.now();
    if (nowMs - (this.#lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < NOTICE_MS) return;
    this.#lastMs.set(key, nowMs);
    this.#notice({ key, level: 'warning', text, detail: null });
  }
}
