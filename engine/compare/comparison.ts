import type { Session } from '../session/session.ts';
import type { SourceSide } from '../session/source-side.ts';
import type { SessionPast } from '../time/session-past.ts';
import { alignedMoment } from './align.ts';
import { type ComparedRecording, findRecording } from './compared-recording.ts';

/** Two recordings that are to be shown in step. */
export interface CompareRequest {
  /** Paths, or names of samples. */
  readonly recordings: readonly [string, string];
  /** What is to coincide in the first and in the second: a step, a time, or null for the first row. */
  readonly align: readonly [string | null, string | null];
}

export interface PreparedSide {
  readonly recording: ComparedRecording;
  readonly side: SourceSide;
  /** Where the two coincide, on the clock of the first. */
  readonly alignedUs: number;
}

/** Finds both recordings, and by how much the second is shifted. @throws RefusedError saying what will not do. */
export async function prepareComparison(
  { recordings, align }: CompareRequest,
  assetsDir: string,
): Promise<readonly [PreparedSide, PreparedSide]> {
  const [a, b] = await Promise.all([
    findRecording(recordings[0], assetsDir),
    findRecording(recordings[1], assetsDir),
  ]);
  const alignedUs = alignedMoment(a, align[0]);
  const shiftUs = alignedUs - alignedMoment(b, align[1]);
  return [
    { recording: a, alignedUs, side: { badge: 'A', shiftUs: 0, tells: true } },
    { recording: b, alignedUs, side: { badge: 'B', shiftUs, tells: false } },
  ];
}

/** Opens both in a session that is empty, as the recording that is its past. */
export function openComparison(
  sides: readonly [PreparedSide, PreparedSide],
  session: Session,
  past: Pick<SessionPast, 'recording' | 'comparison'>,
): void {
  const opened = sides.map(({ recording, side }) => {
    const source = recording.open();
    past.recording ??= source;
    return { badge: side.badge, name: recording.name, source: session.add(source, { side }) };
  });
  past.comparison = { alignedUs: sides[0].alignedUs, sides: opened };
}
