import { describe, expect, it } from 'vitest';
import type { Structure } from '#shared/structures/structure.ts';
import { readStructures } from './read-structures.ts';
import { SliceVolume } from './slice-volume.ts';
import { NotUnderstood, type StructureParser } from './structure-parser.ts';
import { at, diskOf, SparseSource, UNHURRIED } from './testing/images.ts';

const EMPTY = new SparseSource(1n << 20n, []);

function parserOf(name: string, parse: StructureParser['parse']): StructureParser {
  return { name, parse };
}

function structure(key: string, more: Partial<Structure> = {}): Structure {
  return { key, kind: 'otherMetadata', name: key, facts: [], extents: [], children: [], ...more };
}

async function rootWith(...parsers: readonly StructureParser[]): Promise<Structure> {
  const [tree] = await readStructures([diskOf(EMPTY)], parsers, UNHURRIED);
  if (tree === undefined) throw new Error('no tree');
  return tree.root;
}

describe('readStructures', () => {
  it('says of a parser that throws, whatever it throws, that something is not understood', async () => {
    const root = await rootWith(
      parserOf('A', () => {
        throw new NotUnderstood('it is upside down', [{ startBytes: 512n, endBytes: 1024n }]);
      }),
      parserOf('B b', () => Promise.reject(new TypeError('x is undefined'))),
      parserOf('C', async () => ({ structure: structure('c'), volumes: [] })),
    );
    expect(root.children.map(({ key, kind, name }) => [key, kind, name])).toEqual([
      ['a', 'notUnderstood', 'A: not understood here, because it is upside down'],
      [
        'b-b',
        'notUnderstood',
        'B b: not understood here, because it does not hold together (x is undefined)',
      ],
      ['c', 'otherMetadata', 'c'],
    ]);
    expect(at(root, 'a').extents).toEqual([{ startBytes: 512n, endBytes: 1024n }]);
  });

  it('says once that the disk cannot be read, not once a parser', async () => {
    const broken = { sizeBytes: 1n << 20n, readAt: () => Promise.reject(new Error('EIO')) };
    const read: StructureParser['parse'] = async (volume) => {
      await volume.read(0n, 512);
      return null;
    };
    const [tree] = await readStructures(
      [diskOf(broken)],
      [parserOf('A', read), parserOf('B', read)],
      UNHURRIED,
    );
    expect(tree?.root.children.map(({ name }) => name)).toEqual([
      'what may be here: not understood here, because 4096 bytes at 0 could not be read (EIO)',
    ]);
  });

  it('passes on what tells the work to stop, though a parser wraps it', async () => {
    const stop = new Error('stop');
    let breaths = 0;
    const breathe = async (): Promise<void> => {
      breaths += 1;
      if (breaths > 3) throw stop;
    };
    const endless = parserOf('endless', async (_, limits) => {
      try {
        for (;;) await limits.breathe();
      } catch {
        throw new NotUnderstood('of something else');
      }
    });
    await expect(readStructures([diskOf(EMPTY)], [endless], { maxStructures: 10, breathe })).rejects.toBe(
      stop,
    );
  });

  it('ends in volumes that hold each other for ever', async () => {
    const nested = parserOf('nested', async (volume) => ({
      structure: structure('in', { children: [structure('side')] }),
      volumes: [1n, 2n, 3n].map((startBytes) => ({
        path: 'side',
        volume: new SliceVolume(volume, { startBytes, endBytes: volume.sizeBytes }, 'a part'),
      })),
    }));
    let root = await rootWith(nested);
    let depth = 0;
    while (root.children.length > 0 && depth < 100) {
      const next = root.children.find((child) => child.children.length > 0) ?? root.children[0];
      if (next === undefined) break;
      root = next;
      depth += 1;
    }
    expect(depth).toBeLessThan(20);
  });

  it('places what was found in a volume of a volume as bytes of the disk, within it, each byte once', async () => {
    const outer = parserOf('outer', async (volume) =>
      volume.sizeBytes < 1n << 20n
        ? null
        : {
            structure: structure('table', { children: [structure('p1', { children: [structure('p5')] })] }),
            volumes: [
              {
                path: 'p1/p5',
                volume: new SliceVolume(volume, { startBytes: 4096n, endBytes: 65_536n }, 'p5'),
              },
            ],
          },
    );
    const inner = parserOf('inner', async (volume) => ({
      structure: structure('fs', {
        extents: [
          { startBytes: 100n, endBytes: 200n, fileBytes: 1000n },
          { startBytes: 0n, endBytes: 150n, fileBytes: 0n },
          { startBytes: 60_000n, endBytes: volume.sizeBytes * 2n },
          { startBytes: 70n, endBytes: 60n },
        ],
      }),
      volumes: [],
    }));
    const root = await rootWith(outer, inner);
    expect(at(root, 'table/p1/p5/fs').extents).toEqual([
      { startBytes: 4096n, endBytes: 4246n, fileBytes: 0n },
      { startBytes: 4246n, endBytes: 4296n, fileBytes: 1050n },
      { startBytes: 64_096n, endBytes: 65_536n },
    ]);
  });

  it('keeps keys apart that a parser gave twice, and slashes out of paths', async () => {
    const root = await rootWith(
      parserOf('a', async () => ({
        structure: structure('x', { children: ['y', 'y', 'a/b', ''].map((key) => structure(key)) }),
        volumes: [],
      })),
      parserOf('b', async () => ({ structure: structure('x'), volumes: [] })),
    );
    expect(root.children.map(({ key }) => key)).toEqual(['x', 'x~2']);
    expect(at(root, 'x').children.map(({ key }) => key)).toEqual(['y', 'y~2', 'a|b', '-']);
  });

  it('leaves parsers what is left of the structures that all may make', async () => {
    const seen: number[] = [];
    const greedy = parserOf('greedy', async (_, { maxStructures }) => {
      seen.push(maxStructures);
      const children = Array.from({ length: 6 }, (__, i) => structure(`${i}`));
      return { structure: structure(`${seen.length}`, { children }), volumes: [] };
    });
    await readStructures([diskOf(EMPTY)], [greedy, greedy, greedy], { ...UNHURRIED, maxStructures: 10 });
    expect(seen).toEqual([10, 3, 0]);
  });
});
