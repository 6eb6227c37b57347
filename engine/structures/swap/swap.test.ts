import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { STRUCTURE_PARSERS } from '../parsers.ts';
import { at, fact, ImageFolder, runTool, treeOfImage } from '../testing/images.ts';

const folder = new ImageFolder();
afterAll(() => folder.remove());

const MIB = 1 << 20;
const UUID = '01234567-89ab-4cde-8f01-23456789abcd';

function patch(path: string, offsetBytes: number, bytes: Uint8Array): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, offsetBytes);
  closeSync(file);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

describe('swap made by mkswap', () => {
  it.each([4096, 8192, 16_384, 32_768, 65_536])(
    'has what mkswap was told, with pages of %d',
    async (pageBytes) => {
      const path = folder.image(`swap-${pageBytes}`, 4 * MIB);
      runTool('mkswap', ['-p', String(pageBytes), '-L', 'swäp', '-U', UUID, path]);
      const swap = at(await treeOfImage(path, STRUCTURE_PARSERS), 'swap');
      expect(fact(swap, 'Page size')).toBe(`${pageBytes / 1024} KiB`);
      expect(fact(swap, 'Pages')).toBe(String((4 * MIB) / pageBytes - 1));
      expect(fact(swap, 'Label')).toBe('swäp');
      expect(fact(swap, 'UUID')).toBe(UUID);
      expect(at(swap, 'header').extents).toEqual([{ startBytes: 0n, endBytes: BigInt(pageBytes) }]);
      expect(at(swap, 'pages').extents).toEqual([
        { startBytes: BigInt(pageBytes), endBytes: BigInt(4 * MIB) },
      ]);
    },
  );

  it('is found in the partition that it is in', async () => {
    const path = folder.image('in-partition', 8 * MIB);
    runTool('sfdisk', [path], 'label: dos\nstart=2048, size=4MiB, type=82\n');
    const inner = folder.image('inner', 4 * MIB);
    runTool('mkswap', [inner]);
    const page = new Uint8Array(4096);
    const file = openSync(inner, 'r');
    readSync(file, page, 0, 4096, 0);
    closeSync(file);
    patch(path, MIB, page);
    const root = await treeOfImage(path, STRUCTURE_PARSERS);
    expect(at(root, 'mbr/p1/swap/pages').extents).toEqual([
      { startBytes: BigInt(MIB + 4096), endBytes: BigInt(5 * MIB) },
    ]);
  });

  it('has the bad pages that its header lists', async () => {
    const path = folder.image('bad', MIB);
    runTool('mkswap', [path]);
    patch(path, 1024 + 8, u32(2));
    patch(path, 1536, u32(9));
    patch(path, 1540, u32(7));
    const swap = at(await treeOfImage(path, STRUCTURE_PARSERS), 'swap');
    expect(at(swap, 'bad').extents.map((extent) => extent.startBytes / 4096n)).toEqual([7n, 9n]);
  });

  it('is not understood with a version, a size or bad pages that cannot be', async () => {
    for (const [name, offset, value, why] of [
      ['version', 1024, 7, 'version 7 is not known'],
      ['empty', 1028, 0, 'it is said to be empty'],
      ['bad', 1032, 100_000, 'it is said to have 100000 bad pages'],
    ] as const) {
      const path = folder.image(`wrong-${name}`, MIB);
      runTool('mkswap', [path]);
      patch(path, offset, u32(value));
      expect(at(await treeOfImage(path, STRUCTURE_PARSERS), 'swap').name).toBe(
        `swap: not understood here, because ${why}`,
      );
    }
  });

  it('is clipped to the disk when it reaches past its end, and says so', async () => {
    const path = folder.image('cut', 4 * MIB);
    runTool('mkswap', [path]);
    runTool('truncate', ['-s', '2M', path]);
    const swap = at(await treeOfImage(path, STRUCTURE_PARSERS), 'swap');
    expect(fact(swap, 'Problem')).toBe('it reaches past the end of the disk');
    expect(at(swap, 'pages').extents.at(-1)?.endBytes).toBe(BigInt(2 * MIB));
  });
});
