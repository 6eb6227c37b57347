import * as v from 'valibot';

/**
 * Time: where a window stands in the history of the session, how it moves there, and the marks on it. Each window has a
 * view of its own: it is *live*, at the end where rows are added, or in the *past*, where the engine plays the history to it
 * from a state of its own. Recording goes on whatever windows look at.
 *
 * Moments are named by the session's clock (µs since the epoch) or by sequence number; state at N means rows up to N applied.
 */

const clockUs = v.pipe(v.number(), v.finite());
const sequence = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const markId = sequence;

/** Seconds of the history in one second of wall time; `Infinity` does not travel as JSON, so 0 is as fast as it goes. */
export const PLAY_SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 0] as const;
/** The speed that stands for as fast as it goes. */
export const FASTEST = 0;

const speed = v.pipe(v.number(), v.minValue(0), v.maxValue(1000));

/** A stretch of the session's clock, `toUs` included. */
export const SpanSchema = v.pipe(
  v.strictObject({ fromUs: clockUs, toUs: clockUs }),
  v.check(({ fromUs, toUs }) => fromUs <= toUs, 'a span ends no earlier than it begins'),
);

export const MARK_KINDS = ['mark', 'caption'] as const;
/** Longest words of a mark, in UTF-16 units. */
export const MAX_MARK_TEXT = 400;
/** Marks and captions that one session holds. */
export const MAX_MARKS = 1000;
const markText = v.pipe(v.string(), v.trim(), v.maxLength(MAX_MARK_TEXT));
const markKind = v.picklist(MARK_KINDS);
const newMark = { kind: markKind, text: markText, us: clockUs };

/** What a window can ask for about time; part of the commands. */
export const TIME_COMMANDS = [
  /**
   * Shows a moment of the past, and plays on from there if the past was being played. Of seeks that come faster than they can be
   * carried out the last wins. Answered by `view`.
   */
  v.strictObject({
    command: v.literal('seek'),
    to: v.union([v.strictObject({ us: clockUs }), v.strictObject({ sequence })]),
    /**
     * Comes back in a `view` once the window has been sent everything up to there; at once, from wherever the view is then,
     * where another seek, or `goLive`, takes this one's place.
     */
    tag: v.optional(sequence),
  }),
  /** Changes how the past is played; absent members stay as they are. From the end, playing begins at the beginning. */
  v.strictObject({
    command: v.literal('play'),
    playing: v.optional(v.boolean()),
    speed: v.optional(speed),
    /** Whether stretches without any row pass in a moment. */
    skipIdle: v.optional(v.boolean()),
    /** Play only this stretch, and go to its beginning from outside it; null for all. */
    span: v.optional(v.nullable(SpanSchema)),
  }),
  /** Stands still at the next (1) or the previous (-1) request's arrival. */
  v.strictObject({ command: v.literal('step'), by: v.picklist([-1, 1]) }),
  /** Back to the end, where rows are added. */
  v.strictObject({ command: v.literal('goLive') }),
  /** Names a moment. A caption without words ends the one before; a mark has some. */
  v.strictObject({ command: v.literal('addMark'), ...newMark }),
  /** The same for many moments: all of them or, with words why, none. */
  v.strictObject({
    command: v.literal('addMarks'),
    marks: v.pipe(v.array(v.strictObject(newMark)), v.minLength(1), v.maxLength(MAX_MARKS)),
  }),
  /** Changes a mark; absent members stay as they are. */
  v.strictObject({
    command: v.literal('editMark'),
    id: markId,
    kind: v.optional(markKind),
    text: v.optional(markText),
    us: v.optional(clockUs),
  }),
  v.strictObject({ command: v.literal('removeMark'), id: markId }),
] as const;

/** A named moment: a mark, or a caption that is shown in the picture from then until the next. */
export const MarkSchema = v.object({
  /** The sequence number of the row that made it, in the session that shows it. */
  id: v.number(),
  kind: markKind,
  text: v.string(),
  clockUs: v.number(),
});

/** Two recordings that are shown in step. */
export const ComparisonSchema = v.object({
  /** Where they coincide, on the session's clock, which is that of the first. */
  alignedUs: v.number(),
  sides: v.array(v.object({ badge: v.string(), name: v.string(), source: v.number() })),
});

/** What is kept of a session's past. */
export const HistoryInfoSchema = v.object({
  /** Which history it is: another begins when the session is emptied, or a disk leaves it. */
  id: v.string(),
  /** Rows that are kept, by sequence number; 0 and 0 for none. */
  firstSequence: v.number(),
  lastSequence: v.number(),
  /** Clock of the first and the last of them; null before any time is known. */
  firstUs: v.nullable(v.number()),
  lastUs: v.nullable(v.number()),
  /** Requests that are kept, and those that have gone since the limit was reached. */
  requests: v.number(),
  droppedRequests: v.number(),
  /** What it takes, keyframes apart; of both together, what lies in the cache directory; and the most they may take. */
  bytes: v.number(),
  keyframeBytes: v.number(),
  spilledBytes: v.number(),
  limitBytes: v.number(),
  /** How much of it has been counted, 0 to 1: a long capture is gone through after it was opened. */
  countedShare: v.number(),
  /** Whether rows may still be added. */
  growing: v.boolean(),
  /** In the order of their moments. */
  marks: v.array(MarkSchema),
  /** Null while no two recordings are compared. */
  comparison: v.nullable(ComparisonSchema),
});

/** Where one window stands. */
export const ViewSchema = v.object({
  mode: v.picklist(['live', 'past']),
  /** In the past: whether the view moves on by itself. */
  playing: v.boolean(),
  speed: v.number(),
  skipIdle: v.boolean(),
  span: v.nullable(v.object({ fromUs: v.number(), toUs: v.number() })),
  /** In the past: where the view stands; null while no time is known, and live. */
  positionUs: v.nullable(v.number()),
  /** The last row that is applied there. */
  sequence: v.number(),
  /** The view has come to the end of a history that does not grow, or of its span. */
  ended: v.boolean(),
  /** The tag of the `seek` that this answers; null otherwise. */
  tag: v.nullable(v.number()),
});

/**
 * Where a window stood before it was loaded again or lost its engine, for that same history. Part of `hello`: whoever looks at the
 * past goes on looking at it.
 */
export const ResumeSchema = v.strictObject({
  history: v.pipe(v.string(), v.maxLength(64)),
  view: v.object({
    mode: v.picklist(['live', 'past']),
    playing: v.boolean(),
    speed,
    skipIdle: v.boolean(),
    span: v.nullable(SpanSchema),
    positionUs: v.nullable(clockUs),
    sequence,
    ended: v.boolean(),
  }),
});

export type Resume = v.InferOutput<typeof ResumeSchema>;
export type Span = v.InferOutput<typeof SpanSchema>;
export type Mark = v.InferOutput<typeof MarkSchema>;
export type MarkKind = Mark['kind'];
export type HistoryInfo = v.InferOutput<typeof HistoryInfoSchema>;
/** What a history knows of itself. */
export type KeptInfo = Omit<HistoryInfo, 'id' | 'growing' | 'marks' | 'comparison'>;
export type Comparison = v.InferOutput<typeof ComparisonSchema>;
export type View = v.InferOutput<typeof ViewSchema>;

export const NO_HISTORY: HistoryInfo = {
  id: '',
  firstSequence: 0,
  lastSequence: 0,
  firstUs: null,
  lastUs: null,
  requests: 0,
  droppedRequests: 0,
  bytes: 0,
  keyframeBytes: 0,
  spilledBytes: 0,
  limitBytes: 0,
  countedShare: 1,
  growing: false,
  marks: [],
  comparison: null,
};

export const LIVE_VIEW: View = {
  mode: 'live',
  playing: false,
  speed: 1,
  skipIdle: false,
  span: null,
  positionUs: null,
  sequence: 0,
  ended: false,
  tag: null,
};
