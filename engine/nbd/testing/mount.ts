import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { type Background, background } from './peers.ts';
import { pause } from './served.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test did not run, for the list at the end of `npm test`. */
    skippedAs?: string;
  }
}

/** A disk as a file, by nbdfuse. */
export interface Mount {
  readonly file: string;
  readonly fuse: Background;
}

/** Mounts the disk at `where`, an address or the words of a server to start. @throws Error with what nbdfuse said. */
export async function mountDisk(directory: string, ...where: readonly string[]): Promise<Mount> {
  const file = join(directory, 'disk');
  const fuse = background('nbdfuse', [file, ...where]);
  while (!existsSync(file) && fuse.isRunning()) await pause(20);
  if (!fuse.isRunning()) throw new Error((await fuse.said()).trim() || 'nbdfuse ended without a word');
  return { file, fuse };
}

/** Leaves a test out where nbdfuse can mount nothing, whoever serves, as in a container without /dev/fuse; and says so. */
export async function skipWithoutFuse({ task, skip }: TestContext, directory: string): Promise<void> {
  try {
    const { fuse } = await mountDisk(directory, '[', 'nbdkit', 'null', '1M', ']');
    fuse.stop();
    await fuse.said();
  } catch (error) {
    const why = `nbdfuse cannot mount anything here: ${error instanceof Error ? error.message : error}`;
    task.meta.skippedAs = why;
    skip(why);
  }
}
