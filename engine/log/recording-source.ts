import { join } from 'node:path';
import type { Source, SourceProgress, SourceSink } from '#engine/session/source.ts';
import { SAMPLES, type SampleId } from '#shared/contract/samples.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import type { DecoderFacts } from './decoder-facts.ts';
import { decoderNotices } from './decoder-notices.ts';
import { type Recording, type RecordingFiles, readRecording } from './recording.ts';

/** Rows in a delivered batch. */
const BATCH_ROWS = 8_192;

/** One of the built-in recordings. */
export function openSample(assetsDir: string, sample: SampleId): Source {
  const { folder, logs } = SAMPLES.find(({ id }) => id === sample) ?? SAMPLES[0];
  const at = join(assetsDir, 'recordings', folder);
  return createRecordingSource(folder, {
    logs: logs.map((log) => join(at, log)),
    steps: join(at, 'steps'),
    captions: join(at, 'captions.json'),
  });
}

/** A source that delivers a finished recording whole, as fast as it is taken. */
export function createRecordingSource(name: string, files: RecordingFiles): Source {
  return new RecordingSource(name, files);
}

class RecordingSource implements Source {
  readonly kind = 'sample';
  readonly name: string;
  readonly path = null;
  readonly canRestart = true;
  readonly #files: RecordingFiles;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(name: string, files: RecordingFiles) {
    this.name = name;
    this.#files = files;
  }

  start(sink: SourceSink): void {
    this.#done = this.#load(sink);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #load(sink: SourceSink): Promise<void> {
    try {
      sink.progress(progressOf('reading', 'reading the recording', null));
      const recording = await readRecording(this.#files);
      if (this.#stopped) return;
      for (const disk of recording.disks) sink.disk(disk);
      for (const [i, facts] of recording.facts.entries()) {
        for (const notice of decoderNotices(facts)) sink.notice({ ...notice, key: `${i}-${notice.key}` });
      }
      await this.#deliver(recording.rows, sink);
      if (!this.#stopped) {
        sink.progress(progressOf('ended', 'the whole recording is here; play it from any moment', recording));
      }
    } catch (error) {
      if (this.#stopped) return;
      const text = error instanceof Error ? error.message : String(error);
      sink.progress(progressOf('failed', `the recording cannot be played: ${text}`, null));
    }
  }

  async #deliver(rows: EventBatch, sink: SourceSink): Promise<void> {
    for (let from = 0; from < rows.count && !this.#stopped; from += BATCH_ROWS) {
      const to = Math.min(from + BATCH_ROWS, rows.count);
      const batch = new EventBatch(to - from);
      batch.appendRows(rows, from, to);
      await sink.rows(batch);
      // Windows begin to play what is there, and whatever else goes on has its turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function progressOf(
  status: SourceProgress['status'],
  statusText: string,
  recording: Recording | null,
): SourceProgress {
  const facts = recording?.facts ?? [];
  const bytes = recording?.bytes ?? 0;
  const sum = (of: (of: DecoderFacts) => number): number => facts.reduce((all, one) => all + of(one), 0);
  return {
    status,
    statusText,
    bytesRead: bytes,
    totalBytes: recording === null ? null : bytes,
    lines: sum(({ lines }) => lines),
    notUnderstood: sum(({ notUnderstood }) => notUnderstood),
    timesBackwards: sum(({ timesBackwards }) => timesBackwards),
    runs: facts.length === 1 ? (facts[0]?.sourceRuns() ?? []) : [],
  };
}
