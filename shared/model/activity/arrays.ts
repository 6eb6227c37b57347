import type { SessionState } from '../session-state.ts';
import type { DiskFacts } from './activity.ts';
import type { NamedSweep } from './sweep-meaning.ts';

/** With an error as the last answer, this many writes in step without the disk tell that its array has given it up. */
const MISSED_AFTER_ERROR = 3;
/** A rebuild belongs to a failure that was noticed at most this much after it began. */
const NOTICED_LATE_US = 2_000_000;

/** A disk whose array goes on without it. */
export interface Failure {
  readonly disk: number;
  /** failed: errors were the last it answered; gone: no error was seen. */
  readonly kind: 'failed' | 'gone';
  /** Clock of the first of those errors, or of the first write that it was left out of. */
  readonly sinceUs: number;
}

/** Disks that work in step: as far as their requests tell, one array. */
export interface DiskArray {
  readonly disks: readonly number[];
  readonly failures: readonly Failure[];
  /** Rebuilds since the first failure that have come to their end. */
  readonly replaced: readonly NamedSweep[];
  readonly rebuild: NamedSweep | null;
  /** Disks that have failed and that no other has taken the place of. */
  readonly missing: number;
}

/** Whether the array of a disk goes on without it; null when it does not, or when no array is known. */
export function failureOf(state: SessionState, disk: number): Failure | null {
  const activity = state.disks[disk]?.activity;
  if (activity === undefined) return null;
  const { errors, partners } = activity;
  if (errors.run > 0 && partners.missed >= MISSED_AFTER_ERROR) {
    return { disk, kind: 'failed', sinceUs: errors.runStartUs };
  }
  return partners.isLeftOut ? { disk, kind: 'gone', sinceUs: partners.missedSinceUs } : null;
}

/** The arrays among some disks: those linked by writes in step or by a rebuild. */
export function findArrays(
  state: SessionState,
  disks: readonly DiskFacts[],
  sweeps: readonly NamedSweep[],
): DiskArray[] {
  const ids = disks.map(({ id }) => id).filter((id) => state.disks[id] !== undefined);
  const groupOf = new Map(ids.map((id) => [id, new Set([id])]));
  const join = (a: number, b: number): void => {
    const [one, other] = [groupOf.get(a), groupOf.get(b)];
    if (one === undefined || other === undefined || one === other) return;
    for (const id of other) {
      one.add(id);
      groupOf.set(id, one);
    }
  };
  for (const id of ids) {
    const partners = state.disks[id]?.activity.partners;
    for (const other of partners?.ids ?? []) if (partners?.isLinked(other) === true) join(id, other);
  }
  const rebuilds = sweeps.filter(({ kind }) => kind === 'rebuilt');
  for (const { sweep, partners } of rebuilds) for (const partner of partners) join(sweep.disk, partner);
  return [...new Set(groupOf.values())]
    .filter((group) => group.size > 1)
    .map((group) =>
      arrayOf(
        state,
        [...group].sort((a, b) => a - b),
        rebuilds,
      ),
    );
}

function arrayOf(state: SessionState, disks: readonly number[], rebuilds: readonly NamedSweep[]): DiskArray {
  const failures = disks.map((id) => failureOf(state, id)).filter((failure) => failure !== null);
  const mine = rebuilds.filter(({ sweep }) => disks.includes(sweep.disk));
  const firstUs = Math.min(...failures.map(({ sinceUs }) => sinceUs));
  const replaced = mine.filter(
    ({ sweep, isGoingOn, isWhole }) => !isGoingOn && isWhole && sweep.startUs >= firstUs - NOTICED_LATE_US,
  );
  return {
    disks,
    failures,
    replaced,
    rebuild: mine.find(({ isGoingOn }) => isGoingOn) ?? null,
    missing: Math.max(0, failures.length - replaced.length),
  };
}
