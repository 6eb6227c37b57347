import { type Caption, captionAt } from '#shared/captions/captions-file.ts';
import type { FilmOptions } from '#shared/film/film-options.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import type { LayerFilter } from '../grid/grid-renderer.ts';
import type { Alignment } from '../words/compare-form.ts';
import type { Zone } from '../words/zone.ts';
import { loadFonts } from './drawing.ts';
import { type FilmDisk, layOutFilm } from './film-layout.ts';
import { FilmPainter } from './film-painter.ts';
import type { FilmSource } from './film-source.ts';
import { afterIdle, isResting, stepUs } from './film-times.ts';
import type { PlaneChoice } from './film-view.ts';
import { defaultTitle } from './film-words.ts';
import type { ByteSink, FilmWriter } from './film-writer.ts';
import { GifWriter } from './gif-writer.ts';
import { findCodec, grainOf, noCodecWords } from './video-codecs.ts';
import { VideoWriter } from './video-writer.ts';

/** A film to be made. */
export interface FilmJob extends PlaneChoice {
  readonly options: FilmOptions;
  /** µs since the epoch, both included. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly disks: readonly FilmDisk[];
  readonly filter: LayerFilter;
  /** Whether outlines, tints and names of what lies on the disks are shown, as far as that is known. */
  readonly structures: boolean;
  /** Whose clock the film shows. */
  readonly zone: Zone;
  /** Where two compared recordings coincide; null where none are compared. */
  readonly alignment: Alignment | null;
  /** In the order of time. */
  readonly captions: readonly Caption[];
}

export interface FilmProgress {
  readonly frames: number;
  /** The moment of the recording that was drawn last, and how much of the span lies before it, 0 to 1. */
  readonly atUs: number;
  readonly fraction: number;
}

export interface FilmReport {
  readonly frames: number;
  readonly durationUs: number;
  /** `VP9`, `GIF`. */
  readonly codec: string;
}

/** The painter of a film, and what its frames are written with. Throws when the browser has no codec for it. */
export async function openFilm(
  job: Pick<FilmJob, 'options' | 'disks' | 'filter' | 'zone' | 'alignment' | keyof PlaneChoice>,
  sink: ByteSink,
  live: boolean,
): Promise<{ readonly painter: FilmPainter; readonly writer: FilmWriter; readonly codec: string }> {
  const { options, disks, filter, zone, alignment, order, cellShift, rowCells } = job;
  const { format, widthPx, heightPx, captions, legend, skipIdle } = options;
  const codec = format === 'gif' ? null : await findCodec(format, options, live);
  if (codec === null && format !== 'gif') throw new Error(noCodecWords(format));
  await loadFonts();
  const grain = grainOf(format);
  const plane = { order, cellShift, rowCells };
  const layout = layOutFilm({ ...plane, widthPx, heightPx, disks, grain, captions, legend });
  const theme = THEMES[options.theme];
  const title = options.title.trim() === '' ? defaultTitle(disks) : options.title.trim();
  const painter = new FilmPainter({ layout, theme, filter, title, skipIdle, zone, alignment });
  if (codec === null) return { painter, writer: new GifWriter(painter, theme, sink), codec: 'GIF' };
  return { painter, writer: await VideoWriter.start(painter, codec, title, sink), codec: codec.name };
}

/**
 * Makes a film frame by frame: goes through the past, draws each moment and writes it. Memory holds a few frames at any time. Rejects
 * with the reason when it cannot be made, and with the signal's when it is called off; the sink is aborted then.
 */
export async function makeFilm(
  job: FilmJob,
  source: FilmSource,
  sink: ByteSink,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: FilmProgress) => void },
): Promise<FilmReport> {
  const { signal, onProgress } = options;
  const { painter, writer, codec } = await openFilm(job, sink, false);
  try {
    const { frames, durationUs } = await writeFrames(job, source, painter, writer, signal, onProgress);
    await writer.finish(durationUs);
    return { frames, durationUs, codec };
  } catch (error) {
    // That it failed is what is told; the writer may have failed of the same.
    await writer.cancel().catch(() => {});
    throw error;
  } finally {
    painter.dispose();
  }
}

async function writeFrames(
  job: FilmJob,
  source: FilmSource,
  painter: FilmPainter,
  writer: FilmWriter,
  signal: AbortSignal,
  onProgress: (progress: FilmProgress) => void,
): Promise<{ readonly frames: number; readonly durationUs: number }> {
  const { fromUs, toUs, options, captions } = job;
  const { framesPerSecond, speed, skipIdle } = options;
  const step = stepUs(options);
  const frameUs = 1_000_000 / framesPerSecond;
  // Moments are counted from the last beginning, so that no error adds up.
  let beginUs = fromUs;
  let count = 0;
  let frames = 0;
  let nextUs = Number.NEGATIVE_INFINITY;
  for (let us = fromUs; us <= toUs + step * 1e-6; us = beginUs + count * step) {
    signal.throwIfAborted();
    const state = await source.at(us);
    const caption = options.captions ? (captionAt(captions, us) ?? '') : '';
    const structures = job.structures ? await source.structures(job.disks) : new Map();
    painter.draw({ state, clockUs: us, speed, caption, structures });
    await writer.add(frames * frameUs);
    frames += 1;
    count += 1;
    onProgress({ frames, atUs: us, fraction: toUs > fromUs ? (us - fromUs) / (toUs - fromUs) : 1 });
    const lastUs = Math.max(state.clockUs, lastCaptionUs(captions, us));
    if (!skipIdle || !isResting(us, lastUs, speed)) continue;
    if (nextUs <= us)
      nextUs = Math.min((await source.nextRowUs()) ?? toUs, nextCaptionUs(captions, us), toUs);
    const resumeUs = afterIdle(us, lastUs, nextUs, speed);
    if (resumeUs === null) continue;
    beginUs = resumeUs;
    count = 0;
  }
  return { frames, durationUs: frames * frameUs };
}

function lastCaptionUs(captions: readonly Caption[], us: number): number {
  return captions.findLast(({ clockUs }) => clockUs <= us)?.clockUs ?? Number.NEGATIVE_INFINITY;
}

function nextCaptionUs(captions: readonly Caption[], us: number): number {
  return captions.find(({ clockUs }) => clockUs > us)?.clockUs ?? Number.POSITIVE_INFINITY;
}
