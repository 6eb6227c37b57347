import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';

const THERE = ['a.log', 'folder'];
const parse = (...args: string[]) =>
  parseArguments(['compare', ...args], { version: '1', exists: (path) => THERE.includes(path) });

function refusal(...args: string[]): string {
  const parsed = parse(...args);
  if (parsed.kind !== 'error') throw new Error(`taken as ${parsed.kind}`);
  return parsed.text;
}

describe('nbdscope compare A B', () => {
  it('takes logs and folders from the working directory, and samples by name', () => {
    expect(parse('a.log', 'folder')).toMatchObject({
      kind: 'window',
      compare: { recordings: [resolve('a.log'), resolve('folder')], align: [null, null] },
    });
    expect(parse('ext4', 'a.log', '--no-open')).toMatchObject({
      open: false,
      compare: { recordings: ['ext4', resolve('a.log')] },
    });
  });

  it('aligns both at one place, or each at its own', () => {
    expect(parse('a.log', 'folder', '--align', 'mkfs')).toMatchObject({
      compare: { align: ['mkfs', 'mkfs'] },
    });
    expect(parse('--align', 'mkfs', 'a.log', 'folder', '--align', '+12.5')).toMatchObject({
      compare: { align: ['mkfs', '+12.5'] },
    });
  });

  it('says what is wrong', () => {
    expect(refusal('a.log')).toContain("missing required argument 'B'");
    expect(refusal('a.log', 'nowhere')).toContain('"nowhere": no such log, capture, folder or sample');
    expect(refusal('a.log', 'folder', 'ext4')).toContain('too many arguments');
    expect(refusal('a.log', 'ext4', '--align', '1', '--align', '2', '--align', '3')).toContain(
      '--align is given once',
    );
  });
});
