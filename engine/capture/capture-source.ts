import { basename } from 'node:path';
import type { Source, SourceDisk, SourceNotice, SourceSink } from '#engine/session/source.ts';
import type { CaptureHistory } from './capture-history.ts';
import type { CaptureSession } from './capture-session.ts';

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
      sink.disk({ ...captureDisk(disk, index), id: disk.id });
    }
    this.tell();
  }

  /** Says how the capture stands now. */
  tell(): void {
    const { damage, indexedShare, indexTrouble } = this.#history;
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
    const notice = captureNotice(this.#history, this.name);
    if (notice !== null) this.#sink?.notice(notice);
  }

  stop(): Promise<void> {
    this.#sink = null;
    return this.#history.dispose();
  }
}

/** A disk that a capture tells of, as the source's disk of that index. */
export function captureDisk(
  { exportName, name, sizeBytes }: CaptureSession['disks'][number],
  index: number,
): SourceDisk {
  const size = sizeBytes === null ? null : BigInt(sizeBytes);
  return { index, exportName, name, sizeBytes: size, highestByte: 0n };
}

/** What is to be said of a capture that does not come to its end; null for a whole one. */
export function captureNotice({ damage, isFinished }: CaptureHistory, name: string): SourceNotice | null {
  if (damage !== null) {
    return {
      key: 'damaged',
      level: 'error',
      text: `${name} is damaged or cut at byte ${damage.offset}; what comes before is shown`,
      detail: damage.why,
    };
  }
  if (isFinished) return null;
  return {
    key: 'unfinished',
    level: 'info',
    text: `${name} was not finished: the recording ended abruptly, or goes on; what was written is shown`,
    detail: null,
  };
}
