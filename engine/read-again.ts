import { basename } from 'node:path';
import { RefusedError } from './refused-error.ts';
import type { KeptDisk, Session } from './session/session.ts';

/** A log as it is to be read again. */
export interface LogAgain {
  readonly path: string;
  /** What it was called; null for its file's name. */
  readonly name: string | null;
  readonly run: number | null;
  readonly sizeBytes: bigint | null;
  /** Another run of the same log is the same disk: to a window, which keeps its view, and in an array. */
  readonly kept: readonly KeptDisk[];
  readonly errorFile: string | null;
}

/** All logs of a session, one of them with another run. @throws RefusedError when one of them cannot be read twice. */
export function logsToReadAgain(
  session: Session,
  sourceId: number,
  run: number | null,
  errorFileOf: (source: number) => string | null,
): readonly LogAgain[] {
  if (session.sourceOf(sourceId) === null) throw new RefusedError(`there is no source ${sourceId}`);
  const sources = session.sourceInfos();
  if (sources.some(({ kind }) => kind === 'host')) {
    throw new RefusedError(
      'a disk is hosted here, and its picture cannot be read again; open the log in an nbdscope of its own to pick a run',
    );
  }
  if (sources.some(({ kind }) => kind === 'nbdkit')) {
    throw new RefusedError(
      'an nbdkit was run here, whose log would go; close it, or open the log in an nbdscope of its own to pick a run',
    );
  }
  return sources.map(({ id, name, path, run: shown }) => {
    if (path === null || session.sourceOf(id)?.canRestart !== true) {
      throw new RefusedError(`${name} can be read only once; open the log by its path to pick a run`);
    }
    return {
      path,
      name: name === basename(path) ? null : name,
      run: id === sourceId ? run : shown,
      sizeBytes: session.fallbackSizeOf(id),
      kept: session.keptDisks(id),
      errorFile: errorFileOf(id),
    };
  });
}
