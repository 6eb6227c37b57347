import { resolve } from 'node:path';
import { parseSize } from '#shared/bytes/size.ts';
import { MAX_SET_DISKS } from '#shared/contract/commands.ts';
import { RefusedError } from './refused-error.ts';

/** One disk of a set of logs. */
export interface SetMember {
  readonly name: string;
  /** Absolute, like the error file. */
  readonly log: string;
  /** Null when the set names none. */
  readonly errorFile: string | null;
}

/**
 * A name for each disk of a set: `%d` stands for 1, 2, and so on, and `%%` for %.
 * @param what the name's own name, for what is refused.
 * @throws RefusedError when the pattern has anything else behind a %, or gives several disks the same name.
 */
export function namesOfSet(pattern: string, count: number, what: string): string[] {
  const bad = pattern.replaceAll('%%', '').replaceAll('%d', '').match(/%.?.?/su)?.[0];
  if (bad !== undefined) {
    throw new RefusedError(
      `${what} ${pattern}: "${bad}" stands for nothing; %d is the disk's number, and %% is a % itself`,
    );
  }
  const name = (number: number): string =>
    pattern.replaceAll(/%[%d]/g, (found) => (found === '%%' ? '%' : `${number}`));
  if (count > 1 && name(1) === name(2)) {
    throw new RefusedError(
      `${what} ${pattern}: ${count} disks would share it; put %d where the disk's number is, as in ${pattern}%d`,
    );
  }
  return Array.from({ length: count }, (_none, i) => name(i + 1));
}

/** @throws RefusedError unless it is a number of disks that a set can have. */
export function checkSetCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_SET_DISKS) return;
  const given = Number.isNaN(count) ? '' : `, not ${count}`;
  throw new RefusedError(`a set has 1 to ${MAX_SET_DISKS} disks${given}`);
}

/** A set of logs as it is asked for, in a window or on the command line. */
export interface LogSet {
  readonly count: number;
  /** For logs that do not tell their size. */
  readonly sizeBytes: bigint | null;
  readonly logs: string;
  readonly errorFiles: string | null;
}

/** The logs of a set. @throws RefusedError for a count or a pattern that will not do. */
export function membersOf(set: LogSet): SetMember[] {
  checkSetCount(set.count);
  const errorFiles = set.errorFiles === null ? [] : namesOfSet(set.errorFiles, set.count, 'error file');
  return namesOfSet(set.logs, set.count, 'log').map((log, i) => {
    const errorFile = errorFiles[i];
    if (errorFile !== undefined && resolve(errorFile) === resolve(log)) {
      throw new RefusedError(
        `${log} is named as log and as error file; give the file that error-file= names`,
      );
    }
    return {
      name: `disk ${i + 1}`,
      log: resolve(log),
      errorFile: errorFile === undefined ? null : resolve(errorFile),
    };
  });
}

/** A size that was written as text. @throws RefusedError naming what is wrong with it. */
export function readSize(text: string): bigint {
  const size = parseSize(text);
  if ('error' in size) throw new RefusedError(size.error);
  return size.bytes;
}
