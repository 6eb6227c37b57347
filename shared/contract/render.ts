import * as v from 'valibot';
import { FilmOptionsSchema } from '../film/film-options.ts';

/**
 * What `nbdscope render` and the page that does the work for it, in a browser without a window, say to each other, as JSON
 * frames on a channel of their own. The file's bytes come from the page in frames of type Upload: eight bytes that say where in
 * the file (a little-endian double), then at most {@link RENDER_CHUNK_BYTES} bytes. Each is acknowledged, so that few are on
 * their way.
 */

/** Where the web host takes the page's channel, and the page itself. */
export const RENDER_PATH = '/render';
export const RENDER_PAGE = '/render.html';

export const RENDER_CHUNK_BYTES = 1024 * 1024;
export const POSITION_BYTES = 8;

export const PICTURE_FORMATS = ['png', 'svg'] as const;
export const MAX_PICTURE_SCALE = 4;

/** A moment as typed; the page knows the beginning of the recording. */
const momentText = v.nullable(v.pipe(v.string(), v.maxLength(64)));

const sentences = v.record(v.string(), v.string());

export const RenderJobSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('film'),
    /** How many logs are to be read before it can begin. */
    sources: v.number(),
    options: FilmOptionsSchema,
    /** Whether what is known to lie on the disks is shown. */
    structures: v.boolean(),
    from: momentText,
    to: momentText,
    /** A text of times and words that takes the place of the recording's captions; null to have those. */
    captionsText: v.nullable(v.string()),
    /** Sentences for the steps in it. */
    sentences,
  }),
  v.strictObject({
    kind: v.literal('picture'),
    sources: v.number(),
    format: v.picklist(PICTURE_FORMATS),
    /** Size, theme, words; what is about time alone is left unused. */
    options: FilmOptionsSchema,
    structures: v.boolean(),
    scale: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PICTURE_SCALE)),
    /** Null: the end. */
    at: momentText,
    captionsText: v.nullable(v.string()),
    sentences,
  }),
]);
export type RenderJob = v.InferOutput<typeof RenderJobSchema>;

/** From the command to the page. */
export const RenderOrderSchema = v.variant('order', [
  v.object({ order: v.literal('render'), job: RenderJobSchema }),
  v.object({ order: v.literal('written'), chunk: v.number() }),
]);
export type RenderOrder = v.InferOutput<typeof RenderOrderSchema>;

/** From the page to the command. */
export const RenderReportSchema = v.variant('report', [
  v.object({ report: v.literal('progress'), frames: v.number(), fraction: v.number() }),
  /** All bytes are written; what was made, in words. */
  v.object({ report: v.literal('done'), words: v.pipe(v.string(), v.maxLength(1000)) }),
  /** Why nothing came of it; `asked` when it lies in what was asked for. */
  v.object({ report: v.literal('failed'), text: v.pipe(v.string(), v.maxLength(4000)), asked: v.boolean() }),
]);
export type RenderReport = v.InferOutput<typeof RenderReportSchema>;
