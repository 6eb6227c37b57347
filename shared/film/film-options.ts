import * as v from 'valibot';
import { THEME_NAMES } from '../theme/theme.ts';

/** What a person chooses of a film; the window's dialog and `nbdscope render` offer the same. */

/**
 * How films are written. `webm` is VP9 (VP8 where a browser has no VP9), `mp4` H.264 (else AV1, else VP9); both have colours
 * at half the resolution (4:2:0), so that cells are at least 4 px. `webm-fine` is VP9 in 4:4:4, `gif` exact.
 */
export const FILM_FORMATS = ['webm', 'webm-fine', 'mp4', 'mp4-av1', 'gif'] as const;
export type FilmFormat = (typeof FILM_FORMATS)[number];

/** Sides of a film, px: what encoders and browsers take. */
export const MIN_FILM_PX = 240;
export const MAX_FILM_PX = 4096;
export const MIN_FRAME_RATE = 10;
export const MAX_FRAME_RATE = 60;
/** A GIF's frames last whole hundredths of a second, and browsers slow down those below two. */
export const MAX_GIF_FRAME_RATE = 50;
export const MIN_FILM_SPEED = 0.01;
export const MAX_FILM_SPEED = 10_000;
export const MAX_TITLE_CHARS = 120;

const sidePx = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(MIN_FILM_PX),
  v.maxValue(MAX_FILM_PX),
  v.multipleOf(2),
);

/** Everything about a film but what it shows. */
export const FilmOptionsSchema = v.strictObject({
  format: v.picklist(FILM_FORMATS),
  widthPx: sidePx,
  heightPx: sidePx,
  framesPerSecond: v.pipe(v.number(), v.integer(), v.minValue(MIN_FRAME_RATE), v.maxValue(MAX_FRAME_RATE)),
  /** Seconds of the recording in a second of the film. */
  speed: v.pipe(v.number(), v.minValue(MIN_FILM_SPEED), v.maxValue(MAX_FILM_SPEED)),
  /** Whether stretches without any row pass in a moment. */
  skipIdle: v.boolean(),
  theme: v.picklist(THEME_NAMES),
  captions: v.boolean(),
  legend: v.boolean(),
  /** Empty: the disks' names. */
  title: v.pipe(v.string(), v.maxLength(MAX_TITLE_CHARS)),
});
export type FilmOptions = v.InferOutput<typeof FilmOptionsSchema>;

/** Sizes that are offered by name. */
export const FILM_SIZES = [
  { name: '720p', widthPx: 1280, heightPx: 720 },
  { name: '1080p', widthPx: 1920, heightPx: 1080 },
  { name: '4K', widthPx: 3840, heightPx: 2160 },
  { name: 'square', widthPx: 1080, heightPx: 1080 },
] as const;

export const DEFAULT_FILM: FilmOptions = {
  format: 'webm',
  widthPx: 1280,
  heightPx: 720,
  framesPerSecond: 30,
  speed: 1,
  skipIdle: false,
  theme: 'dark',
  captions: true,
  legend: true,
  title: '',
};

/** A size in px, or the sentence that says what was wrong with its text. */
export type ParsedFilmSize =
  | { readonly widthPx: number; readonly heightPx: number }
  | { readonly error: string };

/** Reads `1280x720`, or a name such as `1080p`. */
export function parseFilmSize(text: string): ParsedFilmSize {
  const trimmed = text.trim();
  const named = FILM_SIZES.find(({ name }) => name.toLowerCase() === trimmed.toLowerCase());
  if (named !== undefined) return { widthPx: named.widthPx, heightPx: named.heightPx };
  const [, width = '', height = ''] = /^(\d{1,5})\s*[x×]\s*(\d{1,5})$/i.exec(trimmed) ?? [];
  const names = FILM_SIZES.map(({ name }) => name).join(', ');
  if (width === '')
    return { error: `"${text}" is no size; write width x height as in 1280x720, or ${names}` };
  const size = { widthPx: Number(width), heightPx: Number(height) };
  if (!Object.values(size).every((px) => px % 2 === 0 && px >= MIN_FILM_PX && px <= MAX_FILM_PX)) {
    return { error: `"${text}": sides of a film are even, ${MIN_FILM_PX} to ${MAX_FILM_PX} px` };
  }
  return size;
}

export type ParsedNumber = { readonly value: number } | { readonly error: string };

/** Reads a speed: `8`, `0.25`, `8x`, `1/4`. */
export function parseFilmSpeed(text: string): ParsedNumber {
  const [, number = '', divisor = '1'] = /^(\d+(?:\.\d+)?)(?:\/(\d+))?\s*[x×]?$/.exec(text.trim()) ?? [];
  const value = number === '' ? Number.NaN : Number(number) / Number(divisor);
  if (value >= MIN_FILM_SPEED && value <= MAX_FILM_SPEED) return { value };
  return {
    error: `"${text}" is no speed; write how many seconds of the recording pass in one of the film, ${MIN_FILM_SPEED} to ${MAX_FILM_SPEED}, as in 8 or 1/4`,
  };
}

/** Reads frames per second for a film of that format. */
export function parseFrameRate(text: string, format: FilmFormat): ParsedNumber {
  const most = format === 'gif' ? MAX_GIF_FRAME_RATE : MAX_FRAME_RATE;
  const value = /^\d{1,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= MIN_FRAME_RATE && value <= most) return { value };
  const what = format === 'gif' ? 'a GIF' : 'a film';
  return { error: `"${text}" is no frame rate; ${what} has ${MIN_FRAME_RATE} to ${most} frames a second` };
}

/** The end of a film's file name. */
export function extensionOf(format: FilmFormat): 'webm' | 'mp4' | 'gif' {
  if (format === 'gif') return 'gif';
  return format === 'mp4' || format === 'mp4-av1' ? 'mp4' : 'webm';
}

/** Which players a format is for, as far as its codec is the usual one. */
export const FORMAT_WORDS: Readonly<Record<FilmFormat, { readonly name: string; readonly players: string }>> =
  {
    webm: {
      name: 'WebM, VP9',
      players: 'Plays in Chrome, Edge, Firefox, Safari 16 and later, VLC and mpv',
    },
    'webm-fine': {
      name: 'WebM, VP9 4:4:4, for cells below 4 px',
      players:
        'Plays in Chrome, Edge, Firefox, VLC and mpv; not in Safari, QuickTime or on most phones and televisions',
    },
    mp4: {
      name: 'MP4, H.264',
      players: 'Plays nearly everywhere, in slides too; two exports of one span may differ by faint shades',
    },
    'mp4-av1': {
      name: 'MP4, AV1',
      players:
        'Plays in Chrome, Edge, Firefox, VLC and mpv, in Safari and QuickTime on the latest Macs and iPhones',
    },
    gif: {
      name: 'GIF',
      players: 'Shows wherever pictures do, README pages among them; exact colours, large files',
    },
  };
