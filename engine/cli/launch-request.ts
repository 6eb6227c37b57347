import * as v from 'valibot';

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
  readonly stdin: boolean;
  readonly sizeBytes: bigint | null;
}

const LaunchRequestSchema = v.strictObject({
  logs: v.array(v.string()),
  stdin: v.boolean(),
  sizeBytes: v.nullable(v.pipe(v.string(), v.regex(/^\d{1,19}$/))),
});

export function encodeLaunchRequest(request: LaunchRequest): string {
  const { logs, stdin, sizeBytes } = request;
  return JSON.stringify({ logs, stdin, sizeBytes: sizeBytes === null ? null : String(sizeBytes) });
}

/** Throws an Error naming what is wrong when `text` is not of this shape. */
export function decodeLaunchRequest(text: string): LaunchRequest {
  const request = v.parse(LaunchRequestSchema, JSON.parse(text));
  return { ...request, sizeBytes: request.sizeBytes === null ? null : BigInt(request.sizeBytes) };
}
