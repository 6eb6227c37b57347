import { closeSync, openSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Structure } from '#shared/structures/structure.ts';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, fact, ImageFolder, runTool, treeOfImage } from '../testing/images.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

const MIB = 1 << 20;
const EXTENDED = `label: dos
label-id: 0x1234abcd
size=8MiB, type=c, bootable
size=4MiB, type=82
type=5
size=4MiB, type=83
size=8MiB, type=fd
type=8e
`;

interface Told {
  readonly partitiontable: {
    readonly id: string;
    readonly partitions: readonly {
      node: string;
      start: number;
      size: number;
      type: string;
      bootable?: boolean;
    }[];
  };
}

function partitions(structure: Structure): Structure[] {
  return structure.children.flatMap((child) =>
    child.kind === 'partition' ? [child, ...partitions(child)] : [],
  );
}

function patch(path: string, offsetBytes: number, bytes: readonly number[]): void {
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.from(bytes), 0, bytes.length, offsetBytes);
  closeSync(file);
}

function extendedDisk(name: string): { readonly path: string; readonly told: Told } {
  const path = folder.image(name, 64 * MIB);
  runTool('sfdisk', [path], EXTENDED);
  return { path, told: JSON.parse(runTool('sfdisk', ['--json', path])) };
}

describe('MBR made by sfdisk', () => {
  it('has the primary, extended and logical partitions that sfdisk --json tells', async () => {
    const { path, told } = extendedDisk('extended');
    const mbr = at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr');
    const found = partitions(mbr);
    expect(found.map((partition) => partition.key)).toEqual(['p1', 'p2', 'p3', 'p5', 'p6', 'p7']);
    for (const one of told.partitiontable.partitions) {
      const partition = found.find((each) => one.node.endsWith(each.key.slice(1)));
      expect(partition?.extents).toEqual([
        { startBytes: BigInt(one.start) * 512n, endBytes: BigInt(one.start + one.size) * 512n },
      ]);
      expect(fact(partition ?? mbr, 'Type')).toContain(`(0x${one.type.padStart(2, '0')})`);
      expect(fact(partition ?? mbr, 'Active')).toBe(one.bootable ? 'yes' : undefined);
    }
    expect(fact(mbr, 'Disk signature')).toBe(told.partitiontable.id);
    expect(at(mbr, 'p3/p6').name).toBe('partition 6');
    expect(at(mbr, 'p3/record:5').extents[0]?.startBytes).toBe(at(mbr, 'p3').extents[0]?.startBytes);
  });

  it('ends a chain of logical partitions that comes back to itself, or leads nowhere', async () => {
    const { path, told } = extendedDisk('loop');
    const [, , extended, , logical] = told.partitiontable.partitions;
    // Where the second record says the third is.
    const nextAt = ((logical?.start ?? 0) - 2048) * 512 + 446 + 16 + 8;
    patch(path, nextAt, [0, 0, 0, 0]);
    const loop = at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr/p3');
    expect(at(loop, 'chain').name).toBe(
      `logical partitions: not understood here, because the chain comes back to sector ${extended?.start}`,
    );
    expect(partitions(loop).map((partition) => partition.key)).toEqual(['p5', 'p6']);
    patch(path, nextAt, [0xff, 0xff, 0xff, 0x7f]);
    expect(at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr/p3/chain').name).toMatch(
      /past the end of the disk$/,
    );
    patch(path, nextAt, [1, 0, 0, 0]);
    expect(at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr/p3/chain').name).toMatch(/holds no record$/);
  });

  it('says of a partition that reaches past the end, or overlaps, that it does', async () => {
    const { path } = extendedDisk('past');
    patch(path, 446 + 12, [0, 0, 0x10, 0]);
    const mbr = at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr');
    expect(fact(at(mbr, 'p1'), 'Problem')).toBe('it reaches past the end of the disk');
    expect(at(mbr, 'p1').extents[0]?.endBytes).toBe(BigInt(64 * MIB));
    expect(fact(at(mbr, 'p2'), 'Problem')).toBe('it overlaps another partition');
  });

  it('leaves the protective MBR to the GPT, and speaks up for one without', async () => {
    const path = folder.image('protective', 8 * MIB);
    runTool('sgdisk', ['-n', '1:0:0', path]);
    expect((await treeOfImage(path, STRUCTURE_PARSERS)).children.map((child) => child.key)).toEqual(['gpt']);
    patch(path, 512, [0]);
    patch(path, 8 * MIB - 512, [0]);
    const mbr = at(await treeOfImage(path, STRUCTURE_PARSERS), 'mbr');
    expect(at(mbr, 'p1').name).toBe('protective partition 1');
  });

  it('takes a hybrid MBR for what it is', async () => {
    const path = folder.image('hybrid', 8 * MIB);
    runTool('sgdisk', ['-n', '1:0:+2M', '-n', '2:0:0', path]);
    runTool('sgdisk', ['-h', '1', path]);
    const root = await treeOfImage(path, STRUCTURE_PARSERS);
    expect(root.children.map((child) => [child.key, child.name])).toEqual([
      ['gpt', 'GUID partition table'],
      ['mbr', 'hybrid MBR'],
    ]);
    expect(partitions(at(root, 'mbr'))[0]?.extents).toEqual(at(root, 'gpt/p1').extents);
  });

  it('does not take the boot sector of a FAT file system for one', async () => {
    const path = folder.image('fat', 8 * MIB);
    runTool('mkfs.vfat', [path]);
    const root = await treeOfImage(path, STRUCTURE_PARSERS);
    expect(root.children.map((child) => child.key)).toEqual(['fat']);
  });
});
