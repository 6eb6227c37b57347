import { execFile } from 'node:child_process';

/** The nbdkit that is installed. */
export interface InstalledNbdkit {
  readonly version: string;
  /** Whether it can be told to end when whoever started it has ended, however that came. */
  readonly exitWithParent: boolean;
}

/** An nbdkit that does not answer within this counts as none, ms. */
const LIMIT_MS = 3_000;

/** Looks for nbdkit on the path; null when there is none. Never rejects. */
export function findNbdkit(): Promise<InstalledNbdkit | null> {
  return new Promise((resolve) => {
    execFile('nbdkit', ['--dump-config'], { timeout: LIMIT_MS, encoding: 'utf8' }, (error, stdout) => {
      const value = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(stdout)?.[1];
      const version = value('version');
      if (error !== null || version === undefined) resolve(null);
      else resolve({ version, exitWithParent: value('exit_with_parent') === 'yes' });
    });
  });
}
