import type { Extent, Structure, StructureKind } from '#shared/structures/structure.ts';
import type { Located } from '../knowledge/structure-index.ts';

const KIB = 1024;

/** A structure for tests; extents in KiB, [from, to). */
export function structure(
  kind: StructureKind,
  key: string,
  name: string,
  extents: readonly (readonly [fromKib: number, toKib: number])[],
  children: readonly Structure[] = [],
  facts: Structure['facts'] = [],
): Structure {
  const places: Extent[] = extents.map(([from, to]) => ({
    startBytes: BigInt(from * KIB),
    endBytes: BigInt(to * KIB),
  }));
  return { key, kind, name, facts, extents: places, children };
}

/** A disk of 64 MiB with a GPT at both ends and, unless told otherwise, ext4 on its only partition. */
export function diskTree(fileSystem: Structure | null = ext4Tree()): Structure {
  const partition = structure(
    'partition',
    'p1',
    'partition 1',
    [[1024, 65_000]],
    fileSystem === null ? [] : [fileSystem],
  );
  return structure(
    'disk',
    'disk',
    'disk 1',
    [[0, 65_536]],
    [
      structure(
        'partitionTable',
        'gpt',
        'GUID partition table',
        [],
        [
          structure('partitionTable', 'primaryHeader', 'GPT header', [[1, 2]]),
          partition,
          structure('partitionTable', 'backupHeader', 'backup GPT header', [[65_535, 65_536]]),
        ],
      ),
    ],
  );
}

/** The ext4 of {@link diskTree}: two groups, a backup superblock, a journal of 4 MiB, a file, and free space. */
export function ext4Tree(
  facts: Structure['facts'] = [
    ['UUID', 'a'],
    ['last mounted', 'never'],
    ['features', 'has_journal'],
  ],
): Structure {
  return structure(
    'fileSystem',
    'ext4',
    'ext4',
    [[1024, 65_000]],
    [
      structure('superblock', 'superblock', 'superblock', [[1025, 1026]]),
      structure(
        'superblockBackup',
        'backups',
        'copies',
        [],
        [structure('superblockBackup', 'superblock:1', 'backup superblock in group 1', [[9216, 9217]])],
      ),
      structure('journal', 'journal', 'journal', [[16_384, 20_480]]),
      structure('file', 'inode:12', '/hello', [[30_000, 30_008]]),
      group(0, 1100),
      group(1, 9300),
    ],
    facts,
  );
}

function group(number: number, fromKib: number): Structure {
  const of = ` of group ${number}`;
  return structure(
    'group',
    `group:${number}`,
    `group ${number}`,
    [[fromKib, fromKib + 7000]],
    [
      structure('inodeTable', 'inodeTable', `inode table${of}`, [[fromKib, fromKib + 256]]),
      structure('free', 'free', `free space${of}`, [[fromKib + 300, fromKib + 7000]]),
    ],
  );
}

/** A structure of a tree with what it lies in. @throws Error when there is none at that path. */
export function locatedIn(tree: Structure, path: string): Located {
  let at: Located = { structure: tree, parent: null, path: '' };
  for (const key of path.split('/')) {
    const child = at.structure.children.find((each) => each.key === key);
    if (child === undefined) throw new Error(`there is no ${path}`);
    at = { structure: child, parent: at, path: at.path === '' ? key : `${at.path}/${key}` };
  }
  return at;
}
