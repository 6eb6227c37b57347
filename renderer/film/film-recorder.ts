import type { FilmOptions } from '#shared/film/film-options.ts';
import type { StoredFile } from './byte-sinks.ts';
import type { FilmMoment, FilmPainter } from './film-painter.ts';
import type { FilmWriter } from './film-writer.ts';
import { type FilmJob, openFilm } from './make-film.ts';

export interface RecorderOptions
  extends Pick<FilmJob, 'disks' | 'filter' | 'zone' | 'alignment' | 'order' | 'cellShift' | 'rowCells'> {
  readonly options: FilmOptions;
  readonly file: StoredFile;
  /** What the window shows now. */
  readonly moment: () => FilmMoment;
  readonly onProgress: (frames: number, lengthMs: number) => void;
  /** The recording has ended by itself, and nothing of it is kept. */
  readonly onFailure: (error: unknown) => void;
}

/** What was recorded, ready to be saved. */
export interface Recorded {
  readonly file: StoredFile;
  readonly options: FilmOptions;
  readonly lengthMs: number;
  readonly codec: string;
}

/**
 * Records what the window shows as it goes, drawn anew as a film's frames are. A frame is left out while the encoder is behind:
 * the one before it is then shown longer, and time stays true.
 */
export class FilmRecorder {
  readonly #options: RecorderOptions;
  readonly #painter: FilmPainter;
  readonly #writer: FilmWriter;
  readonly #codec: string;
  readonly #startMs = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #frames = 0;
  #lastUs = -1;
  #isBusy = false;
  /** The frame that is being taken. */
  #taking: Promise<void> = Promise.resolve();

  /** Rejects where this browser cannot encode. */
  static async start(options: RecorderOptions): Promise<FilmRecorder> {
    const { file, ...job } = options;
    try {
      return new FilmRecorder(options, await openFilm(job, file.sink, true));
    } catch (error) {
      await file.dispose();
      throw error;
    }
  }

  private constructor(options: RecorderOptions, film: Awaited<ReturnType<typeof openFilm>>) {
    this.#options = options;
    this.#painter = film.painter;
    this.#writer = film.writer;
    this.#codec = film.codec;
    this.#timer = setInterval(() => this.#tick(), 1000 / options.options.framesPerSecond);
    this.#tick();
  }

  get lengthMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Ends the recording with what is shown now. */
  async finish(): Promise<Recorded> {
    clearInterval(this.#timer);
    await this.#taking;
    const { lengthMs } = this;
    try {
      await this.#writer.finish(lengthMs * 1000);
    } finally {
      this.#painter.dispose();
    }
    const { file, options } = this.#options;
    return { file, options, lengthMs, codec: this.#codec };
  }

  /** Ends it and keeps nothing. */
  async cancel(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writer.cancel().catch(() => {});
    this.#painter.dispose();
    await this.#options.file.dispose();
  }

  #tick(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#taking = this.#take().finally(() => {
      this.#isBusy = false;
    });
  }

  async #take(): Promise<void> {
    try {
      const timeUs = Math.round(this.lengthMs * 1000);
      if (timeUs <= this.#lastUs) return;
      this.#lastUs = timeUs;
      this.#painter.draw(this.#options.moment());
      await this.#writer.add(timeUs);
      this.#frames += 1;
      this.#options.onProgress(this.#frames, this.lengthMs);
    } catch (error) {
      await this.cancel();
      this.#options.onFailure(error);
    }
  }
}
