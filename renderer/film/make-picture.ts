import { type Caption, captionAt } from '#shared/captions/captions-file.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { loadFonts } from './drawing.ts';
import { layOutFilm } from './film-layout.ts';
import { type FilmLook, FilmPainter } from './film-painter.ts';
import type { FilmSource } from './film-source.ts';
import { FULL_COLOR } from './film-view.ts';
import { defaultTitle } from './film-words.ts';
import type { ByteSink } from './film-writer.ts';
import type { FilmJob } from './make-film.ts';
import { svgPicture } from './svg-picture.ts';

/** A picture of one moment, framed as a film is. */
export interface PictureJob extends Omit<FilmJob, 'fromUs' | 'toUs'> {
  readonly us: number;
  readonly format: 'png' | 'svg';
  /** Px to each px of the size. */
  readonly scale: number;
}

/** A picture takes four bytes a px in memory, several times over. */
export const MAX_PICTURE_PX = 64_000_000;

/** @throws Error when a picture of that size would not go into memory. */
export function checkPictureSize(widthPx: number, heightPx: number): void {
  if (widthPx * heightPx <= MAX_PICTURE_PX) return;
  throw new Error(
    `a picture of ${widthPx} x ${heightPx} px is too large for memory; choose a smaller size or scale, ${MAX_PICTURE_PX / 1e6} million px at most`,
  );
}

/** Makes a picture and writes it; returns what it is, in words. */
export async function makePicture(job: PictureJob, source: FilmSource, sink: ByteSink): Promise<string> {
  const { options, disks, filter, zone, alignment, order, cellShift, rowCells, us, format, scale } = job;
  const { captions, legend } = options;
  const widthPx = options.widthPx * scale;
  const heightPx = options.heightPx * scale;
  checkPictureSize(widthPx, heightPx);
  await loadFonts();
  const plane = { order, cellShift, rowCells };
  const layout = layOutFilm({ ...plane, widthPx, heightPx, disks, grain: FULL_COLOR, captions, legend });
  const title = options.title.trim() === '' ? defaultTitle(disks) : options.title.trim();
  const theme = THEMES[options.theme];
  const look: FilmLook = { layout, theme, filter, title, skipIdle: false, zone, alignment };
  const state = await source.at(us);
  const structures = job.structures ? await source.structures(disks) : new Map();
  const caption = captions ? captionWords(job.captions, us) : '';
  const moment = { state, clockUs: us, speed: 1, caption, structures };
  const bytes =
    format === 'svg' ? new TextEncoder().encode(svgPicture(look, moment)) : await pngOf(look, moment);
  await sink.write(0, bytes);
  await sink.close();
  return `${format.toUpperCase()}, ${widthPx}x${heightPx}`;
}

function captionWords(captions: readonly Caption[], us: number): string {
  return captionAt(captions, us) ?? '';
}

/** A moment as a PNG file's bytes. */
export async function pngOf(
  look: FilmLook,
  moment: Parameters<FilmPainter['draw']>[0],
): Promise<Uint8Array<ArrayBuffer>> {
  const painter = new FilmPainter(look);
  try {
    painter.draw(moment);
    const blob = await painter.canvas.convertToBlob({ type: 'image/png' });
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    painter.dispose();
  }
}
