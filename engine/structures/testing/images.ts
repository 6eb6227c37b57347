import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Structure } from '#shared/structures/structure.ts';
import { type ByteSource, CachedReader } from '../cached-reader.ts';
import { DiskVolume } from '../disk-volume.ts';
import { type DiskToRead, readStructures } from '../read-structures.ts';
import type { ParseLimits, StructureParser } from '../structure-parser.ts';

/** Folders with images that programs make, and what these say of them. */

/** Nothing stops the work; plenty of structures. */
export const UNHURRIED: ParseLimits = { maxStructures: 100_000, breathe: async () => {} };

/** A folder for images; `remove` it. */
export class ImageFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'nbdscope-structures-'));

  /** Makes an empty, sparse image of a size and returns its path. */
  image(name: string, sizeBytes: number): string {
    const path = join(this.path, name);
    writeFileSync(path, '');
    truncateSync(path, sizeBytes);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs a program of the system's (`/usr/sbin` too) and returns what it printed; throws with its errors when it fails. */
export function runTool(command: string, args: readonly string[], input?: string): string {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    env,
    input,
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  if (done.status === 0) return done.stdout;
  throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
}

/** An image file as a source; `close` it. */
export class ImageSource implements ByteSource {
  readonly sizeBytes: bigint;
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#file, { bigint: true }).size;
  }

  readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    const length = readSync(this.#file, bytes, 0, lengthBytes, offsetBytes);
    return Promise.resolve(bytes.subarray(0, length));
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A disk in memory: bytes at places, zeroes elsewhere. */
export class SparseSource implements ByteSource {
  readonly sizeBytes: bigint;
  readonly #pieces: readonly (readonly [offsetBytes: bigint, bytes: Uint8Array])[];

  constructor(sizeBytes: bigint, pieces: readonly (readonly [offsetBytes: bigint, bytes: Uint8Array])[]) {
    this.sizeBytes = sizeBytes;
    this.#pieces = pieces;
  }

  readAt(offsetBytes: bigint, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    for (const [at, piece] of this.#pieces) {
      const from = at > offsetBytes ? 0n : offsetBytes - at;
      if (from >= BigInt(piece.length) || at >= offsetBytes + BigInt(lengthBytes)) continue;
      const to = at > offsetBytes ? Number(at - offsetBytes) : 0;
      bytes.set(piece.subarray(Number(from), Number(from) + lengthBytes - to), to);
    }
    return Promise.resolve(bytes);
  }
}

const LIMITS = { maxCachedBytes: 16 << 20, passBudgetBytes: 64 << 20 };

export function diskOf(source: ByteSource, disk = 0, sectorBytes = 512): DiskToRead {
  const reader = new CachedReader(source, LIMITS);
  return { disk, volume: new DiskVolume(disk, `disk ${disk + 1}`, reader, sectorBytes) };
}

/** The trees of sources, in their order, numbered from 0. */
export async function treesOf(
  sources: readonly ByteSource[],
  parsers: readonly StructureParser[],
  sectorBytes = 512,
): Promise<readonly Structure[]> {
  const disks = sources.map((source, i) => diskOf(source, i, sectorBytes));
  return (await readStructures(disks, parsers, UNHURRIED)).map((tree) => tree.root);
}

/** The tree of one image file. */
export async function treeOfImage(
  path: string,
  parsers: readonly StructureParser[],
  sectorBytes = 512,
): Promise<Structure> {
  const source = new ImageSource(path);
  try {
    const [tree] = await treesOf([source], parsers, sectorBytes);
    return tree ?? raise(path);
  } finally {
    source.close();
  }
}

/** The structure at a path below a root, `gpt/p1`; throws with the keys that there are. */
export function at(root: Structure, path: string): Structure {
  let structure = root;
  for (const key of path.split('/')) {
    const next = structure.children.find((child) => child.key === key);
    if (next === undefined) {
      throw new Error(
        `no "${key}" of "${path}" among ${structure.children.map((child) => child.key).join(', ')}`,
      );
    }
    structure = next;
  }
  return structure;
}

export function fact(structure: Structure, label: string): string | undefined {
  return structure.facts.find(([name]) => name === label)?.[1];
}

function raise(path: string): never {
  throw new Error(`${path} gave no tree`);
}
