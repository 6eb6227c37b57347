import { writeFileSync } from 'node:fs';
import { runTool } from '../../testing/images.ts';
import type { MappedRun } from '../mapping.ts';

/** Numbers in one command: debugfs reads lines of less than 8 KiB. */
const NUMBERS_AT_ONCE = 1000;

/** What `stat` says of an inode. */
export interface Stat {
  readonly inode: number;
  readonly type: string;
  readonly size: number;
  readonly links: number;
  /** Sectors of 512 bytes. */
  readonly sectors: number;
  readonly attributeBlock: number;
  readonly runs: readonly MappedRun[];
  /** Nodes of the extent tree, indirect blocks. */
  readonly ownBlocks: readonly number[];
  readonly fastLink: string | null;
}

/** Does what many commands say, in one run; returns what it printed. Changes the image if `write` is set. */
export function debugfs(image: string, commands: readonly string[], write = false): string {
  const script = `${image}.commands`;
  writeFileSync(script, `${commands.join('\n')}\n`);
  return runTool('debugfs', [...(write ? ['-w'] : []), '-f', script, image]);
}

/** What debugfs says of inodes, in their order. */
export function statInodes(image: string, inodes: readonly number[]): Stat[] {
  const text = debugfs(
    image,
    inodes.map((inode) => `stat <${inode}>`),
  );
  return text
    .split(/^debugfs: stat .*$/m)
    .slice(1)
    .map(statOf);
}

function statOf(text: string): Stat {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  const map = /^(?:EXTENTS|BLOCKS):\n(.*)$/m.exec(text)?.[1] ?? '';
  const runs: MappedRun[] = [];
  const ownBlocks: number[] = [];
  for (const piece of map.split(/, ?/)) {
    const match = /^\(([^)]*)\):(\d+)(?:-(\d+))?$/.exec(piece.trim());
    if (match === null) continue;
    const [, label = '', first = '', last = first] = match;
    const logical = /^(\d+)(?:-\d+)?(\[u\])?(?:-\d+\[u\])?$/.exec(label);
    if (logical === null) ownBlocks.push(Number(first));
    else {
      runs.push({
        logicalBlock: Number(logical[1]),
        firstBlock: Number(first),
        count: Number(last) - Number(first) + 1,
        unwritten: label.includes('[u]'),
      });
    }
  }
  return {
    inode: number(/^Inode: (\d+)/m),
    type: /Type: (\S+)/.exec(text)?.[1] ?? '',
    size: number(/Size: (\d+)/),
    links: number(/^Links: (\d+)/m),
    sectors: number(/Blockcount: (\d+)/),
    attributeBlock: number(/^File ACL: (\d+)/m),
    runs,
    ownBlocks,
    fastLink: /^Fast link dest: "(.*)"$/m.exec(text)?.[1] ?? null,
  };
}

/** The paths of inodes but the root's, as debugfs finds them; an inode with hard links has several. */
export function pathsOf(image: string, inodes: readonly number[]): Map<number, string[]> {
  const paths = new Map<number, string[]>();
  for (const line of debugfs(image, commandsFor('ncheck', inodes)).split('\n')) {
    const match = /^(\d+)\t(.*)$/.exec(line);
    if (match === null) continue;
    const inode = Number(match[1]);
    paths.set(inode, [...(paths.get(inode) ?? []), (match[2] ?? '').replace(/^\/\//, '/')]);
  }
  return paths;
}

/** Which inode owns each of some blocks; those of none are left out. */
export function ownersOf(image: string, blocks: readonly number[]): Map<number, number> {
  const owners = new Map<number, number>();
  for (const line of debugfs(image, commandsFor('icheck', blocks)).split('\n')) {
    const match = /^(\d+)\t(\d+)$/.exec(line);
    if (match !== null) owners.set(Number(match[1]), Number(match[2]));
  }
  return owners;
}

/** A command for all numbers, as often as lines need it. */
function commandsFor(command: string, numbers: readonly number[]): string[] {
  const commands: string[] = [];
  for (let first = 0; first < numbers.length; first += NUMBERS_AT_ONCE) {
    commands.push(`${command} ${numbers.slice(first, first + NUMBERS_AT_ONCE).join(' ')}`);
  }
  return commands;
}
