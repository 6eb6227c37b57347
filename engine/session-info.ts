import type { ArrayLayout } from '#shared/contract/arrays.ts';
import type { SessionInfo, SourceInfo } from '#shared/contract/messages.ts';
import type { Engine } from './engine.ts';

/** What windows are told of the session that the engine itself knows. */
export interface OwnInfo {
  readonly arrays: ArrayLayout[];
  hosted(source: number): SourceInfo['host'];
  nbdkit(source: number): SourceInfo['nbdkit'];
}

/** The session as its windows are told of it. */
export function sessionInfoOf(
  { session, past, faults, captures, structures, recentLogs }: Engine,
  own: OwnInfo,
): SessionInfo {
  const { usedBytes, limitBytes } = session.state.budget;
  return {
    disks: session.diskInfos().map((disk) => ({ ...disk, faults: faults.info(disk.id) })),
    arrays: own.arrays,
    sources: session.sourceInfos().map((source) => ({
      ...source,
      host: own.hosted(source.id),
      nbdkit: own.nbdkit(source.id),
    })),
    notices: [...session.notices],
    history: past.info(),
    captures: captures.info,
    structures: structures.info,
    recentLogs: [...recentLogs.logs],
    modelBytes: usedBytes,
    modelLimitBytes: limitBytes,
  };
}
