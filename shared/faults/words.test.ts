import { describe, expect, it } from 'vitest';
import type { FaultRule } from '../contract/faults.ts';
import { rulesChangeWords, ruleWords } from './words.ts';

const RULE: FaultRule = {
  name: 'bad',
  on: true,
  ops: ['read'],
  range: null,
  action: { do: 'fail', error: 'EIO' },
  percent: 100,
  times: null,
  afterMs: 0,
  forMs: null,
};

describe('words about a rule', () => {
  it.each<[Partial<FaultRule>, string]>([
    [{}, 'Reads fail with EIO.'],
    [
      { ops: ['write', 'read', 'read'], range: { from: '1048576', to: '1049089' } },
      'Reads and writes that touch 1M to 1049089 fail with EIO.',
    ],
    [{ range: { from: '33554432', to: '33558528' } }, 'Reads that touch 4K at 32M fail with EIO.'],
    [{ percent: 0.5, times: 1 }, 'Reads fail with EIO, 0.5% of them at random, once.'],
    [
      { times: 3, afterMs: 1500, forMs: 250 },
      'Reads fail with EIO, only the first 3, from 1.5 s on, for 250 ms.',
    ],
    [{ action: { do: 'delay', ms: 40, jitterMs: 0 } }, 'Reads are answered 40 ms later.'],
    [
      { ops: ['extents'], action: { do: 'disconnect' } },
      'Block status requests get their client hung up on.',
    ],
    [
      { ops: ['zero', 'read', 'write', 'trim'], action: { do: 'readonly' }, afterMs: 5000 },
      'Writes, trims and zeroes find the disk read-only and fail with EPERM, from 5 s on.',
    ],
  ])('say all there is to it, in one sentence', (change, words) => {
    expect(ruleWords({ ...RULE, ...change })).toBe(words);
  });
});

describe('words about a change of rules', () => {
  const other: FaultRule = { ...RULE, name: 'other', ops: ['trim'] };
  it.each<[FaultRule[], FaultRule[], string]>([
    [[], [RULE], 'rule "bad" added: Reads fail with EIO.'],
    [[RULE], [RULE, { ...other, on: false }], 'rule "other" added, off: Trims fail with EIO.'],
    [[RULE], [{ ...RULE, on: false }], 'rule "bad" turned off'],
    [[{ ...RULE, on: false }], [RULE], 'rule "bad" turned on: Reads fail with EIO.'],
    [[RULE], [{ ...RULE, times: 1 }], 'rule "bad" changed: Reads fail with EIO, once.'],
    [[RULE, other], [other], 'rule "bad" removed'],
    [[RULE, other], [], 'all rules removed'],
    [[RULE, other], [other, RULE], 'rules put in another order'],
    [[RULE], [other], 'rule "other" added: Trims fail with EIO.; rule "bad" removed'],
  ])('tell what a person did', (before, after, words) => {
    expect(rulesChangeWords(before, after)).toBe(words);
  });

  it('fit their row', () => {
    const many = Array.from({ length: 64 }, (_, i) => ({ ...RULE, name: `${i}`.repeat(30) }));
    expect(rulesChangeWords([], many).length).toBe(500);
  });
});
