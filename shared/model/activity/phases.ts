import type { SessionState } from '../session-state.ts';
import type { DiskFacts, Phase } from './activity.ts';
import { failureOf } from './arrays.ts';
import { isFailing } from './error-spells.ts';
import { nameSweeps } from './sweep-meaning.ts';

const SECTOR_BYTES = 512n;

/**
 * The sweeps and failures of some disks, oldest first. Starts and ends are those of the requests, whenever it was that
 * they could be told for what they are. Of each disk and direction the longest sweeps are remembered, of the
 * spells of errors the latest.
 */
export function phasesOf(state: SessionState, nowUs: number, disks: readonly DiskFacts[]): readonly Phase[] {
  const phases: Phase[] = nameSweeps(state, nowUs, disks).map(({ sweep, kind, isGoingOn }) => ({
    disk: sweep.disk,
    kind,
    startUs: sweep.startUs,
    endUs: isGoingOn ? null : sweep.lastUs,
    fromByte: BigInt(sweep.startSector) * SECTOR_BYTES,
    toByte: BigInt(sweep.headSector) * SECTOR_BYTES,
  }));
  for (const { id } of disks) {
    const activity = state.disks[id]?.activity;
    if (activity === undefined) continue;
    const failure = failureOf(state, id);
    for (const { startUs, lastUs } of activity.errors.spells()) {
      const isLatest = lastUs === activity.errors.lastUs;
      const goesOn = failure === null && isLatest && isFailing(activity.errors, nowUs);
      phases.push({ disk: id, kind: 'failing', startUs, endUs: goesOn ? null : lastUs, ...NOWHERE });
    }
    if (failure !== null) {
      phases.push({ disk: id, kind: failure.kind, startUs: failure.sinceUs, endUs: null, ...NOWHERE });
    }
  }
  return phases.sort((a, b) => a.startUs - b.startUs || a.disk - b.disk);
}

const NOWHERE = { fromByte: 0n, toByte: 0n } as const;
