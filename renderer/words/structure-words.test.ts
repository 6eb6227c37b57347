import { describe, expect, it } from 'vitest';
import type { StructureLine } from '#shared/contract/structures.ts';
import type { StructureKind } from '#shared/structures/structure.ts';
import { chainWords, nameBelow, touchedWords } from './structure-words.ts';

function line(kind: StructureKind, name: string): StructureLine {
  return { disk: 0, path: name, kind, name };
}

const FILE_SYSTEM = [
  line('partitionTable', 'GPT'),
  line('partition', 'partition 1'),
  line('fileSystem', 'ext4'),
];

describe('chainWords', () => {
  it('says what it is and on what that lies, the nearest first', () => {
    const chain = [...FILE_SYSTEM, line('group', 'group 3'), line('inodeTable', 'inode table of group 3')];
    expect(chainWords({ chain, fileBytes: null })).toEqual({
      what: 'inode table of group 3',
      where: 'ext4 on partition 1',
    });
  });

  it('says which bytes of a file a block holds', () => {
    const chain = [...FILE_SYSTEM, line('directory', '/usr'), line('file', '/usr/share/doc/x')];
    expect(chainWords({ chain, fileBytes: ['8192', '12288'] })?.what).toBe(
      '/usr/share/doc/x, bytes 8,192 to 12,287',
    );
  });

  it('says nothing of nothing', () => {
    expect(chainWords({ chain: [], fileBytes: null })).toBeNull();
  });
});

describe('names in lists', () => {
  it('leave out the path of the directory that they stand below', () => {
    const file = line('file', '/usr/share/doc/x');
    expect(nameBelow(file, line('directory', '/usr/share/doc'))).toBe('x');
    expect(nameBelow(file, line('fileSystem', 'ext4'))).toBe('/usr/share/doc/x');
    expect(nameBelow(line('directory', '/'), line('directory', '/'))).toBe('/');
  });

  it('leave out the operation where that stands beside them', () => {
    expect(touchedWords('write: journal')).toBe('journal');
    expect(touchedWords('zero: inode table, group 1 and 2 others')).toBe('inode table, group 1 and 2 others');
  });
});
