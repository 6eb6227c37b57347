import type { Source, SourceNotice, SourceProgress, SourceSink } from '#engine/session/source.ts';
import { RowCollector } from './row-text.ts';

/** A sink for tests: keeps everything a source tells. */
export class SourceProbe extends RowCollector implements SourceSink {
  readonly notices = new Map<string, SourceNotice>();
  readonly statuses: string[] = [];
  latest: SourceProgress | null = null;

  progress(progress: SourceProgress): void {
    this.latest = progress;
    if (this.statuses[this.statuses.length - 1] !== progress.status) this.statuses.push(progress.status);
  }

  notice(notice: SourceNotice): void {
    this.notices.set(notice.key, notice);
  }

  /** Ids of the requests so far, in order. */
  get requests(): string[] {
    return this.lines
      .filter((line) => line.includes(' Request '))
      .map((line) => line.replace(/^.* connection=(\d+) id=(\d+) .*$/, '$1:$2'));
  }
}

/** Waits until `test` holds, at most `limitMs`. Rejects with what `shown` gives then. */
export async function until(test: () => boolean, shown: () => unknown, limitMs = 30_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!test()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(shown())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Starts a source on a new probe. */
export function probe(source: Source): SourceProbe {
  const sink = new SourceProbe();
  source.start(sink);
  return sink;
}
