import { describe, expect, it } from 'vitest';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { withDistinctNames } from './log-names.ts';
import { diskInfo, sourceInfo } from './testing/infos.ts';

/** A session with one disk a log, named as its log, and one more of an export's own name. */
function session(paths: readonly (string | null)[]): SessionInfo {
  const sources = paths.map((path, id) => sourceInfo({ id, path, kind: path === null ? 'upload' : 'log' }));
  const disks = sources.map(({ id, name }) => diskInfo({ id, name, source: id }));
  return {
    disks: [...disks, diskInfo({ id: 99, name: 'sda' })],
    arrays: [],
    sources,
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: NO_HISTORY,
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 0,
  };
}

const namesOf = (paths: readonly (string | null)[]): string[] =>
  withDistinctNames(session(paths)).sources.map((source) => source.name);

describe('the names of logs', () => {
  it('leaves one that stands alone as it is', () => {
    expect(namesOf(['/a/log'])).toEqual(['log']);
  });

  it('tells logs of one file name apart by as many folders as it takes', () => {
    expect(namesOf(['/a/log', '/b/log'])).toEqual(['a/log', 'b/log']);
    expect(namesOf(['/x/run/log', '/y/run/log', '/z/log'])).toEqual(['x/run/log', 'y/run/log', 'z/log']);
    expect(namesOf(['/log', '/b/log'])).toEqual(['/log', 'b/log']);
  });

  it('leaves what has no path its name', () => {
    expect(namesOf([null, '/b/log'])).toEqual(['log', 'log']);
  });

  it('names disks after their logs, and leaves exports their own names', () => {
    const { disks } = withDistinctNames(session(['/a/log', '/b/log']));
    expect(disks.map((disk) => disk.name)).toEqual(['a/log', 'b/log', 'sda']);
  });
});
