import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Structure } from '#shared/structures/structure.ts';
import { type ByteSource, CachedReader } from '../cached-reader.ts';
import { DiskVolume } from '../disk-volume.ts';
import type { ParseLimits } from '../structure-parser.ts';
import { at, fact, ImageFolder, SparseSource, UNHURRIED } from '../testing/images.ts';
import { extParser } from './ext-parser.ts';
import { debugfs } from './testing/debugfs.ts';
import { makeExt } from './testing/ext-images.ts';
import type { Patch } from './testing/mutations.ts';
import { walk } from './testing/parse-image.ts';

const BLOCK_BYTES = 1024;
const SUPERBLOCK = 1024n;
const BLOCK_MAP = 0x28n;

const folder = new ImageFolder();
let image = '';
/** An image with `/directory/inner`, `/file`, `/large` in two pieces, and `/link`. */
let bytes: Uint8Array = new Uint8Array();
beforeAll(() => {
  image = makeExt(folder, 'hostile', '32M', ['-t', 'ext4', '-b', `${BLOCK_BYTES}`, '-N', '512']);
  writeFileSync(`${image}.data`, Buffer.alloc(30_000, 'd'));
  debugfs(
    image,
    [
      'mkdir directory',
      'mkdir directory/inner',
      `write ${image}.data file`,
      `write ${image}.data large`,
      'punch large 3 4',
      'symlink link target',
    ],
    true,
  );
  bytes = new Uint8Array(readFileSync(image));
});
afterAll(() => folder.remove());

describe('a superblock whose numbers make no sense', () => {
  it.each([
    ['a block size', 0x18, u32(40), 'its block size is 2^50 bytes, where 1 KiB to 64 KiB are possible'],
    ['no blocks', 0x4, u32(0), 'it says that it has 0 blocks'],
    ['no blocks in a group', 0x20, u32(0), 'a group has 0 blocks'],
    ['more blocks in a group than a bitmap tells of', 0x20, u32(8193), 'a group has 8193 blocks'],
    ['no inodes in a group', 0x28, u32(0), 'a group has 0 inodes'],
    ['more inodes than its groups hold', 0x0, u32(0xffffffff), 'it has 4294967295 inodes'],
    ['no bytes in an inode', 0x58, u16(0), 'an inode has 0 bytes'],
    ['inodes of 200 bytes', 0x58, u16(200), 'an inode has 200 bytes'],
    ['no bytes in a descriptor', 0xfe, u16(0), 'a group descriptor has 0 bytes'],
    ['a feature that is not known', 0x62, u16(0x80), 'features that are not known here: FEATURE_I23'],
  ])('is refused for %s', async (_, offset, value, reason) => {
    await expect(parse([[SUPERBLOCK + BigInt(offset), value]])).rejects.toMatchObject({
      message: expect.stringContaining(reason),
      extents: [{ startBytes: SUPERBLOCK, endBytes: 2n * SUPERBLOCK }],
    });
  });
});

describe('structures that lead elsewhere', () => {
  it('ends a loop of directories where it closes, and tells the rest', async () => {
    const looped = `${image}.looped`;
    writeFileSync(looped, bytes);
    debugfs(looped, ['link directory directory/inner/again', 'link / directory/root'], true);
    const root = await parse([], new Uint8Array(readFileSync(looped)));
    const again = [...walk(root)].filter(({ key }) => key.startsWith('again:'));
    expect(again.map(({ name }) => name).sort()).toEqual(['/directory/inner/again', '/directory/root']);
    expect(fact(again[0] ?? root, 'not understood here, because')).toContain('a second time');
    expect(byName(root, '/file').extents).toHaveLength(1);
  });

  it('says which extents lie outside, and keeps those that do not', async () => {
    const { offset } = place('/large');
    // The second extent of the root, behind the header and the first.
    const root = await parse([[offset + BLOCK_MAP + 24n + 8n, u32(0x7fffffff)]]);
    const large = byName(root, '/large');
    expect(fact(large, 'not understood here, because')).toBe(
      'its blocks from 5 on are said to lie in block 2147483647, outside',
    );
    expect(large.extents).toHaveLength(1);
    expect(fact(large, 'checksum of its inode')).toBe('wrong');
  });

  it('says that extents overlap, on the disk and in the file', async () => {
    const { offset } = place('/large');
    const first = new DataView(bytes.buffer).getUint32(Number(offset + BLOCK_MAP) + 12 + 8, true);
    const onDisk = await parse([[offset + BLOCK_MAP + 24n + 8n, u32(first)]]);
    expect(fact(byName(onDisk, '/large'), 'not understood here, because')).toBe(
      `block ${first} is mapped twice`,
    );
    const inFile = await parse([[offset + BLOCK_MAP + 24n, u32(1)]]);
    expect(fact(byName(inFile, '/large'), 'not understood here, because')).toContain(
      'out of order or overlap',
    );
  });

  it('follows no block of a map twice', async () => {
    const { offset, block } = place('/file');
    // A root five levels above a node that says it is four above itself.
    const index = node(5, [[0, block]]);
    const root = await parse([
      [offset + BLOCK_MAP, index],
      [BigInt(block * BLOCK_BYTES), node(4, [[0, block]])],
    ]);
    const file = byName(root, '/file');
    expect(file.extents).toEqual([]);
    expect(reasons(file)).toContain(`block ${block} of its map is already part of a map`);
  });

  it('says that bitmaps and inode tables lie outside', async () => {
    const descriptors = 2n * BigInt(BLOCK_BYTES);
    const root = await parse([[descriptors, new Uint8Array(12).fill(0xee)]]);
    const group = at(root, 'group:0');
    for (const key of ['blockBitmap', 'inodeBitmap', 'inodeTable']) {
      expect(at(group, key).kind).toBe('notUnderstood');
      expect(at(group, key).extents).toEqual([]);
    }
    expect(fact(group, 'checksum of its descriptor')).toBe('wrong');
    expect(at(root, 'files').kind).toBe('notUnderstood');
    expect(at(root, 'group:1/inodeTable').kind).toBe('inodeTable');
  });

  it('stays within a volume that is shorter than the file system', async () => {
    const short = bytes.slice(0, 20 << 20);
    const root = await parse([], short);
    expect(fact(root, 'beyond the end of the volume')).toBe('12,288 of its blocks');
    for (const { extents } of walk(root)) {
      for (const { endBytes } of extents) expect(endBytes).toBeLessThanOrEqual(BigInt(short.length));
    }
    expect(byName(root, '/file').extents).toHaveLength(1);
  });
});

describe('checksums', () => {
  it('are said to be wrong where they are', async () => {
    const { offset } = place('/file');
    const pristine = await parse([]);
    const bitmap = at(pristine, 'group:0/blockBitmap').extents[0]?.startBytes ?? 0n;
    const directory = byName(pristine, '/directory').extents[0]?.startBytes ?? 0n;
    const root = await parse([
      [SUPERBLOCK + 0x78n, new TextEncoder().encode('label')],
      [bitmap + 100n, u16(0x5a5a)],
      [offset + 0x8n, u32(1)],
      [directory + 0x30n, u16(0x7777)],
    ]);
    expect(root.name).toBe('ext4 "label"');
    expect(fact(at(root, 'superblock'), 'checksum')).toBe('wrong');
    expect(fact(at(root, 'group:0/blockBitmap'), 'checksum')).toBe('wrong');
    expect(fact(byName(root, '/file'), 'checksum of its inode')).toBe('wrong');
    expect(reasons(byName(root, '/directory'))[0]).toMatch(/the checksum of block \d+ is wrong/);
    expect(fact(at(root, 'group:0/inodeBitmap'), 'checksum')).toBe('right');
  });
});

describe('limits', () => {
  it('makes as many structures as it may, and says how many it left out', async () => {
    const root = await parse([], bytes, { ...UNHURRIED, maxStructures: 24 });
    expect([...walk(root)].length).toBeLessThanOrEqual(24);
    const leftOut = [...walk(root)].reduce((sum, { childrenLeftOut = 0 }) => sum + childrenLeftOut, 0);
    expect(leftOut).toBeGreaterThan(0);
    expect([...walk(root)].map(({ kind }) => kind)).toContain('journal');
  });

  it('stops when it is told to', async () => {
    let breaths = 0;
    const breathe = async (): Promise<void> => {
      if (++breaths === 10) throw new Error('enough');
    };
    await expect(parse([], bytes, { ...UNHURRIED, breathe })).rejects.toThrow('enough');
    expect(breaths).toBe(10);
  });

  it('tells what it can of a disk that fails in parts, and why not the rest', async () => {
    const pristine = await parse([]);
    const bad = at(pristine, 'group:0/blockBitmap').extents[0]?.startBytes ?? 0n;
    const whole = new SparseSource(BigInt(bytes.length), [[0n, bytes]]);
    const failing: ByteSource = {
      sizeBytes: whole.sizeBytes,
      readAt: async (offset, length) => {
        if (offset <= bad && bad < offset + BigInt(length)) throw new Error('bad sector');
        return await whole.readAt(offset, length);
      },
    };
    const root = await parseSource(failing, UNHURRIED);
    expect(fact(at(root, 'group:0/blockBitmap'), 'not read, because')).toContain('bad sector');
    expect(at(root, 'group:0/inodeTable').extents).toEqual(at(pristine, 'group:0/inodeTable').extents);
    expect(byName(root, '/file').extents).toEqual(byName(pristine, '/file').extents);
  });
});

async function parse(
  patches: readonly Patch[],
  of = bytes,
  limits: ParseLimits = UNHURRIED,
): Promise<Structure> {
  return await parseSource(new SparseSource(BigInt(of.length), [[0n, of], ...patches]), limits);
}

async function parseSource(source: ByteSource, limits: ParseLimits): Promise<Structure> {
  const reader = new CachedReader(source, { maxCachedBytes: 64 << 20, passBudgetBytes: 64 << 20 });
  const parsed = await extParser.parse(new DiskVolume(0, 'disk 1', reader, 512), limits);
  if (parsed === null) throw new Error('nothing was found');
  return parsed.structure;
}

function byName(root: Structure, name: string): Structure {
  for (const structure of walk(at(root, 'files'))) if (structure.name === name) return structure;
  throw new Error(`there is no ${name}`);
}

function reasons(structure: Structure): string[] {
  return structure.facts.flatMap(([label, value]) =>
    label === 'not understood here, because' ? [value] : [],
  );
}

/** Where the inode of a path lies, and its first block. */
function place(path: string): { readonly offset: bigint; readonly block: number } {
  const text = debugfs(image, [`imap ${path}`, `blocks ${path}`]);
  const imap = /located at block (\d+), offset 0x([0-9a-f]+)/.exec(text);
  const block = /^(\d+) /m.exec(text)?.[1];
  if (imap === null || block === undefined) throw new Error(`debugfs does not say where ${path} is: ${text}`);
  return {
    offset: BigInt(Number(imap[1]) * BLOCK_BYTES + Number.parseInt(imap[2] ?? '', 16)),
    block: Number(block),
  };
}

/** A node of an extent tree that names others. */
function node(
  depth: number,
  children: readonly (readonly [logicalBlock: number, block: number])[],
): Uint8Array {
  const header = Buffer.concat([u16(0xf30a), u16(children.length), u16(4), u16(depth), u32(0)]);
  const entries = children.map(([logicalBlock, block]) =>
    Buffer.concat([u32(logicalBlock), u32(block), u32(0)]),
  );
  return new Uint8Array(Buffer.concat([header, ...entries]));
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >>> 8);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}
