import { parseMoment } from '#shared/captions/moment.ts';
import {
  DEFAULT_FILM,
  FILM_FORMATS,
  FILM_SIZES,
  type FilmFormat,
  type FilmOptions,
  MAX_TITLE_CHARS,
  parseFilmSize,
  parseFilmSpeed,
  parseFrameRate,
} from '#shared/film/film-options.ts';
import { THEME_NAMES, type ThemeName } from '#shared/theme/theme.ts';
import { formatClockPrecise, formatDuration } from './format.ts';

/** The form of a film, as it stands while a person is at it. */
export interface FilmForm {
  readonly format: FilmFormat;
  /** As parseFilmSize() reads it. */
  readonly size: string;
  readonly rate: string;
  readonly speed: string;
  readonly from: string;
  readonly to: string;
  readonly theme: ThemeName;
  readonly title: string;
  readonly captions: boolean;
  readonly legend: boolean;
  readonly skipIdle: boolean;
}

/** What can be exported: the clock of the first row and of the last, µs since the epoch. */
export interface KeptSpan {
  readonly firstUs: number;
  readonly lastUs: number;
}

export type FilmField = 'size' | 'rate' | 'speed' | 'from' | 'to' | 'title';

/** What the form asks for, or for each field that cannot be read why not. */
export type ReadFilmForm =
  | { readonly options: FilmOptions; readonly fromUs: number; readonly toUs: number }
  | { readonly wrong: Readonly<Partial<Record<FilmField, string>>> };

/** The sizes that are offered by name, and the one to be typed. */
export const SIZE_CHOICES = FILM_SIZES.map(
  ({ name, widthPx, heightPx }) => [`${widthPx}x${heightPx}`, `${name}, ${widthPx} × ${heightPx}`] as const,
);

export function newFilmForm(fromUs: number, toUs: number, theme: ThemeName): FilmForm {
  return {
    format: DEFAULT_FILM.format,
    size: '1280x720',
    rate: String(DEFAULT_FILM.framesPerSecond),
    speed: '1',
    from: timeOfDay(fromUs),
    // Rounded up, so that the last row is in it.
    to: timeOfDay(Math.ceil(toUs / 1000) * 1000),
    theme,
    title: '',
    captions: true,
    legend: true,
    skipIdle: false,
  };
}

/** `22:20:27.123`. */
function timeOfDay(us: number): string {
  return formatClockPrecise(us).slice(0, 12);
}

/** The form with another format; a rate that the format does not have becomes one that it has. */
export function withFormat(form: FilmForm, value: string): FilmForm {
  const format = FILM_FORMATS.find((name) => name === value) ?? form.format;
  const usual = format === 'gif' ? '10' : String(DEFAULT_FILM.framesPerSecond);
  return { ...form, format, rate: (format === 'gif') === (form.format === 'gif') ? form.rate : usual };
}

export function themeNamed(value: string): ThemeName {
  return THEME_NAMES.find((name) => name === value) ?? DEFAULT_FILM.theme;
}

export function readFilmForm(form: FilmForm, kept: KeptSpan): ReadFilmForm {
  const size = parseFilmSize(form.size);
  const rate = parseFrameRate(form.rate, form.format);
  const speed = parseFilmSpeed(form.speed);
  const from = parseMoment(form.from, kept.firstUs);
  const to = parseMoment(form.to, kept.firstUs, kept.lastUs);
  if ('error' in size || 'error' in rate || 'error' in speed || 'error' in from || 'error' in to) {
    const parsed = { size, rate, speed, from, to };
    const wrong: Partial<Record<FilmField, string>> = {};
    for (const field of ['size', 'rate', 'speed', 'from', 'to'] as const) {
      const one = parsed[field];
      if ('error' in one) wrong[field] = one.error;
    }
    return { wrong };
  }
  if (form.title.length > MAX_TITLE_CHARS)
    return { wrong: { title: `At most ${MAX_TITLE_CHARS} characters` } };
  const fromUs = Math.max(from.us, kept.firstUs);
  const toUs = Math.min(to.us, kept.lastUs);
  if (to.us < from.us) return { wrong: { to: 'This is before the beginning; give a later moment' } };
  if (toUs < fromUs) {
    const span = `${timeOfDay(kept.firstUs)} to ${timeOfDay(kept.lastUs)}`;
    return { wrong: { to: `Nothing is kept of that span; the recording goes from ${span}` } };
  }
  const { format, theme, title, captions, legend, skipIdle } = form;
  return {
    options: {
      format,
      widthPx: size.widthPx,
      heightPx: size.heightPx,
      framesPerSecond: rate.value,
      speed: speed.value,
      skipIdle,
      theme,
      captions,
      legend,
      title,
    },
    fromUs,
    toUs,
  };
}

/** How long the film becomes: `33 s become a film of 4.1 s, 124 frames`. */
export function lengthWords(options: FilmOptions, fromUs: number, toUs: number): string {
  const filmUs = (toUs - fromUs) / options.speed;
  const frames = Math.floor((filmUs * options.framesPerSecond) / 1_000_000) + 1;
  const most = options.skipIdle ? 'at most ' : '';
  return `${formatDuration(toUs - fromUs)} become a film of ${most}${formatDuration(filmUs)}, ${most}${frames.toLocaleString('en')} frames`;
}
