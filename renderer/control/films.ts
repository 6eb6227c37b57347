import { formatBytes } from '#shared/bytes/size.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import { DEFAULT_FILM, extensionOf, type FilmOptions } from '#shared/film/film-options.ts';
import { removeLeftFiles, type StoredFile, storeFile } from '../film/byte-sinks.ts';
import { captionsOf, filmDisks } from '../film/film-facts.ts';
import { FilmRecorder } from '../film/film-recorder.ts';
import { SessionSource } from '../film/film-source.ts';
import { type FilmJob, makeFilm } from '../film/make-film.ts';
import { connectEngine } from '../session/connect-engine.ts';
import { type AppState, shownCaption } from '../store/app-store.ts';
import { shownDisks } from '../store/arrangement.ts';
import { alignmentOf } from '../words/compare-form.ts';
import { download, KEPT_MS } from './download.ts';
import type { WindowApp } from './window-app.ts';

/** Why something that was begun is not there: a person said so. */
const CALLED_OFF = 'called off';
/** Progress is shown this often at most. */
const SHOW_MS = 100;

/** The films that this window makes: one at a time, exported from the past or recorded as it goes. */
export class Films implements Disposable {
  readonly #app: WindowApp;
  #stop: AbortController | null = null;
  #recorder: FilmRecorder | null = null;
  /** What lies on the disks that are recorded. */
  #recordedStructures: Disposable | null = null;
  #shownMs = 0;

  constructor(app: WindowApp) {
    this.#app = app;
    void removeLeftFiles();
  }

  /** Exports a span, µs since the epoch, and saves it; tells how that went in a notice. */
  async export(options: FilmOptions, fromUs: number, toUs: number): Promise<void> {
    const { session } = this.#app.state;
    if (this.#app.state.film !== null || session === null) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#show({ kind: 'export', frames: 0, fraction: 0, lengthMs: 0 });
    const source = new SessionSource(connectEngine);
    const job: FilmJob = {
      ...whatIsShown(this.#app.state),
      options,
      fromUs,
      toUs,
      captions: captionsOf(session),
    };
    try {
      const file = await storeFile(newName(extensionOf(options.format)));
      await source.info(({ history }) => history.lastSequence > 0, stop.signal);
      const report = await makeFilm(job, source, file.sink, {
        signal: stop.signal,
        onProgress: ({ frames, fraction }) =>
          this.#progress({ kind: 'export', frames, fraction, lengthMs: 0 }),
      }).catch(async (error: unknown) => {
        await file.dispose();
        throw error;
      });
      await this.#save(file, options, `${report.codec}, ${(report.durationUs / 1_000_000).toFixed(1)} s`);
    } catch (error) {
      if (!stop.signal.aborted) this.#tell('the film could not be made', error);
    } finally {
      source.dispose();
      this.#stop = null;
      this.#app.store.setState({ film: null });
    }
  }

  /** Calls off the export that runs; nothing of it is kept. */
  cancel(): void {
    this.#stop?.abort(new Error(CALLED_OFF));
  }

  /** Starts recording what the window shows, or ends it and saves the film. */
  async toggleRecording(): Promise<void> {
    if (this.#recorder !== null) await this.#endRecording(this.#recorder);
    else if (this.#app.state.film === null) await this.#record();
  }

  dispose(): void {
    this.cancel();
    void this.#recorder?.cancel();
    this.#recordedStructures?.dispose();
  }

  async #record(): Promise<void> {
    const app = this.#app;
    const options = { ...DEFAULT_FILM, theme: app.theme.theme.name };
    this.#show({ kind: 'record', frames: 0, fraction: 0, lengthMs: 0 });
    const shown = whatIsShown(app.state);
    const structures = app.structures.wholeRegions(shown.disks);
    this.#recordedStructures = structures;
    try {
      const file = await storeFile(newName('webm'));
      const recorder = await FilmRecorder.start({
        ...shown,
        options,
        file,
        moment: () => {
          const clockUs = app.session.nowUs();
          return {
            state: app.session.state,
            clockUs: Number.isNaN(clockUs) ? 0 : clockUs,
            speed: app.session.clock.speed,
            caption: shownCaption(app.state) ?? '',
            structures: structures.now(),
          };
        },
        onProgress: (frames, lengthMs) => this.#progress({ kind: 'record', frames, fraction: 0, lengthMs }),
        onFailure: (error) => {
          this.#recorder = null;
          structures.dispose();
          app.store.setState({ film: null });
          this.#tell('the recording ended', error);
        },
      });
      this.#recorder = recorder;
    } catch (error) {
      structures.dispose();
      app.store.setState({ film: null });
      this.#tell('the window cannot be recorded', error);
    }
  }

  async #endRecording(recorder: FilmRecorder): Promise<void> {
    this.#recorder = null;
    try {
      const { file, options, lengthMs, codec } = await recorder.finish();
      await this.#save(file, options, `${codec}, ${(lengthMs / 1000).toFixed(1)} s`);
    } catch (error) {
      this.#tell('the recording could not be saved', error);
    } finally {
      this.#recordedStructures?.dispose();
      this.#app.store.setState({ film: null });
    }
  }

  async #save(file: StoredFile, { format }: FilmOptions, words: string): Promise<void> {
    const blob = await file.result();
    const name = `nbdscope-${nameOf(this.#app.state)}.${extensionOf(format)}`;
    download(blob, name);
    // The browser copies it meanwhile.
    setTimeout(() => void file.dispose(), KEPT_MS);
    this.#app.notify({
      level: 'info',
      text: `${name} is saved: ${words}, ${formatBytes(blob.size)}`,
      detail: null,
    });
  }

  #progress(film: NonNullable<AppState['film']>): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < SHOW_MS) return;
    this.#shownMs = nowMs;
    this.#show(film);
  }

  #show(film: NonNullable<AppState['film']>): void {
    this.#app.store.setState({ film });
  }

  #tell(what: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#app.notify({ level: 'error', text: `${what}: ${why}`, detail: null });
  }
}

/** The disks, layers and layout of the window, for a film. */
export function whatIsShown(
  state: AppState,
): Pick<
  FilmJob,
  'disks' | 'filter' | 'structures' | 'zone' | 'alignment' | 'order' | 'cellShift' | 'rowCells'
> {
  const { enlarged, filter, structuresOn: structures, zone, layout: order, cellShift, rowCells } = state;
  const disks = shownDisks(state).filter(({ id }) => enlarged === null || id === enlarged);
  const alignment = state.session === null ? null : alignmentOf(state.session.history);
  return { disks: filmDisks(disks), filter, structures, zone, alignment, order, cellShift, rowCells };
}

/** A part of a file name for what the window shows. */
export function nameOf({ session, activeDisk }: AppState): string {
  const name = session?.disks.find(({ id }) => id === activeDisk)?.name ?? 'disk';
  return name.replace(/[^\w.-]+/g, '_').slice(0, 60);
}

/** A name in the page's storage that no other window of it uses. */
function newName(extension: string): string {
  return `film-${Date.now()}-${crypto.randomUUID()}.${extension}`;
}
