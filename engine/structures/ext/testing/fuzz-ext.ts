import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '#engine/nbd/testing/random.ts';
import type { Extent, Structure } from '#shared/structures/structure.ts';
import { CachedReader } from '../../cached-reader.ts';
import { DiskVolume } from '../../disk-volume.ts';
import { NotUnderstood } from '../../structure-parser.ts';
import { type ImageFolder, SparseSource, UNHURRIED } from '../../testing/images.ts';
import { VolumeReadError } from '../../volume.ts';
import { extParser } from '../ext-parser.ts';
import { debugfs } from './debugfs.ts';
import { makeExt } from './ext-images.ts';
import { metadataOf, mutations, type Patch } from './mutations.ts';
import { walk } from './parse-image.ts';

const MOST_STRUCTURES = 2000;
/** Each structure's own children are made with it, once the last that is allowed is begun. */
const SLACK = 16;
/** Far more than any of the images takes, far less than what a person would call a hang. */
const MOST_BREATHS = 1_000_000;
const MOST_READ_BYTES = 64 << 20;

/** An image in memory with the places that say what lies where. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly metadata: readonly Extent[];
}

/** Small images that have everything in them that a parser reads. */
export async function makeSeeds(folder: ImageFolder): Promise<Seed[]> {
  const source = join(folder.path, 'fuzzed');
  fill(source);
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['ext4', ['-t', 'ext4', '-b', '1024', '-O', 'inline_data,quota,orphan_file', '-J', 'size=1']],
    ['ext4 of 4 KiB', ['-t', 'ext4', '-b', '4096', '-O', 'bigalloc', '-C', '16384', '-J', 'size=4']],
    [
      'ext4 with meta_bg',
      ['-t', 'ext4', '-b', '1024', '-O', 'meta_bg,^resize_inode,^flex_bg', '-J', 'size=1'],
    ],
    ['ext2', ['-t', 'ext2', '-b', '1024']],
    ['ext3', ['-t', 'ext3', '-b', '2048', '-J', 'size=2']],
  ];
  const seeds: Seed[] = [];
  for (const [name, options] of kinds) {
    const image = makeExt(folder, `seed ${name}`, '24M', ['-N', '512', ...options], source);
    writeFileSync(`${image}.data`, Buffer.alloc(20_000, 'd'));
    debugfs(
      image,
      [`write ${image}.data gone`, 'rm gone', `ea_set /f1 user.long ${'v'.repeat(500)}`, 'punch /big 4 5'],
      true,
    );
    const bytes = new Uint8Array(readFileSync(image));
    const root = await parseBytes(bytes);
    if (root === null) throw new Error(`nothing is found in the image of ${name}`);
    seeds.push({ name, bytes, metadata: metadataOf(root) });
  }
  return seeds;
}

function fill(source: string): void {
  mkdirSync(join(source, 'a', 'b', 'c'), { recursive: true });
  for (let index = 0; index < 40; index++) writeFileSync(join(source, `f${index}`), 'x'.repeat(index * 37));
  for (const name of ['a', 'a/b', 'a/b/c']) writeFileSync(join(source, name, 'here'), name);
  writeFileSync(join(source, 'big'), Buffer.alloc(600_000, 'big '));
}

/**
 * Parses an image with damage that follows from a number. Throws when anything but an answer comes of it: an error that
 * is not meant for people, work that does not end, or a tree that breaks what trees promise.
 */
export async function fuzzOnce(seed: Seed, round: number): Promise<'understood' | 'refused'> {
  const damage = mutations(seed.bytes, seed.metadata, random(round));
  try {
    const root = await parseBytes(seed.bytes, damage);
    if (root === null) return 'refused';
    checkTree(root, BigInt(seed.bytes.length));
    return 'understood';
  } catch (error) {
    if (error instanceof NotUnderstood || error instanceof VolumeReadError) return 'refused';
    throw new Error(`${seed.name}, round ${round}: ${String(error)}`, { cause: error });
  }
}

async function parseBytes(bytes: Uint8Array, damage: readonly Patch[] = []): Promise<Structure | null> {
  const source = new SparseSource(BigInt(bytes.length), [[0n, bytes], ...damage]);
  const limits = { maxCachedBytes: bytes.length, passBudgetBytes: MOST_READ_BYTES };
  const volume = new DiskVolume(0, 'disk 1', new CachedReader(source, limits), 512);
  let breaths = 0;
  const breathe = async (): Promise<void> => {
    if (++breaths > MOST_BREATHS) throw new Error(`the work has not ended after ${MOST_BREATHS} breaths`);
  };
  const parsed = await extParser.parse(volume, { ...UNHURRIED, maxStructures: MOST_STRUCTURES, breathe });
  return parsed?.structure ?? null;
}

/** What `Structure` and `StructureParser` promise. */
function checkTree(root: Structure, sizeBytes: bigint): void {
  let count = 0;
  for (const { key, extents, facts, name, childrenLeftOut } of walk(root)) {
    count++;
    if (key === '' || key.includes('/')) throw new Error(`"${key}" is no key`);
    if (name === '') throw new Error(`${key} has no name`);
    if (childrenLeftOut !== undefined && childrenLeftOut <= 0) throw new Error(`${key} leaves out none`);
    if (facts.some(([label, value]) => label === '' || /NaN|undefined|Infinity/.test(value))) {
      throw new Error(`${key} has facts that make no sense: ${facts.join('; ')}`);
    }
    let before = 0n;
    for (const { startBytes, endBytes, fileBytes = 0n } of extents) {
      if (startBytes < before || endBytes <= startBytes || endBytes > sizeBytes || fileBytes < 0n) {
        throw new Error(`${key} has an extent from ${startBytes} to ${endBytes}`);
      }
      before = endBytes;
    }
  }
  if (count > MOST_STRUCTURES + SLACK) throw new Error(`there are ${count} structures`);
}
