import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Structure } from '#shared/structures/structure.ts';
import { at, fact, ImageFolder } from '../testing/images.ts';
import { debugfs, statInodes } from './testing/debugfs.ts';
import { dumpe2fs } from './testing/dumpe2fs.ts';
import { makeExt } from './testing/ext-images.ts';
import { blocksOf, parseImage, walk } from './testing/parse-image.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

describe('what is special', () => {
  it('follows an extent tree of three levels below its root', async () => {
    const image = makeExt(folder, 'deep tree', '256M', ['-t', 'ext4', '-b', '1024']);
    writeFileSync(`${image}.empty`, '');
    const holes = Array.from({ length: 30_000 }, (_, index) => `punch f ${index * 4 + 1} ${index * 4 + 1}`);
    debugfs(image, [`write ${image}.empty f`, 'fallocate f 0 121000', ...holes], true);
    const file = byName(await parseImage(image), '/f');
    const [stat] = statInodes(image, [Number(fact(file, 'inode'))]);
    expect(stat?.ownBlocks.length).toBeGreaterThan(300);
    expect(blockSet(at(file, 'mapping'))).toEqual(new Set(stat?.ownBlocks));
    const theirs = stat?.runs.map(({ logicalBlock, firstBlock, count }) => [logicalBlock, firstBlock, count]);
    const ours = file.extents
      .toSorted((a, b) => Number((a.fileBytes ?? 0n) - (b.fileBytes ?? 0n)))
      .map(({ startBytes, endBytes, fileBytes = 0n }) => [
        Number(fileBytes / 1024n),
        Number(startBytes / 1024n),
        Number((endBytes - startBytes) / 1024n),
      ]);
    expect(ours).toEqual(theirs);
    expect(fact(file, 'reserved but not yet written')).toBe('91,001 blocks');
  });

  it('follows blocks of block numbers through three levels', async () => {
    const source = join(folder.path, 'sparse');
    mkdirSync(source);
    const file = openSync(join(source, 'sparse'), 'w');
    // With blocks of 1 KiB: direct, indirect, double and triple indirect.
    for (const offset of [0, 100 << 10, 10 << 20, 100 << 20])
      writeSync(file, Buffer.alloc(4096, 's'), 0, 4096, offset);
    closeSync(file);
    const image = makeExt(folder, 'triple', '32M', ['-t', 'ext2', '-b', '1024'], source);
    const sparse = byName(await parseImage(image), '/sparse');
    const [stat] = statInodes(image, [Number(fact(sparse, 'inode'))]);
    expect(stat?.ownBlocks).toHaveLength(6);
    expect(blockSet(at(sparse, 'mapping'))).toEqual(new Set(stat?.ownBlocks));
    expect(sparse.extents.map(({ fileBytes }) => fileBytes)).toEqual([
      0n,
      100n << 10n,
      10n << 20n,
      100n << 20n,
    ]);
  });

  it('tells of an external journal on both devices', async () => {
    for (const blockBytes of [1024, 4096]) {
      const options = ['-b', `${blockBytes}`, '-O', 'journal_dev'];
      const journal = makeExt(folder, `journal ${blockBytes}`, '16M', options);
      const { head } = dumpe2fs(journal);
      const device = await parseImage(journal);
      expect(device.key).toBe('journalDevice');
      expect(fact(device, 'UUID')).toBe(head.get('Filesystem UUID'));
      expect(fact(device, 'size')).toContain(
        `${Number(head.get('Total journal blocks')).toLocaleString('en')} blocks`,
      );
      const first = blocksOf(at(device, 'journalSuperblock'), blockBytes)[0]?.firstBlock;
      expect((first ?? 0) + 1).toBe(Number(head.get('Journal first block')));
    }
  });

  it('tells where the orphans are, and what a deleted file had that nothing else has taken', async () => {
    const image = makeExt(folder, 'orphans', '32M', ['-t', 'ext4', '-b', '1024']);
    writeFileSync(`${image}.data`, Buffer.alloc(50_000, 'd'));
    const files = ['kept', 'removed', 'orphan-1', 'orphan-2', 'unnamed'];
    debugfs(
      image,
      files.map((name) => `write ${image}.data ${name}`),
      true,
    );
    const before = await parseImage(image);
    const inodeOf = (name: string): string => fact(byName(before, `/${name}`), 'inode') ?? '';
    const removed = byName(before, '/removed');
    const [first, second] = [inodeOf('orphan-1'), inodeOf('orphan-2')];
    const unlinked = ['orphan-1', 'orphan-2', 'unnamed'].map((name) => `unlink ${name}`);
    const list = [
      `ssv last_orphan ${first}`,
      `sif <${first}> links_count 0`,
      `sif <${first}> dtime ${second}`,
    ];
    debugfs(image, ['rm removed', ...unlinked, ...list, `sif <${second}> links_count 0`], true);
    const after = await parseImage(image);
    expect(at(after, 'orphans').children.map(({ key }) => key)).toEqual([
      `inode:${first}`,
      `inode:${second}`,
    ]);
    expect(at(after, 'unnamed').children.map(({ key }) => key)).toEqual([`inode:${inodeOf('unnamed')}`]);
    expect(at(after, `unnamed/inode:${inodeOf('unnamed')}`).extents).toEqual(
      byName(before, '/unnamed').extents,
    );
    const deleted = at(after, 'deleted').children;
    expect(deleted.map(({ key }) => key)).toEqual([removed.key]);
    expect(deleted[0]?.extents).toEqual(removed.extents);
    const startBytes = removed.extents[0]?.startBytes ?? 0n;
    const blockBytes = 1024n;
    debugfs(image, [`setb ${startBytes / blockBytes + 2n} 3`], true);
    const endBytes = removed.extents[0]?.endBytes ?? 0n;
    expect(at(await parseImage(image), `deleted/${removed.key}`).extents).toEqual([
      { startBytes, endBytes: startBytes + 2n * blockBytes, fileBytes: 0n },
      { startBytes: startBytes + 5n * blockBytes, endBytes, fileBytes: 5n * blockBytes },
    ]);
  });

  it('tells the orphans that the orphan file names', async () => {
    const image = makeExt(folder, 'orphan file', '32M', ['-t', 'ext4', '-b', '1024', '-O', 'orphan_file']);
    debugfs(image, ['write /dev/null orphan', 'write /dev/null other'], true);
    const before = await parseImage(image);
    const inode = Number(fact(byName(before, '/orphan'), 'inode'));
    const file = openSync(image, 'r+');
    const place = Number(at(before, 'orphanFile').extents[0]?.startBytes) + 40;
    writeSync(file, Uint32Array.of(inode), 0, 4, place);
    closeSync(file);
    debugfs(image, ['unlink orphan', `sif <${inode}> links_count 0`], true);
    const after = await parseImage(image);
    expect(at(after, 'orphans').children.map(({ key }) => key)).toEqual([`inode:${inode}`]);
    expect(after.children.map(({ key }) => key)).not.toContain('unnamed');
  });

  it('tells values of attributes that have inodes of their own', async () => {
    const image = makeExt(folder, 'attributes', '32M', ['-t', 'ext4', '-b', '1024', '-O', 'ea_inode']);
    writeFileSync(`${image}.value`, 'v'.repeat(1024));
    debugfs(image, ['write /dev/null file', `ea_set -f ${image}.value file user.large`], true);
    const root = await parseImage(image);
    const values = at(root, 'attributeValues').children;
    expect(values.map((value) => fact(value, 'size'))).toEqual(['1 KiB (1,024 bytes)']);
    const [stat] = statInodes(
      image,
      values.map((value) => Number(fact(value, 'inode'))),
    );
    expect(values.flatMap((value) => blocksOf(value, 1024))).toEqual(
      stat?.runs.map(({ firstBlock, count }) => ({ firstBlock, count })),
    );
    expect(root.children.map(({ key }) => key)).not.toContain('unnamed');
  });

  it('reads a journal of version 1', async () => {
    const image = makeExt(folder, 'version 1', '32M', ['-t', 'ext3', '-b', '1024']);
    const start = Number(at(await parseImage(image), 'journal').extents[0]?.startBytes);
    const file = openSync(image, 'r+');
    writeSync(file, Uint8Array.of(0, 0, 0, 3), 0, 4, start + 4);
    closeSync(file);
    const journal = at(await parseImage(image), 'journal');
    expect(fact(journal, 'format')).toBe('version 1');
    expect(fact(journal, 'features')).toBe('none');
  });

  it('tells the journal that waits to be replayed', async () => {
    const image = makeExt(folder, 'replay', '32M', ['-t', 'ext4', '-b', '1024']);
    debugfs(image, ['jo -c', 'jw -b 333 /dev/zero', 'jc'], true);
    const { head } = dumpe2fs(image);
    const journal = at(await parseImage(image), 'journal');
    expect(Number(head.get('Journal start'))).toBeGreaterThan(0);
    expect(fact(journal, 'log')).toBe(
      `to be replayed from block ${head.get('Journal start')} of the journal on`,
    );
    expect(fact(journal, 'next transaction')).toBe(`${Number(head.get('Journal sequence'))}`);
    expect(fact(journal, 'features')).toContain('checksum_v3');
    expect(fact(journal, 'checksum')).toBe('right');
  });
});

function byName(root: Structure, name: string): Structure {
  for (const structure of walk(at(root, 'files'))) if (structure.name === name) return structure;
  throw new Error(`there is no ${name}`);
}

function blockSet(structure: Structure): Set<number> {
  return new Set(
    blocksOf(structure, 1024).flatMap(({ firstBlock, count }) =>
      Array.from({ length: count }, (_, index) => firstBlock + index),
    ),
  );
}
