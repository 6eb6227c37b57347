import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Op } from '#shared/events/vocabulary.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { diskTree, ext4Tree, structure } from '../testing/trees.ts';
import { DiskKnowledge } from './disk-knowledge.ts';
import { RequestNamer } from './request-namer.ts';
import { touchedBy } from './request-names.ts';
import { shareTree } from './share-tree.ts';
import { StructureIndex } from './structure-index.ts';
import { decodeVersion, encodeVersion } from './version-text.ts';
import { Versions } from './versions.ts';

const atOnce = async (): Promise<void> => {};
const KIB = 1024n;

async function add(versions: Versions, tree: Structure, fromSequence: number) {
  const shared = await shareTree(versions.last?.tree ?? null, tree, atOnce);
  return versions.add({ ...shared, fromSequence });
}

describe('an index of structures', () => {
  it('tells of each byte what lies there innermost, as looking at every structure does', async () => {
    const place = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }));
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 12 }), async (places) => {
        const children = places.map(([from, length], i) =>
          structure('file', `f${i}`, `file ${i}`, [[from, from + length]]),
        );
        const disk = structure('disk', 'disk', 'disk', [[0, 90]], children);
        const index = await StructureIndex.build(disk, atOnce);
        let end = 0n;
        for (const { startBytes, endBytes, at } of index.between(0n, 90n * KIB)) {
          expect(startBytes).toBe(end);
          end = endBytes;
          for (let kib = startBytes / KIB; kib < endBytes / KIB; kib += 1n) {
            const owners = children.filter(
              ({ extents: [extent] }) =>
                extent && extent.startBytes <= kib * KIB && extent.endBytes > kib * KIB,
            );
            if (owners.length === 0) expect(at.structure).toBe(disk);
            else expect(owners).toContain(at.structure);
          }
        }
        expect(end).toBe(90n * KIB);
      }),
    );
  });

  it('tells which byte of a file lies where a stretch begins, cut anywhere', async () => {
    const file: Structure = {
      ...structure('file', 'f', '/f', []),
      extents: [{ startBytes: 8192n, endBytes: 16_384n, fileBytes: 4096n }],
    };
    const index = await StructureIndex.build(structure('disk', 'disk', 'disk', [[0, 64]], [file]), atOnce);
    const [stretch] = index.between(12_288n, 16_384n);
    expect(stretch).toMatchObject({ startBytes: 12_288n, endBytes: 16_384n, fileBytes: 8192n });
  });
});

describe('versions of what is known', () => {
  it('share what has not changed, and are none where nothing has', async () => {
    const versions = new Versions();
    const first = await add(versions, diskTree(), 10);
    expect((await add(versions, diskTree(), 20)).number).toBe(first.number);
    const mounted = await add(
      versions,
      diskTree(
        ext4Tree([
          ['UUID', 'a'],
          ['last mounted', 'today'],
        ]),
      ),
      30,
    );
    expect(mounted.number).toBe(2);
    // The disk, the table, the partition and the file system; nothing inside it, and no extent.
    expect(mounted.added).toBe(4);
  });

  it('of a disk never have a number again, whatever was forgotten between', async () => {
    const known = new DiskKnowledge(0);
    const first = await add(known.versions, diskTree(), 10);
    known.forget('reading');
    expect(known.info.version).toBe(0);
    const again = await add(known.versions, diskTree(null), 10);
    expect(again.number).toBeGreaterThan(first.number);
  });

  it('are told by moments, and what comes before the first by that', async () => {
    const versions = new Versions();
    expect(versions.at(5)).toBeNull();
    await add(versions, diskTree(null), 10);
    await add(versions, diskTree(), 30);
    expect([5, 10, 29, 30, 99].map((sequence) => versions.at(sequence)?.number)).toEqual([1, 1, 1, 2, 2]);
  });

  it('hold up to the first write to what they were read from; what comes then is told by the next', async () => {
    const versions = new Versions();
    await add(versions, diskTree(null), 10);
    versions.touched(21);
    versions.touched(25);
    await add(versions, diskTree(), 30);
    const firstAfter = (sequence: number) => [...versions.readAfter(sequence)][0]?.number;
    expect([15, 20, 21, 30, 99].map(firstAfter)).toEqual([1, 1, 2, 2, 2]);
  });

  it('are thinned when there are too many, the oldest first, and it is known how many went', async () => {
    const versions = new Versions();
    for (let i = 1; i <= 1_500; i += 1) await add(versions, diskTree(ext4Tree([['UUID', `${i}`]])), i);
    expect(versions.count).toBeLessThanOrEqual(1_000);
    expect(versions.forgotten).toBe(1_500 - versions.count);
    expect(versions.last?.fromSequence).toBe(1_500);
    expect(versions.at(1)?.fromSequence).toBe(1);
  });

  it('are thinned for their extents too, however few their structures are', async () => {
    const versions = new Versions();
    const pieces = Array.from({ length: 20_000 }, (_, i) => [2 * i, 2 * i + 1] as const);
    for (let i = 1; i <= 60; i += 1) {
      const free = structure('free', 'free', 'free space', [...pieces, [50_000, 50_000 + i]]);
      await add(versions, structure('disk', 'disk', 'disk 1', [[0, 65_536]], [free]), i);
    }
    expect(versions.count).toBeLessThanOrEqual(25);
    expect(versions.forgotten).toBe(60 - versions.count);
  });

  it('have an index for whoever still waits for it when the one who asked first is called off', async () => {
    const versions = new Versions();
    const version = await add(versions, diskTree(), 10);
    const many = Array.from({ length: 3_000 }, (_, i) => structure('file', `f${i}`, `/f${i}`, [[i, i + 1]]));
    const large = await add(versions, structure('disk', 'disk', 'disk 1', [[0, 65_536]], many), 20);
    const calledOff = versions.indexOf(large, () => Promise.reject(new Error('called off')));
    const [first, second] = await Promise.allSettled([calledOff, versions.indexOf(large, atOnce)]);
    expect(first.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { whole: { structure: large.tree } } });
    expect(await versions.indexOf(version, atOnce)).toBe(await versions.indexOf(version, atOnce));
  });

  it('come back from their texts, each told by what has changed', async () => {
    const versions = new Versions();
    await add(versions, diskTree(null), 10);
    versions.touched(12);
    await add(versions, diskTree(), 30);
    await add(
      versions,
      diskTree(
        ext4Tree([
          ['UUID', 'a'],
          ['last mounted', 'today'],
        ]),
      ),
      40,
    );
    const texts = versions.all.map((version, i) => encodeVersion(3, version, versions.all[i - 1] ?? null));
    expect(texts[2]?.length).toBeLessThan((texts[1]?.length ?? 0) / 2);
    let before: Structure | null = null;
    for (const [i, text] of texts.entries()) {
      const read = decodeVersion(text, () => before);
      expect(read).toMatchObject({ disk: 3, fromSequence: versions.all[i]?.fromSequence });
      expect(read?.tree).toEqual(versions.all[i]?.tree);
      before = read?.tree ?? null;
    }
    const first = versions.all[0]?.tree ?? null;
    expect(decodeVersion(texts[1] ?? '', () => first)?.formerUntil).toBe(11);
    expect(decodeVersion(texts[2] ?? '', () => null)).toBeNull();
    expect(decodeVersion('{"disk":1}', () => null)).toBeNull();
  });
});

describe('names of requests', () => {
  const request = (op: number, sequence: number, fromKib: number, toKib: number) => ({
    op,
    sequence,
    offsetBytes: BigInt(fromKib) * KIB,
    lengthBytes: BigInt(toKib - fromKib) * KIB,
  });
  const wordsOf = async (fromKib: number, toKib: number): Promise<string | undefined> => {
    const index = await StructureIndex.build(diskTree(), atOnce);
    return touchedBy(index, request(Op.Write, 1, fromKib, toKib))?.words;
  };

  it('are those of the structures touched, what matters first', async () => {
    expect(await wordsOf(16_384, 16_388)).toBe('journal');
    expect(await wordsOf(1100, 1200)).toBe('inode table, group 0');
    expect(await wordsOf(9216, 9217)).toBe('backup superblock, group 1');
    expect(await wordsOf(2000, 2004)).toBe('free space');
    expect(await wordsOf(1024, 65_000)).toBe('all of ext4');
    expect(await wordsOf(29_999, 30_001)).toBe('/hello and ext4');
    expect(await wordsOf(0, 1)).toBeUndefined();
  });

  it('are given by what came of a write, and by what had been where nothing came of it', async () => {
    const versions = new Versions();
    await add(versions, diskTree(null), 0);
    versions.touched(10);
    await add(versions, diskTree(), 20);
    versions.touched(30);
    await add(versions, diskTree(null), 31);
    const namer = new RequestNamer(versions, atOnce);
    const found = await namer.touched([
      request(Op.Write, 15, 16_384, 16_388),
      request(Op.Read, 5, 16_384, 16_388),
      request(Op.Read, 25, 16_384, 16_388),
      request(Op.Zero, 30, 1025, 1026),
      request(Op.Flush, 30, 0, 0),
    ]);
    expect(found.map((touched) => touched?.words ?? null)).toEqual([
      'journal',
      'partition 1',
      'journal',
      'superblock',
      null,
    ]);
  });
});
