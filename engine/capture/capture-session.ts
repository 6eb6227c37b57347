import * as v from 'valibot';
import { ArrayLayoutSchema } from '#shared/contract/arrays.ts';
import type { DiskInfo, SourceInfo } from '#shared/contract/messages.ts';
import { MAX_DISKS } from '#shared/model/session-state.ts';

/**
 * What a capture tells of the session besides its rows, as JSON: in the schema's metadata as it was at the beginning, and
 * in rows of kind `session` whenever it has changed; each such text replaces the one before.
 */
const CaptureSessionSchema = v.object({
  disks: v.pipe(
    v.array(
      v.object({
        /** The number in the rows' disk column. */
        id: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DISKS - 1)),
        name: v.string(),
        exportName: v.string(),
        /** Decimal text; null while it is not known. */
        sizeBytes: v.nullable(v.pipe(v.string(), v.regex(/^\d{1,20}$/))),
        /** Where its rows came from: the log's path, or what is hosted. */
        source: v.string(),
        /** The file that made its requests fail while it was there; null for none. */
        faultFile: v.nullable(v.string()),
      }),
    ),
    v.maxLength(MAX_DISKS),
  ),
  arrays: v.pipe(v.array(ArrayLayoutSchema), v.maxLength(16)),
});

export type CaptureSession = v.InferOutput<typeof CaptureSessionSchema>;

export const NO_SESSION: CaptureSession = { disks: [], arrays: [] };

/** What is to be written of a session, from what windows are told of it. */
export function captureSession({
  disks,
  arrays,
  sources,
}: {
  readonly disks: readonly DiskInfo[];
  readonly arrays: CaptureSession['arrays'];
  readonly sources: readonly SourceInfo[];
}): CaptureSession {
  return {
    disks: disks.map(({ id, name, exportName, sizeBytes, source, faults }) => {
      const from = sources.find((info) => info.id === source);
      const faultFile = faults.errorSwitch?.file ?? null;
      return { id, name, exportName, sizeBytes, source: from?.path ?? from?.name ?? '', faultFile };
    }),
    arrays: [...arrays],
  };
}

/** Null when the text is none of ours: the capture is then shown without names and sizes. */
export function decodeSession(text: string): CaptureSession | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(CaptureSessionSchema, json);
  return parsed.success ? parsed.output : null;
}
