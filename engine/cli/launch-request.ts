import * as v from 'valibot';
import type { CompareRequest } from '../compare/comparison.ts';
import type { LogSet } from '../disk-set.ts';

/**
 * What the `nbdscope` command hands to the desktop shell that it starts: a variable of the environment, as Chromium
 * would read odd file names among arguments as switches of its own.
 */
export const LAUNCH_VARIABLE = 'NBDSCOPE_LAUNCH';

/** The line that the shell prints to whoever started it once its window shows the picture. */
export const READY_LINE = 'nbdscope: window ready';

export interface LaunchRequest {
  /** Absolute, unless `-` was given, which is `stdin`. Neither: the built-in recording. */
  readonly logs: readonly string[];
  /** Absolute too; null when none was asked for. */
  readonly set: LogSet | null;
  readonly stdin: boolean;
  /** Absolute; null for none. */
  readonly captions: string | null;
  /** Paths are absolute; null for none. */
  readonly compare: CompareRequest | null;
  readonly sizeBytes: bigint | null;
  /** Where the disks of the logs can be read: absolute paths, or NBD URIs. */
  readonly images: readonly string[];
  /** Where to record what is shown, absolute; null for nowhere. */
  readonly record: string | null;
}

const digits = v.pipe(v.string(), v.regex(/^\d{1,19}$/));

const LaunchRequestSchema = v.strictObject({
  logs: v.array(v.string()),
  set: v.nullable(
    v.strictObject({
      count: v.number(),
      sizeBytes: v.nullable(digits),
      logs: v.string(),
      errorFiles: v.nullable(v.string()),
    }),
  ),
  stdin: v.boolean(),
  captions: v.nullable(v.string()),
  compare: v.nullable(
    v.strictObject({
      recordings: v.tuple([v.string(), v.string()]),
      align: v.tuple([v.nullable(v.string()), v.nullable(v.string())]),
    }),
  ),
  sizeBytes: v.nullable(digits),
  images: v.array(v.string()),
  record: v.nullable(v.string()),
});

export function encodeLaunchRequest(request: LaunchRequest): string {
  return JSON.stringify(request, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

/** Throws an Error naming what is wrong when `text` is not of this shape. */
export function decodeLaunchRequest(text: string): LaunchRequest {
  const request = v.parse(LaunchRequestSchema, JSON.parse(text));
  const { set } = request;
  return {
    ...request,
    set: set === null ? null : { ...set, sizeBytes: bigintOf(set.sizeBytes) },
    sizeBytes: bigintOf(request.sizeBytes),
  };
}

function bigintOf(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}
