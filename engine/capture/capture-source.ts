import { basename } from 'node:path';
import type { Source, SourceSink } from '#engine/session/source.ts';
import type { CaptureHistory } from './capture-history.ts';

/**
 * An open capture as a source of the session: its disks, how much of it there is, what is damaged. Its rows do not come through
 * here: whoever wants them asks the capture.
 */
export class CaptureSource implements Source {
  readonly kind = 'capture';
  readonly name: string;
  readonly path: string;
  readonly canRestart = false;
  readonly #history: CaptureHistory;
  #sink: SourceSink | null = null;

  constructor(history: CaptureHistory) {
    this.#history = history;
    this.path = history.path;
    this.name = basename(history.path);
  }

  start(sink: SourceSink): void {
    this.#sink = sink;
    for (const [index, disk] of this.#history.session.disks.entries()) {
      const sizeBytes = disk.sizeBytes === null ? null : BigInt(disk.sizeBytes);
      const { id, exportName, name } = disk;
      sink.disk({ index, id, exportName, name, sizeBytes, highestByte: 0n });
    }
    this.tell();
  }

  /** Says how the capture stands now. */
  tell(): void {
    const { damage, indexedShare, indexTrouble, isFinished } = this.#history;
    const { bytes } = this.#history.info();
    const index =
      indexedShare < 1
        ? `; its index is ${Math.floor(indexedShare * 100)} % done, and until then far jumps take longer`
        : '';
    this.#sink?.progress({
      status: 'ended',
      statusText: `a recording; play it from any moment${index}`,
      bytesRead: damage?.offset ?? bytes,
      totalBytes: bytes,
      lines: 0,
      notUnderstood: 0,
      timesBackwards: 0,
      runs: [],
    });
    if (indexTrouble !== null) {
      this.#sink?.notice({
        key: 'index',
        level: 'warning',
        text: `the index of ${this.name} was damaged and is made again: blocks of a moment shown just now may be as if untouched`,
        detail: indexTrouble,
      });
    }
    if (damage !== null) {
      this.#sink?.notice({
        key: 'damaged',
        level: 'error',
        text: `${this.name} is damaged or cut at byte ${damage.offset}; what comes before is shown`,
        detail: damage.why,
      });
    } else if (!isFinished) {
      this.#sink?.notice({
        key: 'unfinished',
        level: 'info',
        text: `${this.name} was not finished: the recording ended abruptly, or goes on; what was written is shown`,
        detail: null,
      });
    }
  }

  stop(): Promise<void> {
    this.#sink = null;
    return this.#history.dispose();
  }
}
