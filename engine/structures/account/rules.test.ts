import { describe, expect, it } from 'vitest';
import { Op } from '#shared/events/vocabulary.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { touchedBy } from '../knowledge/request-names.ts';
import { StructureIndex } from '../knowledge/structure-index.ts';
import { diskTree, ext4Tree, structure } from '../testing/trees.ts';
import type { AccountDisk, AccountRule, KnowledgeChange } from './account-rule.ts';
import { Arrays } from './arrays.ts';
import { Discards } from './discards.ts';
import { Files } from './files.ts';
import { GoneFileSystems } from './gone.ts';
import { InodeTables } from './inode-tables.ts';
import { Journals } from './journals.ts';
import { MadeFileSystems } from './made.ts';
import { Metadata } from './metadata.ts';
import { Mounts } from './mounts.ts';
import { PartitionTables } from './partition-tables.ts';
import { UnknownPlaces } from './unknown-places.ts';

const KIB = 1024n;
const atOnce = async (): Promise<void> => {};

const MOUNTED = ext4Tree([
  ['UUID', 'a'],
  ['last mounted', 'today'],
  ['features', 'has_journal needs_recovery'],
]);
const CLOSED = ext4Tree([
  ['UUID', 'a'],
  ['last mounted', 'today'],
  ['features', 'has_journal'],
]);

/** What was known until row 100, and after it. */
function change(before: Structure, after: Structure): AccountDisk {
  const version = (number: number, tree: Structure) => ({
    number,
    tree,
    fromSequence: number === 1 ? 0 : 100,
    structures: 1,
    added: 1,
  });
  const changed: KnowledgeChange = { before: version(1, before), after: version(2, after) };
  return { name: null, changes: [changed] };
}

type Request = readonly [op: number, sequence: number, fromKib: number, toKib: number];

/** What a rule tells of requests that are named by one tree; they come a second apart. */
async function told(rule: AccountRule, tree: Structure, requests: readonly Request[]): Promise<string[]> {
  const index = await StructureIndex.build(tree, atOnce);
  for (const [op, sequence, from, to] of requests) {
    const place = { op, offsetBytes: BigInt(from) * KIB, lengthBytes: BigInt(to - from) * KIB };
    rule.request({ ...place, sequence, us: sequence * 1e6, touched: touchedBy(index, place) });
  }
  return rule.told().map(({ text }) => text);
}

const QUIET: AccountDisk = { name: null, changes: [] };

describe('the account', () => {
  it('tells at which ends a partition table was written', async () => {
    const both: Request[] = [
      [Op.Write, 1, 0, 4],
      [Op.Write, 2, 65_535, 65_536],
    ];
    expect(await told(new PartitionTables(), diskTree(), both)).toEqual([
      'GUID partition table written at both ends of the disk',
    ]);
    expect(await told(new PartitionTables(), diskTree(), both.slice(1))).toEqual([
      'GUID partition table written at the end of the disk alone',
    ]);
    expect(await told(new PartitionTables(), diskTree(), [[Op.Write, 1, 16_384, 16_388]])).toEqual([]);
  });

  it('tells of a file system only where one came to be, with what was written for it', async () => {
    const requests: Request[] = [
      [Op.Trim, 10, 1024, 65_000],
      [Op.Write, 20, 9216, 9217],
      [Op.Zero, 30, 16_384, 20_480],
      [Op.Write, 90, 1025, 1026],
    ];
    expect(await told(new MadeFileSystems(change(diskTree(null), diskTree())), diskTree(), requests)).toEqual(
      [
        'ext4 on partition 1 came to be: all of partition 1 was discarded and 1 backup superblock and a journal of 4 MiB were written',
      ],
    );
    expect(
      await told(new MadeFileSystems(change(diskTree(), diskTree(MOUNTED))), diskTree(), requests),
    ).toEqual([]);
    expect(await told(new MadeFileSystems(change(diskTree(null), diskTree())), diskTree(), [])).toEqual([]);
  });

  it('tells of a mount by what the superblock says, and of its end in good order', async () => {
    const superblock: Request[] = [[Op.Write, 50, 1025, 1026]];
    expect(await told(new Mounts(change(diskTree(), diskTree(MOUNTED))), diskTree(), superblock)).toEqual([
      'ext4 on partition 1 was mounted',
    ]);
    expect(
      await told(new Mounts(change(diskTree(MOUNTED), diskTree(CLOSED))), diskTree(), superblock),
    ).toEqual(['ext4 on partition 1 was closed in good order: unmounted, made read-only or frozen']);
    expect(await told(new Mounts(QUIET), diskTree(), superblock)).toEqual([]);
    const copied = new Mounts(change(diskTree(null), diskTree(MOUNTED)));
    expect(await told(copied, diskTree(MOUNTED), superblock), 'it was mounted elsewhere').toEqual([]);
  });

  it('tells how long after the mount inode tables were zeroed, and of no mount that it does not know of', async () => {
    const requests: Request[] = [
      [Op.Write, 50, 1025, 1026],
      [Op.Zero, 59, 1100, 1356],
      [Op.Zero, 60, 9300, 9556],
    ];
    const mounted = new InodeTables(change(diskTree(), diskTree(MOUNTED)));
    expect(await told(mounted, diskTree(), requests)).toEqual([
      '9.0 s after the mount, the inode tables of groups 0 and 1 of ext4 on partition 1 were zeroed',
    ]);
    expect(await told(new InodeTables(QUIET), diskTree(), requests.slice(2))).toEqual([
      'the inode table of group 1 of ext4 on partition 1 was zeroed',
    ]);
    const made = new InodeTables(change(diskTree(null), diskTree()));
    expect(await told(made, diskTree(), requests)).toEqual([]);
  });

  it('tells of journals, files, metadata and what was trimmed', async () => {
    const write = (from: number, to: number): Request[] => [
      [Op.Write, 200, from, to],
      [Op.Write, 201, from, to],
    ];
    expect(await told(new Journals(QUIET), diskTree(), write(16_384, 16_388))).toEqual([
      'the journal of ext4 on partition 1 was written twice, 8 KiB',
    ]);
    expect(await told(new Files(QUIET), diskTree(), write(30_000, 30_008))).toEqual([
      '/hello on ext4 on partition 1 was written, 16 KiB',
    ]);
    expect(await told(new Metadata(QUIET), diskTree(), write(1025, 1026))).toEqual([
      'metadata of ext4 on partition 1 was written twice: superblock',
    ]);
    expect(await told(new Discards(QUIET), diskTree(), [[Op.Trim, 5, 2000, 2064]])).toEqual([
      '64 KiB of the free space of ext4 on partition 1 were trimmed',
    ]);
    expect(
      await told(new Discards(change(diskTree(null), diskTree())), diskTree(), [[Op.Trim, 5, 1024, 65_000]]),
    ).toEqual([]);
  });

  it('tells of no file system that came or went where its place was not read, moved, or was only written to', async () => {
    const write: Request[] = [[Op.Write, 50, 1024, 1032]];
    const unread = diskTree(structure('notUnderstood', 'unread', 'what may be here', []));
    expect(await told(new GoneFileSystems(change(diskTree(), unread)), diskTree(), write)).toEqual([]);
    expect(await told(new MadeFileSystems(change(unread, diskTree())), diskTree(), write)).toEqual([]);
    const [table, ...others] = diskTree().children;
    const moved: Structure = {
      ...diskTree(),
      children: table === undefined ? others : [{ ...table, key: 'mbr' }],
    };
    expect(await told(new GoneFileSystems(change(diskTree(), moved)), diskTree(), write)).toEqual([]);
    expect(await told(new MadeFileSystems(change(diskTree(), moved)), moved, write)).toEqual([]);
    const elsewhere: Request[] = [[Op.Write, 50, 30_000, 30_004]];
    expect(
      await told(new GoneFileSystems(change(diskTree(), diskTree(null))), diskTree(), elsewhere),
    ).toEqual([]);
  });

  it('counts a request once that touched several things, and of a long one only what lies on what is named', async () => {
    const rule = new Metadata(QUIET);
    expect(await told(rule, diskTree(), [[Op.Write, 7, 1024, 1356]])).toEqual([
      expect.stringMatching(/^metadata of ext4 on partition 1 was written once: .* and /),
    ]);
    expect(rule.told().map(({ evidence }) => evidence.requests)).toEqual([1]);
    // From the table of group 0 far into free space.
    const [trimmed] = await told(new Discards(QUIET), diskTree(), [[Op.Trim, 5, 1100, 3000]]);
    expect(trimmed).toContain('256 KiB in 1 request');
  });

  it('tells that a file system is gone, and of places of which nothing is known', async () => {
    const gone = new GoneFileSystems(change(diskTree(), diskTree(null)));
    expect(await told(gone, diskTree(), [[Op.Write, 50, 1024, 1032]])).toEqual([
      'ext4 on partition 1 was overwritten: it is there no longer',
    ]);
    expect(await told(new UnknownPlaces(), diskTree(null), [[Op.Write, 50, 2000, 2004]])).toEqual([
      'places where nothing is known to lie were written once, 4 KiB',
    ]);
    expect(await told(new Arrays(), diskTree(), [[Op.Write, 50, 2000, 2004]])).toEqual([]);
  });
});
