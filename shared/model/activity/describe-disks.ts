import type { DiskState, SessionState } from '../session-state.ts';
import type { DiskActivity, DiskFacts, SetActivity } from './activity.ts';
import type { ActivityTracker } from './activity-tracker.ts';
import { byteRate, errorWords, listOf, percent, sweepWords, wholeTime } from './activity-words.ts';
import { type DiskArray, type Failure, findArrays } from './arrays.ts';
import { isFailing } from './error-spells.ts';
import { type NamedSweep, nameSweeps } from './sweep-meaning.ts';

/** A disk is busy for so long after a request. */
const BUSY_US = 1_000_000;
/** Requests wait at least so long before that is worth a word: delays are part of the game. */
const STALLED_US = 5_000_000;
/** A rebuild is mentioned for so long after its end. */
const MENTIONED_US = 60_000_000;

const ENOSPC = 28;

const NOTHING = { fraction: null, bytesPerSecond: null, secondsLeft: null, partners: [] } as const;

/** What a disk is doing, without its place in an array. */
type Doing = Omit<DiskActivity, 'disk' | 'isDegraded'>;

/**
 * What each of `disks` is doing at `nowUs` of the session's clock, in their order. Computed from the state alone; a
 * disk that no row has named yet is `unused`. Takes some tenths of a ms with 64 disks: for a few times a second.
 */
export function describeDisks(
  state: SessionState,
  nowUs: number,
  disks: readonly DiskFacts[],
): readonly DiskActivity[] {
  const sweeps = nameSweeps(state, nowUs, disks);
  const arrays = findArrays(state, disks, sweeps);
  const nameOf = namesOf(disks);
  return disks.map(({ id }): DiskActivity => {
    const array = arrays.find((one) => one.disks.includes(id));
    const failure = array?.failures.find(({ disk }) => disk === id) ?? null;
    const mine = sweeps.filter(({ sweep }) => sweep.disk === id);
    const doing = doingOf(state.disks[id], failure, mine, nowUs, nameOf);
    const isDegraded = (array?.missing ?? 0) > 0 && failure === null;
    return {
      disk: id,
      ...doing,
      isDegraded,
      words: isDegraded ? `${doing.words}; array degraded` : doing.words,
      badge: isDegraded && (doing.badge === '' || doing.badge === 'rebuilt') ? 'degraded' : doing.badge,
    };
  });
}

/** The arrays of which a disk has failed or is being rebuilt. */
export function describeSets(
  state: SessionState,
  nowUs: number,
  disks: readonly DiskFacts[],
): readonly SetActivity[] {
  const sweeps = nameSweeps(state, nowUs, disks);
  const nameOf = namesOf(disks);
  return findArrays(state, disks, sweeps).flatMap((array) => setOf(array, nameOf) ?? []);
}

function setOf(array: DiskArray, nameOf: (disk: number) => string): SetActivity | null {
  const { disks, failures, replaced, rebuild, missing } = array;
  const onto = listOf(replaced.map(({ sweep }) => nameOf(sweep.disk)));
  const failed = `${haveFailed(failures, nameOf)}${onto === '' ? '' : `; rebuilt onto ${onto}`}`;
  if (rebuild !== null) {
    const words = `${nameOf(rebuild.sweep.disk)} is ${sweepWords(rebuild, nameOf)}`;
    return {
      disks,
      kind: 'rebuilding',
      sinceUs: rebuild.sweep.startUs,
      words: missing > 0 ? `degraded: ${failed}; ${words}` : words,
      badge: rebuild.fraction === null ? 'rebuilding' : `rebuilding ${percent(rebuild.fraction)}`,
    };
  }
  if (failures.length === 0) return null;
  const sinceUs = Math.max(...failures.map((failure) => failure.sinceUs));
  if (missing > 0)
    return { disks, kind: 'degraded', sinceUs, words: `degraded: ${failed}`, badge: 'degraded' };
  return { disks, kind: 'restored', sinceUs, words: failed, badge: 'rebuilt' };
}

function haveFailed(failures: readonly Failure[], nameOf: (disk: number) => string): string {
  const names = listOf(failures.map(({ disk }) => nameOf(disk)));
  return `${names} ${failures.length === 1 ? 'has' : 'have'} failed`;
}

function doingOf(
  disk: DiskState | undefined,
  failure: Failure | null,
  sweeps: readonly NamedSweep[],
  nowUs: number,
  nameOf: (disk: number) => string,
): Doing {
  const activity = disk?.activity;
  if (activity === undefined || Number.isNaN(activity.lastRequestUs)) {
    return { ...NOTHING, kind: 'unused', sinceUs: null, words: 'not yet used', badge: '' };
  }
  if (failure !== null) return failedDoing(failure, activity, nowUs);
  if (isFailing(activity.errors, nowUs)) return failingDoing(activity);
  const waiting = disk?.inFlight.count ?? 0;
  if (waiting > 0 && nowUs - activity.waitingSinceUs >= STALLED_US) {
    return stalledDoing(activity.waitingSinceUs, waiting, nowUs);
  }
  const sweep = foremost(sweeps.filter(({ isGoingOn }) => isGoingOn));
  if (sweep !== null) return sweepDoing(sweep, nameOf);
  return ordinaryDoing(activity, waiting, lastRebuild(sweeps, nowUs), nowUs);
}

function failedDoing(failure: Failure, { errors }: ActivityTracker, nowUs: number): Doing {
  const untouched = `no longer touched for ${wholeTime((nowUs - failure.sinceUs) / 1e6)}`;
  const words =
    failure.kind === 'failed'
      ? `failed: ${errorWords(errors)}; ${untouched}`
      : `failed: ${untouched} while its array goes on, with no error in its log`;
  return { ...NOTHING, kind: failure.kind, sinceUs: failure.sinceUs, words, badge: 'failed' };
}

function failingDoing({ errors }: ActivityTracker): Doing {
  return {
    ...NOTHING,
    kind: 'failing',
    sinceUs: errors.startUs,
    words: `failing: ${errorWords(errors)}`,
    badge: errors.lastErrno === ENOSPC ? 'full' : 'failing',
  };
}

function stalledDoing(sinceUs: number, waiting: number, nowUs: number): Doing {
  const requests = waiting === 1 ? '1 request waits' : `${waiting} requests wait`;
  const words = `${requests}, no reply for ${wholeTime((nowUs - sinceUs) / 1e6)}`;
  return { ...NOTHING, kind: 'stalled', sinceUs, words, badge: 'no reply' };
}

/** Of several sweeps at once the one that says most. */
function foremost(sweeps: readonly NamedSweep[]): NamedSweep | null {
  for (const kind of ['rebuilt', 'copied', 'written', 'scanned'] as const) {
    const ofKind = sweeps.filter((named) => named.kind === kind);
    const [latest] = ofKind.sort((a, b) => b.sweep.lastUs - a.sweep.lastUs);
    if (latest !== undefined) return latest;
  }
  return null;
}

const SWEEP_BADGES = { rebuilt: 'rebuilding', copied: 'copying', written: 'writing', scanned: 'scanning' };

function sweepDoing(named: NamedSweep, nameOf: (disk: number) => string): Doing {
  const { kind, partners, fraction, bytesPerSecond, secondsLeft } = named;
  const badge = SWEEP_BADGES[kind];
  return {
    kind,
    fraction,
    bytesPerSecond,
    secondsLeft,
    sinceUs: named.sweep.startUs,
    partners,
    words: sweepWords(named, nameOf),
    badge: fraction === null ? badge : `${badge} ${percent(fraction)}`,
  };
}

function lastRebuild(sweeps: readonly NamedSweep[], nowUs: number): NamedSweep | null {
  const done = sweeps.filter(
    ({ kind, isWhole, sweep }) => kind === 'rebuilt' && isWhole && nowUs - sweep.lastUs <= MENTIONED_US,
  );
  return done.sort((a, b) => b.sweep.lastUs - a.sweep.lastUs)[0] ?? null;
}

function ordinaryDoing(
  activity: ActivityTracker,
  waiting: number,
  rebuild: NamedSweep | null,
  nowUs: number,
): Doing {
  const mention = rebuild === null ? '' : `, rebuilt ${wholeTime((nowUs - rebuild.sweep.lastUs) / 1e6)} ago`;
  const badge = rebuild === null ? '' : 'rebuilt';
  if (waiting === 0 && nowUs - activity.lastRequestUs > BUSY_US) {
    const sinceUs = activity.lastRequestUs;
    return { ...NOTHING, kind: 'idle', sinceUs, words: `idle${mention}`, badge };
  }
  const rates = activity.rates(nowUs);
  const parts: string[] = [];
  if (rates !== null && rates.readPerSecond > 0) parts.push(`reads ${byteRate(rates.readPerSecond)}`);
  if (rates !== null && rates.writtenPerSecond > 0) parts.push(`writes ${byteRate(rates.writtenPerSecond)}`);
  return {
    ...NOTHING,
    kind: 'busy',
    bytesPerSecond: rates === null ? null : rates.readPerSecond + rates.writtenPerSecond,
    sinceUs: null,
    words: `${parts.length === 0 ? 'busy' : parts.join(', ')}${mention}`,
    badge,
  };
}

function namesOf(disks: readonly DiskFacts[]): (disk: number) => string {
  const names = new Map(disks.map(({ id, name }) => [id, name]));
  return (disk) => names.get(disk) ?? `disk ${disk + 1}`;
}
