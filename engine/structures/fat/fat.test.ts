import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, fact, ImageFolder, runTool, treeOfImage } from '../testing/images.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

const MIB = 1 << 20;

describe('FAT made by mkfs.vfat', () => {
  it.each([
    [12, 4, ['-s', '8']],
    [16, 32, ['-s', '4', '-f', '1']],
    [16, 32, ['-S', '1024']],
    [32, 64, ['-s', '1']],
  ] as const)('of %d bits in %d MiB (%j) is what fsck.vfat tells', async (bits, sizeMib, options) => {
    const path = folder.image(`fat${bits}-${options.join('')}`, sizeMib * MIB);
    runTool('mkfs.vfat', ['-F', String(bits), '-n', 'NAMED', ...options, path]);
    const file = join(folder.path, 'file');
    for (let i = 1; i <= 6; i += 1) {
      writeFileSync(file, Buffer.alloc(i * 30_000, i));
      runTool('mcopy', ['-i', path, file, `::file${i}`]);
    }
    // Holes in what is used.
    runTool('mdel', ['-i', path, '::file2', '::file4']);
    const told = runTool('fsck.vfat', ['-n', '-v', path]);
    const number = (words: RegExp): number => Number(words.exec(told)?.[1] ?? Number.NaN);
    const fat = at(await treeOfImage(path, STRUCTURE_PARSERS), 'fat');
    expect(fat.name).toBe(`FAT${bits}`);
    expect(fact(fat, 'Label')).toBe('NAMED');
    expect(fact(fat, 'Sector size')).toBe(`${number(/(\d+) bytes per logical sector/)} bytes`);
    expect(fact(fat, 'Clusters')).toBe(String(number(/(\d+) data clusters/)));
    const tables = fat.children.filter((child) => child.kind === 'mapping');
    expect(tables).toHaveLength(number(/(\d+) FATs?, \d+ bit entries/));
    expect(tables[0]?.extents[0]?.startBytes).toBe(BigInt(number(/First FAT starts at byte (\d+)/)));
    const [, used, all] = /(\d+)\/(\d+) clusters/.exec(told) ?? [];
    expect(fact(fat, 'Free clusters')).toBe(String(Number(all) - Number(used)));
    const clusterBytes = BigInt(number(/(\d+) bytes per cluster/));
    const dataStart = BigInt(number(/Data area starts at byte (\d+)/));
    const free = at(fat, 'free').extents;
    expect(free.reduce((sum, extent) => sum + (extent.endBytes - extent.startBytes), 0n)).toBe(
      clusterBytes * BigInt(fact(fat, 'Free clusters') ?? 0),
    );
    // What was deleted stands out, and what is free is empty or was deleted.
    expect(free).toHaveLength(3);
    const image = readFileSync(path);
    for (const { startBytes, endBytes } of free) {
      expect((startBytes - dataStart) % clusterBytes).toBe(0n);
      const kept = [1, 3, 5, 6].some((byte) =>
        image.subarray(Number(startBytes), Number(endBytes)).includes(byte),
      );
      expect(kept).toBe(false);
    }
    if (bits === 32) {
      expect(at(fat, 'backup').extents[0]?.startBytes).toBe(6n * 512n);
      expect(at(fat, 'info').extents[0]?.startBytes).toBe(512n);
    } else {
      expect(at(fat, 'root').extents[0]?.startBytes).toBe(
        BigInt(number(/Root directory starts at byte (\d+)/)),
      );
    }
  });

  it('is not understood when its numbers cannot be', async () => {
    for (const [name, offset, bytes, why] of [
      ['sectors', 32, [0, 0, 0, 0x7f], 'it is said to have 2130706432 sectors'],
      ['table', 22, [1, 0], 'its table is too short for 16'],
      ['room', 22, [0xff, 0xff], 'there is no room for data'],
    ] as const) {
      const path = folder.image(`wrong-${name}`, 32 * MIB + 512);
      runTool('mkfs.vfat', ['-F', '16', '-s', '4', path]);
      const file = openSync(path, 'r+');
      writeSync(file, Uint8Array.from(bytes), 0, bytes.length, offset);
      closeSync(file);
      expect(at(await treeOfImage(path, STRUCTURE_PARSERS), 'fat').name).toContain(
        `FAT: not understood here, because ${why}`,
      );
    }
  });
});

describe('docs/structure-parsers.md', () => {
  it('shows code that is in the parser, and so compiles', () => {
    const doc = readFileSync(resolve(import.meta.dirname, '../../../docs/structure-parsers.md'), 'utf8');
    const source = ['fat.ts', 'fat.test.ts', 'free-clusters.ts', '../parsers.ts']
      .map((file) => readFileSync(resolve(import.meta.dirname, file), 'utf8'))
      .join('\n');
    const shown = [...doc.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(shown.length).toBeGreaterThanOrEqual(4);
    for (const code of shown) {
      for (const part of code.split(/^ *\/\/ \.\.\.\n/m)) expect(source).toContain(part.trimEnd());
    }
  });
});
