import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Extent } from '#shared/structures/structure.ts';
import { MemoryAllowance } from '../../nbd/memory-allowance.ts';
import { readRange } from '../../nbd/own-request.ts';
import { dataPlugin } from '../../nbd/plugins/data.ts';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, fact, ImageFolder, runTool, treeOfImage, treesOf } from '../testing/images.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

const MIB = 1 << 20;

function overwrite(path: string, offsetBytes: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offsetBytes);
  closeSync(file);
}

/** A disk of 64 MiB with three partitions, made by sgdisk. */
function threePartitions(name: string): string {
  const path = folder.image(name, 64 * MIB);
  runTool('sgdisk', [
    ...['-n', '1:2048:+8M', '-t', '1:ef00', '-c', '1:the boot'],
    ...['-n', '2:0:+16M', '-t', '2:8200', '-A', '2:set:2', '-A', '2:set:60'],
    ...['-n', '5:65536:0', '-t', '5:fd00', '-c', '5:größe "x"'],
    path,
  ]);
  return path;
}

describe('GPT made by sgdisk', () => {
  it('has the partitions that sgdisk -i tells, where it tells them', async () => {
    const path = threePartitions('sgdisk');
    const root = await treeOfImage(path, STRUCTURE_PARSERS);
    const gpt = at(root, 'gpt');
    expect(gpt.children.filter((child) => child.kind === 'partition').map((child) => child.key)).toEqual([
      'p1',
      'p2',
      'p5',
    ]);
    for (const number of [1, 2, 5]) {
      const told = runTool('sgdisk', ['-i', String(number), path]);
      const value = (label: string): string => new RegExp(`^${label}: (.*)$`, 'm').exec(told)?.[1] ?? '';
      const partition = at(gpt, `p${number}`);
      const first = BigInt(value('First sector').split(' ')[0] ?? '');
      const last = BigInt(value('Last sector').split(' ')[0] ?? '');
      expect(partition.extents).toEqual([{ startBytes: first * 512n, endBytes: (last + 1n) * 512n }]);
      expect(fact(partition, 'Type')).toContain(value('Partition GUID code').split(' ')[0] ?? '');
      expect(fact(partition, 'GUID')).toBe(value('Partition unique GUID'));
      expect(fact(partition, 'Name') ?? '').toBe(value('Partition name').slice(1, -1));
    }
    expect(fact(at(gpt, 'p2'), 'Attributes')).toBe('legacy BIOS bootable, read-only');
    expect(fact(at(gpt, 'p1'), 'Type')).toMatch(/^EFI system/);
  });

  it('names both copies, what the whole is called, and the space between partitions', async () => {
    const path = threePartitions('whole');
    const told = runTool('sgdisk', ['-p', path]);
    const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt');
    expect(told).toContain(fact(gpt, 'Disk GUID'));
    expect(fact(gpt, 'Copies')).toBe('both are good and equal');
    expect(
      gpt.children.map((child) => [child.key, child.extents.map((extent) => inSectors(extent))]),
    ).toEqual([
      ['protectiveMbr', ['0+1']],
      ['primaryHeader', ['1+1']],
      ['primaryEntries', ['2+32']],
      ['p1', ['2048+16384']],
      ['p2', ['18432+32768']],
      ['p5', ['65536+65503']],
      ['free', ['34+2014', '51200+14336']],
      ['backupEntries', ['131039+32']],
      ['backupHeader', ['131071+1']],
    ]);
  });

  it('takes the backup when the first copy is damaged, and says so', async () => {
    for (const [what, offset] of [
      ['header', 512 + 60],
      ['entries', 1024 + 10],
    ] as const) {
      const path = threePartitions(`damaged-${what}`);
      const before = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt/p5');
      overwrite(path, offset, Uint8Array.of(0x5a));
      const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt');
      expect(at(gpt, 'p5')).toEqual(before);
      expect(fact(gpt, 'Copies')).toBe(
        `the backup is used: the table is damaged: the checksum of the ${what} is wrong`,
      );
      expect(at(gpt, 'primaryHeader').name).toBe(
        `GPT header: not understood here, because the checksum of the ${what} is wrong`,
      );
    }
  });

  it('finds the backup where the first copy is gone without a trace', async () => {
    const path = threePartitions('gone');
    overwrite(path, 0, new Uint8Array(17_408));
    const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt');
    expect(fact(gpt, 'Copies')).toBe('the backup is used: there is no table');
    expect(at(gpt, 'p2').kind).toBe('partition');
  });

  it('says what is wrong when both copies are damaged, and when they differ', async () => {
    const path = threePartitions('both');
    overwrite(path, 64 * MIB - 512 + 56, Uint8Array.of(1, 2, 3));
    expect(fact(at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt'), 'Copies')).toBe(
      'the backup is damaged: the checksum of the header is wrong',
    );
    overwrite(path, 512 + 56, Uint8Array.of(1, 2, 3));
    const root = await treeOfImage(path, STRUCTURE_PARSERS);
    expect(at(root, 'gpt').kind).toBe('notUnderstood');
    expect(at(root, 'gpt').name).toBe(
      'GPT: not understood here, because the table is damaged: the checksum of the header is wrong, ' +
        'the backup is damaged: the checksum of the header is wrong',
    );

    const grown = threePartitions('other');
    const other = threePartitions('another');
    runTool('sh', [
      '-c',
      `tail -c 16896 ${other} | dd of=${grown} bs=512 seek=131039 conv=notrunc status=none`,
    ]);
    expect(fact(at(await treeOfImage(grown, STRUCTURE_PARSERS), 'gpt'), 'Copies')).toBe(
      'both are good, but differ in their entries, the disk’s GUID',
    );
  });

  it('finds the backup of a disk that has grown where the first copy says it is', async () => {
    const path = threePartitions('grown');
    runTool('truncate', ['-s', '96M', path]);
    const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt');
    expect(fact(gpt, 'Copies')).toBe(
      'both are good and equal; the backup is at sector 131071, not at the disk’s end',
    );
  });
});

describe('GPT made by sfdisk and fdisk', () => {
  it.each([4, 1000])('is what sfdisk --json tells with room for %d partitions', async (length) => {
    const path = folder.image(`sfdisk-${length}`, 64 * MIB);
    const script = `label: gpt\ntable-length: ${length}\nsize=8MiB, type=linux, name=a\nsize=16MiB, type=swap\ntype=raid\n`;
    runTool('sfdisk', [path], script);
    const told: { partitiontable: { id: string; partitions: { start: number; size: number }[] } } =
      JSON.parse(runTool('sfdisk', ['--json', path]));
    const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS), 'gpt');
    expect(fact(gpt, 'Disk GUID')).toBe(told.partitiontable.id);
    expect(fact(gpt, 'Entries')).toBe(`${length} of 128 bytes, 3 in use`);
    expect(fact(gpt, 'Copies')).toBe('both are good and equal');
    const partitions = gpt.children.filter((child) => child.kind === 'partition');
    expect(partitions.map((child) => child.extents.map((extent) => inSectors(extent)))).toEqual(
      told.partitiontable.partitions.map((one) => [`${one.start}+${one.size}`]),
    );
  });

  it('is read with sectors of 4096 bytes whatever the disk is said to have', async () => {
    const path = folder.image('fdisk', 256 * MIB);
    runTool('fdisk', ['-b', '4096', path], 'g\nn\n1\n\n+32M\nn\n3\n\n\nw\n');
    const told = runTool('fdisk', ['-b', '4096', '-l', '-o', 'start,sectors', path]);
    const lines = [...told.matchAll(/^ *(\d+) +(\d+)$/gm)].map(([, start, count]) => `${start}+${count}`);
    expect(lines).toHaveLength(2);
    for (const sectorBytes of [512, 4096]) {
      const gpt = at(await treeOfImage(path, STRUCTURE_PARSERS, sectorBytes), 'gpt');
      expect(fact(gpt, 'Sector size')).toBe('4096 bytes');
      expect(fact(gpt, 'Copies')).toBe('both are good and equal');
      const partitions = gpt.children.filter((child) => child.kind === 'partition');
      expect(
        partitions.map((child) => child.extents.map((extent) => inSectors(extent, 4096n)).join()),
      ).toEqual(lines);
    }
  });
});

describe('the disk of seven exabytes', () => {
  it('has both copies of its table and the partition between them, read through the disk that is hosted', async () => {
    const data = readFileSync(
      resolve(import.meta.dirname, '../../../assets/disks/seven-exabytes.data'),
      'utf8',
    );
    const { backend } = await dataPlugin.create(
      [
        ['data', data],
        ['size', '7E'],
      ],
      { allowance: new MemoryAllowance(1 << 30), readOnly: true, allowFiles: false },
    );
    const source = {
      sizeBytes: backend.sizeBytes,
      readAt: async (offset: bigint, length: number) => (await readRange(backend, offset, length)).bytes,
    };
    const [root] = await treesOf([source], STRUCTURE_PARSERS);
    const end = 7n << 60n;
    const gpt = at(root ?? raise(), 'gpt');
    expect(fact(gpt, 'Copies')).toBe('both are good and equal');
    expect(at(gpt, 'backupHeader').extents).toEqual([{ startBytes: end - 512n, endBytes: end }]);
    expect(at(gpt, 'backupEntries').extents[0]?.startBytes).toBe(end - 512n - 16_384n);
    expect(at(gpt, 'p1').extents).toEqual([
      { startBytes: 65_536n, endBytes: (0x37ffffffffff80n + 1n) * 512n },
    ]);
    expect(fact(at(gpt, 'p1'), 'Size')).toBe('7 EiB');
    await backend.dispose();
  });
});

function raise(): never {
  throw new Error('no tree');
}

function inSectors(extent: Extent, sectorBytes = 512n): string {
  return `${extent.startBytes / sectorBytes}+${(extent.endBytes - extent.startBytes) / sectorBytes}`;
}
