import * as v from 'valibot';
import { SpanSchema } from './time.ts';

const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));

/** What a window can ask for about captures; part of the commands. Opening one is `openLogs`: files are told apart by what is in them. */
export const CAPTURE_COMMANDS = [
  /** Records what goes on from here, or (`fromBeginning`) all that is kept and what goes on. */
  v.strictObject({
    command: v.literal('startCapture'),
    path,
    fromBeginning: v.boolean(),
    replace: v.boolean(),
  }),
  v.strictObject({ command: v.literal('stopCapture') }),
  /**
   * Saves what is kept of a span (null: all of it) as the name's end says: `.nbdscope`, `.arrows` or `.arrow` a capture, `.parquet`, or
   * `.csv`. Answered once it is done or broken off.
   */
  v.strictObject({
    command: v.literal('saveCapture'),
    path,
    span: v.nullable(SpanSchema),
    replace: v.boolean(),
  }),
  v.strictObject({ command: v.literal('cancelSave') }),
] as const;

/** The captures that are being written. */
export const CapturesInfoSchema = v.object({
  recording: v.nullable(v.object({ path: v.string(), bytes: v.number() })),
  /** `done`: how much of it, 0 to 1. */
  saving: v.nullable(v.object({ path: v.string(), done: v.number() })),
  /** Saves that were carried out to their end. */
  saved: v.number(),
});

export type CapturesInfo = v.InferOutput<typeof CapturesInfoSchema>;

export const NO_CAPTURES: CapturesInfo = { recording: null, saving: null, saved: 0 };
