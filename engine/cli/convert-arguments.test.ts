import { describe, expect, it } from 'vitest';
import { parseConvert } from './convert-arguments.ts';

describe('nbdscope convert', () => {
  it('reads what to convert, to what, and which stretch', () => {
    expect(
      parseConvert(['a.log', 'b.log', 'c.parquet', '--from', '1.5', '--to', '2026-11-20T22:25:28Z']),
    ).toEqual({
      kind: 'convert',
      inputs: ['a.log', 'b.log'],
      output: 'c.parquet',
      from: { afterS: 1.5 },
      to: { us: Date.UTC(2026, 10, 20, 22, 25, 28) * 1000 },
      replace: false,
    });
    expect(parseConvert(['a', 'b.csv', '--force'])).toMatchObject({ from: null, to: null, replace: true });
  });

  it.each([
    [[], 'FILE'],
    [['a.csv'], 'name what to convert'],
    [['a', ''], 'needs a name'],
    [['a', 'b.txt'], 'use .nbdscope, .arrows or .arrow for a capture, .parquet, or .csv'],
    [['a', 'b.csv', '--from', 'noon'], '"noon" is no moment; use seconds from the beginning'],
  ])('answers %j with what would be accepted', (args, text) => {
    const outcome = parseConvert(args);
    expect(outcome).toMatchObject({ kind: 'error', text: expect.stringContaining(text) });
  });

  it('tells more when asked', () => {
    expect(parseConvert(['--help'])).toMatchObject({
      kind: 'text',
      text: expect.stringContaining('.parquet'),
    });
  });
});
