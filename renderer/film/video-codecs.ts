import type { FilmFormat } from '#shared/film/film-options.ts';
import { type CellGrain, FULL_COLOR, HALVED_COLOR } from './film-view.ts';

/** A codec of this browser that a film can be written with. */
export interface FilmCodec {
  /** As mediabunny names it. */
  readonly codec: 'vp9' | 'vp8' | 'av1' | 'avc';
  readonly container: 'webm' | 'mp4';
  readonly config: VideoEncoderConfig;
  /** Constant quality, on the codec's own scale; null where bits per second must be given instead. */
  readonly quantizer: number | null;
  /** `VP9`, `H.264`. */
  readonly name: string;
}

interface Candidate {
  readonly codec: FilmCodec['codec'];
  readonly name: string;
  /** The WebCodecs name for a film of that many px a frame and a second. */
  readonly fullName: (framePx: number, secondPx: number) => string;
  readonly quantizer: number | null;
}

/** Of 63: cells within a shade or two of their colours, letters clean. */
const VP9_QUANTIZER = 10;
const AV1_QUANTIZER = 14;
/** Where quality cannot be asked for: flat areas and small edges want more than camera pictures. */
const BITS_PER_PX = 0.2;

/** Levels by px a frame and a second (VP9 and AV1 specifications, annex A; H.264 table A-1). */
const VP9_LEVELS = [
  ['31', 983_040, 36_864_000],
  ['40', 2_228_224, 83_558_400],
  ['41', 2_228_224, 160_432_128],
  ['50', 8_912_896, 311_951_360],
  ['51', 8_912_896, 588_251_136],
  ['52', 8_912_896, 1_176_502_272],
] as const;
const AV1_LEVELS = [
  ['05', 1_065_024, 31_950_720],
  ['08', 2_359_296, 70_778_880],
  ['09', 2_359_296, 141_557_760],
  ['12', 8_912_896, 267_386_880],
  ['13', 8_912_896, 534_773_760],
  ['14', 8_912_896, 1_069_547_520],
] as const;
const AVC_LEVELS = [
  ['1f', 921_600, 27_648_000],
  ['28', 2_097_152, 62_914_560],
  ['2a', 2_228_224, 133_693_440],
  ['33', 9_437_184, 251_658_240],
  ['34', 9_437_184, 530_841_600],
] as const;

type Levels = readonly (readonly [string, number, number])[];

function levelOf(levels: Levels, framePx: number, secondPx: number): string {
  const level = levels.find(([, mostFrame, mostSecond]) => framePx <= mostFrame && secondPx <= mostSecond);
  return (level ?? levels.at(-1))?.[0] ?? '';
}

const VP9: Candidate = {
  codec: 'vp9',
  name: 'VP9',
  fullName: (frame, second) => `vp09.00.${levelOf(VP9_LEVELS, frame, second)}.08.01.01.01.01.00`,
  quantizer: VP9_QUANTIZER,
};
const VP9_FINE: Candidate = {
  ...VP9,
  name: 'VP9 4:4:4',
  fullName: (frame, second) => `vp09.01.${levelOf(VP9_LEVELS, frame, second)}.08.03.01.01.01.00`,
};
const VP8: Candidate = { codec: 'vp8', name: 'VP8', fullName: () => 'vp8', quantizer: null };
const AV1: Candidate = {
  codec: 'av1',
  name: 'AV1',
  fullName: (frame, second) => `av01.0.${levelOf(AV1_LEVELS, frame, second)}M.08`,
  quantizer: AV1_QUANTIZER,
};
const H264: Candidate = {
  codec: 'avc',
  name: 'H.264',
  fullName: (frame, second) => `avc1.6400${levelOf(AVC_LEVELS, frame, second)}`,
  quantizer: null,
};
const H264_BASELINE: Candidate = {
  ...H264,
  fullName: (frame, second) => `avc1.42e0${levelOf(AVC_LEVELS, frame, second)}`,
};

const CANDIDATES: Readonly<Record<Exclude<FilmFormat, 'gif'>, readonly Candidate[]>> = {
  webm: [VP9, VP8],
  'webm-fine': [VP9_FINE],
  mp4: [H264, H264_BASELINE, AV1, VP9],
  'mp4-av1': [AV1],
};

/** Cells that come through in a format with their colours as they are. */
export function grainOf(format: FilmFormat): CellGrain {
  return format === 'gif' || format === 'webm-fine' ? FULL_COLOR : HALVED_COLOR;
}

/** Size and rate of a film, px and frames a second. */
export interface FilmMeasure {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly framesPerSecond: number;
}

/** The best codec of this browser for a format; null where it has none for it. `live`: frames come as fast as they are shown. */
export async function findCodec(
  format: Exclude<FilmFormat, 'gif'>,
  measure: FilmMeasure,
  live: boolean,
): Promise<FilmCodec | null> {
  if (!('VideoEncoder' in globalThis)) return null;
  const container = format === 'mp4' || format === 'mp4-av1' ? 'mp4' : 'webm';
  const { widthPx: width, heightPx: height, framesPerSecond: framerate } = measure;
  const framePx = width * height;
  for (const { codec, name, fullName, quantizer } of CANDIDATES[format]) {
    const common: VideoEncoderConfig = {
      codec: fullName(framePx, framePx * framerate),
      width,
      height,
      framerate,
      latencyMode: live ? 'realtime' : 'quality',
    };
    const bitrate = Math.round(framePx * framerate * BITS_PER_PX);
    const choices: readonly { readonly config: VideoEncoderConfig; readonly quantizer: number | null }[] = [
      ...(quantizer === null
        ? []
        : [{ config: { ...common, bitrateMode: 'quantizer' as const }, quantizer }]),
      { config: { ...common, bitrate }, quantizer: null },
    ];
    for (const choice of choices) {
      if (await isSupported(choice.config)) return { codec, container, name, ...choice };
    }
  }
  return null;
}

async function isSupported(config: VideoEncoderConfig): Promise<boolean> {
  const answer = await VideoEncoder.isConfigSupported(config).catch(() => null);
  return answer?.supported === true;
}

/** Why there is no codec, and what to choose instead. */
export function noCodecWords(format: FilmFormat): string {
  const what = format === 'webm-fine' ? 'VP9 4:4:4' : format.startsWith('mp4') ? 'MP4' : 'WebM';
  return `this browser cannot encode ${what}; choose another format or a smaller size, or open the window in Chromium or Chrome`;
}
