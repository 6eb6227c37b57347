import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real file system that is soon full, for tests. */
export class SmallDisk implements Disposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Null where this process may mount none: it takes Linux and root. @param bytes what goes onto it. */
  static mount(bytes: number): SmallDisk | null {
    const folder = mkdtempSync(join(tmpdir(), 'nbdscope-small-disk-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', folder]);
    if (status === 0) return new SmallDisk(folder);
    rmdirSync(folder);
    return null;
  }

  [Symbol.dispose](): void {
    // What still is open on it goes with its last user.
    spawnSync('umount', ['-l', this.folder]);
    rmdirSync(this.folder);
  }
}
