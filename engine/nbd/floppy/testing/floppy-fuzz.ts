import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '../../backend.ts';
import { RequestError } from '../../filters/parameters.ts';
import { MemoryAllowance } from '../../memory-allowance.ts';
import { floppyPlugin } from '../../plugins/floppy.ts';
import type { PluginDisk } from '../../plugins/plugin.ts';
import { Errno } from '../../protocol.ts';
import { type Draw, drawsOf, expectWords, type FuzzPart, once } from '../../testing/fuzz-part.ts';
import { readBackend } from '../../testing/requests.ts';
import { type FatEntry, FatReader } from './fat-reader.ts';
import { disturb, plantTree } from './hostile-tree.ts';

/** Larger files are sparse, and only their ends are read. */
const READ_WHOLE_BYTES = 1 << 20;
/** What no name on FAT may hold; a name without needs no other. */
const FORBIDDEN = /[\p{Cc}\uffff"*/:<>?\\|]|[. ]$/u;
/** A name that may be one given to another file. */
const NUMBERED = /\(\d+\)/;
const SECRET = 'nothing of this is for clients'.repeat(20);

/**
 * Directories that nobody should serve. Each is a disk that another reader finds in order, with every file's bytes in it
 * and nothing from outside, or is refused in words. What changes while it is read fails with EIO, and nothing else does.
 */
export class FloppyFuzz implements FuzzPart {
  readonly atOnce = 2;
  /** A directory that links lead to; what is in it must come onto no disk. */
  readonly #outside = mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-outside-'));

  private constructor() {
    writeFileSync(join(this.#outside, 'secret'), SECRET);
  }

  static begin(): FloppyFuzz {
    return new FloppyFuzz();
  }

  async once(seed: number): Promise<void> {
    const draw = drawsOf(seed);
    const root = mkdtempSync(join(tmpdir(), 'nbdscope-fuzz-floppy-'));
    const leave = await plantTree(draw, root, this.#outside);
    try {
      const restless = once(draw, 3);
      const made = make(root);
      for (let i = restless ? draw(40) : 0; i > 0; i -= 1) {
        disturb(draw, root, this.#outside);
        await turn();
      }
      const disk = await made;
      if (disk === null) return;
      try {
        for (const warning of disk.warnings) expectWords(warning);
        if (!restless) await compare(disk.backend, root);
        await readRestless(draw, disk, () => disturb(draw, root, this.#outside));
        for (const warning of disk.warnings) expectWords(warning);
      } finally {
        await disk.backend.dispose();
      }
    } finally {
      leave();
      rmSync(root, { recursive: true, force: true });
    }
  }

  close(): void {
    rmSync(this.#outside, { recursive: true, force: true });
  }
}

async function make(root: string): Promise<PluginDisk | null> {
  const context = { allowance: new MemoryAllowance(0), readOnly: false, allowFiles: false };
  try {
    return await floppyPlugin.create([['dir', root]], context);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    expectWords(error.message);
    return null;
  }
}

/** Reads here and there while the directory changes. */
async function readRestless(draw: Draw, { backend }: PluginDisk, change: () => void): Promise<void> {
  const reads: Promise<Buffer | number>[] = [];
  for (let i = 0; i < 20; i += 1) {
    const most = Number(backend.sizeBytes);
    // Most of what there is lies at the beginning.
    const at = Math.min(most - 512, once(draw, 3) ? draw(most) : (1 << 20) + draw(4 << 20));
    const length = Math.min(most - at, 1 + draw(1 << 17));
    reads.push(readBackend(backend, BigInt(at), length).catch(whyFailed));
    change();
    await turn();
  }
  for (const read of await Promise.all(reads)) {
    if (typeof read === 'number') continue;
    if (read.includes(SECRET)) throw new Error('what lies outside of the directory was read');
  }
}

/** Lets everybody else have a turn. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Returns EIO; everything else is no way for such a read to fail. */
function whyFailed(error: unknown): number {
  if (error instanceof Error && error.message === `errno ${Errno.EIO}`) return Errno.EIO;
  throw error;
}

/** Holds the disk against the directory that it was made of. */
async function compare(backend: Backend, root: string): Promise<void> {
  const reader = await FatReader.open((at, length) => readBackend(backend, BigInt(at), length));
  const walk = async (folder: string, listed: readonly FatEntry[]): Promise<void> => {
    const shorts = new Set(listed.map(({ short }) => short));
    const names = new Set(listed.map(({ name }) => name.toUpperCase()));
    if (shorts.size !== listed.length || names.size !== listed.length) {
      throw new Error(`names that are there twice in ${JSON.stringify(folder)}`);
    }
    const there = readdirSync(folder).filter((name) => {
      if (name.includes('\ufffd')) return false;
      const status = lstatSync(join(folder, name));
      return status.isFile() || status.isDirectory();
    });
    const foldings = new Map<string, number>();
    for (const name of there) foldings.set(folded(name), (foldings.get(folded(name)) ?? 0) + 1);
    if (there.length !== listed.length) throw new Error(`${listed.length} of ${there.length} names`);
    for (const name of there) {
      // What FAT forbids, or may take for another, has got another name.
      if (FORBIDDEN.test(name) || NUMBERED.test(name) || foldings.get(folded(name)) !== 1) continue;
      const entry = listed.find((each) => each.name === name);
      if (entry === undefined) throw new Error(`${JSON.stringify(name)} is not there`);
      const path = join(folder, name);
      const status = lstatSync(path);
      if (status.isDirectory() !== entry.isDirectory) throw new Error(`${JSON.stringify(name)}: its kind`);
      if (entry.isDirectory) await walk(path, await reader.list(entry.firstCluster));
      else if (entry.sizeBytes !== status.size) throw new Error(`${JSON.stringify(name)}: its size`);
      else if (status.size <= READ_WHOLE_BYTES && !(await reader.file(entry)).equals(readFileSync(path))) {
        throw new Error(`${JSON.stringify(name)}: its bytes`);
      }
    }
  };
  await walk(root, await reader.list());
}

/** What FAT makes of a name, as far as it goes to tell it from others. */
function folded(name: string): string {
  return name.replace(/[\p{Cc}\uffff"*/:<>?\\|]|[. ](?=[. ]*$)/gu, '_').toUpperCase();
}
