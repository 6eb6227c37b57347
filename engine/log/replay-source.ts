import { join } from 'node:path';
import type { Source, SourceProgress, SourceSink } from '#engine/session/source.ts';
import type { ReplayInfo } from '#shared/contract/messages.ts';
import { SAMPLES, type SampleId } from '#shared/contract/samples.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import type { DecoderFacts } from './decoder-facts.ts';
import { decoderNotices } from './decoder-notices.ts';
import { type Recording, type RecordingFiles, readRecording } from './recording.ts';

/** Rows that fall due within this are delivered together. */
const TICK_MS = 16;
/** How often at least the position is told while a recording plays. */
const INFO_MS = 200;
/** Rows in a delivered batch: many may fall due at once at a high speed. */
const MAX_BATCH_ROWS = 16_384;

export interface ReplayCallbacks {
  /** The recording starts over: whoever holds state of it empties it before the first row comes again. */
  readonly onRestart: () => void;
  /** {@link ReplaySource.info} has changed. While a recording plays, some five times a second. */
  readonly onInfo: () => void;
}

/** A source that delivers a finished log in the log's own time, at a chosen speed. */
export interface ReplaySource extends Source {
  /** Seconds of the recording in one second; above 0. */
  setSpeed(speed: number): void;
  /** Goes on; from the beginning when the recording has ended. */
  play(): void;
  pause(): void;
  /** From the beginning, playing. */
  restart(): void;
  /** Null until the recording has been read. */
  info(): ReplayInfo | null;
}

/** One of the built-in recordings. */
export function openSampleReplay(
  assetsDir: string,
  sample: SampleId,
  callbacks: ReplayCallbacks,
): ReplaySource {
  const { folder, logs } = SAMPLES.find(({ id }) => id === sample) ?? SAMPLES[0];
  const at = join(assetsDir, 'recordings', folder);
  return createReplaySource(
    folder,
    {
      logs: logs.map((log) => join(at, log)),
      steps: join(at, 'steps'),
      captions: join(at, 'captions.json'),
    },
    callbacks,
  );
}

export function createReplaySource(
  name: string,
  files: RecordingFiles,
  callbacks: ReplayCallbacks,
): ReplaySource {
  return new Replay(name, files, callbacks);
}

class Replay implements ReplaySource {
  readonly kind = 'sample';
  readonly name: string;
  readonly path = null;
  readonly canRestart = true;
  readonly #files: RecordingFiles;
  readonly #callbacks: ReplayCallbacks;
  #sink: SourceSink | null = null;
  #recording: Recording | null = null;
  #speed = 1;
  #playing = true;
  /** Index of the next row to deliver. */
  #next = 0;
  /** At `#anchorMs` of performance.now() the replay stood at `#anchorUs`: every position follows, so nothing drifts. */
  #anchorMs = 0;
  #anchorUs = 0;
  #timer: NodeJS.Timeout | null = null;
  #infoMs = 0;
  #stopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(name: string, files: RecordingFiles, callbacks: ReplayCallbacks) {
    this.name = name;
    this.#files = files;
    this.#callbacks = callbacks;
  }

  start(sink: SourceSink): void {
    this.#sink = sink;
    this.#done = this.#load(sink);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#clearTimer();
    await this.#done;
  }

  async #load(sink: SourceSink): Promise<void> {
    try {
      const recording = await readRecording(this.#files);
      if (this.#stopped) return;
      this.#recording = recording;
      for (const disk of recording.disks) sink.disk(disk);
      for (const [i, facts] of recording.facts.entries()) {
        for (const notice of decoderNotices(facts)) sink.notice({ ...notice, key: `${i}-${notice.key}` });
      }
      this.#anchor(this.#firstUs(recording));
      this.#tellProgress('replaying', 'replaying a recording in its own time');
      this.#callbacks.onInfo();
      if (this.#playing) this.#tick();
    } catch (error) {
      if (this.#stopped) return;
      const text = error instanceof Error ? error.message : String(error);
      this.#tellProgress('failed', `the recording cannot be replayed: ${text}`);
    }
  }

  #firstUs(recording: Recording): number {
    return recording.dueUs[0] ?? 0;
  }

  #lastUs(recording: Recording): number {
    return recording.dueUs[recording.dueUs.length - 1] ?? 0;
  }

  #anchor(positionUs: number): void {
    this.#anchorMs = performance.now();
    this.#anchorUs = positionUs;
  }

  #positionUs(): number {
    if (!this.#playing) return this.#anchorUs;
    return this.#anchorUs + (performance.now() - this.#anchorMs) * 1000 * this.#speed;
  }

  info(): ReplayInfo | null {
    const recording = this.#recording;
    if (recording === null) return null;
    const lastUs = this.#lastUs(recording);
    return {
      playing: this.#playing,
      speed: this.#speed,
      firstUs: this.#firstUs(recording),
      lastUs,
      positionUs: Math.min(this.#positionUs(), lastUs),
      ended: this.#hasEnded(recording),
      captions: [...recording.captions],
    };
  }

  #hasEnded(recording: Recording): boolean {
    return this.#next >= recording.dueUs.length;
  }

  setSpeed(speed: number): void {
    if (!(speed > 0) || speed === this.#speed) return;
    this.#anchor(this.#positionUs());
    this.#speed = speed;
    this.#goOn();
  }

  play(): void {
    if (this.#recording !== null && this.#hasEnded(this.#recording)) {
      this.restart();
      return;
    }
    if (this.#playing) return;
    this.#anchor(this.#anchorUs);
    this.#playing = true;
    this.#goOn();
  }

  pause(): void {
    if (!this.#playing) return;
    this.#anchor(this.#positionUs());
    this.#playing = false;
    this.#goOn();
  }

  restart(): void {
    const recording = this.#recording;
    if (recording === null || this.#stopped) return;
    this.#clearTimer();
    this.#callbacks.onRestart();
    this.#next = 0;
    this.#playing = true;
    this.#anchor(this.#firstUs(recording));
    this.#tellProgress('replaying', 'replaying a recording in its own time');
    this.#goOn();
  }

  /** Continues as the state now says, and tells so. */
  #goOn(): void {
    this.#clearTimer();
    if (this.#recording === null || this.#stopped) return;
    this.#callbacks.onInfo();
    if (this.#playing) this.#tick();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Delivers what is due and sets the timer for what comes next. */
  #tick(): void {
    const recording = this.#recording;
    if (recording === null) return;
    const wait = this.#deliver(recording, this.#positionUs());
    if (this.#hasEnded(recording)) {
      this.#anchor(this.#lastUs(recording));
      this.#playing = false;
      this.#tellProgress('ended', 'the recording has ended; restart it to see it again');
      this.#callbacks.onInfo();
      return;
    }
    const now = performance.now();
    if (now - this.#infoMs >= INFO_MS) {
      this.#infoMs = now;
      this.#callbacks.onInfo();
    }
    const dueUs = recording.dueUs[this.#next] ?? 0;
    const dueMs = (dueUs - this.#positionUs()) / (1000 * this.#speed);
    const again = (): void => {
      this.#timer = setTimeout(() => this.#tick(), Math.min(INFO_MS, Math.max(TICK_MS, dueMs)));
    };
    if (wait === undefined) again();
    else this.#waitThen(wait, again);
  }

  /** Goes on after `wait`, unless something else has been decided meanwhile. */
  #waitThen(wait: Promise<void>, again: () => void): void {
    const anchorMs = this.#anchorMs;
    const goOn = (): void => {
      if (!this.#stopped && this.#playing && this.#timer === null && this.#anchorMs === anchorMs) again();
    };
    wait.then(goOn, goOn);
    this.#timer = null;
  }

  #deliver(recording: Recording, positionUs: number): Promise<void> | undefined {
    const { rows, dueUs } = recording;
    let wait: Promise<void> | undefined;
    while (!this.#hasEnded(recording) && (dueUs[this.#next] ?? 0) <= positionUs) {
      const from = this.#next;
      let to = from;
      while (to < dueUs.length && to - from < MAX_BATCH_ROWS && (dueUs[to] ?? 0) <= positionUs) to += 1;
      const batch = new EventBatch(to - from);
      batch.appendRows(rows, from, to);
      this.#next = to;
      wait = this.#sink?.rows(batch) ?? wait;
    }
    return wait;
  }

  #tellProgress(status: SourceProgress['status'], statusText: string): void {
    const facts = this.#recording?.facts ?? [];
    const bytes = this.#recording?.bytes ?? 0;
    const sum = (of: (of: DecoderFacts) => number): number => facts.reduce((all, one) => all + of(one), 0);
    this.#sink?.progress({
      status,
      statusText,
      bytesRead: bytes,
      totalBytes: bytes,
      lines: sum(({ lines }) => lines),
      notUnderstood: sum(({ notUnderstood }) => notUnderstood),
      timesBackwards: sum(({ timesBackwards }) => timesBackwards),
      runs: facts.length === 1 ? (facts[0]?.sourceRuns() ?? []) : [],
    });
  }
}
