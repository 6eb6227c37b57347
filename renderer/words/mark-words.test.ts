import { describe, expect, it } from 'vitest';
import { type DiskFaults, NO_FAULTS } from '#shared/contract/faults.ts';
import { FAULT_PRESETS } from '#shared/faults/presets.ts';
import { markWords } from './mark-words.ts';

const kinds = (...args: Parameters<typeof markWords>): readonly string[] =>
  markWords(...args).map(({ kind }) => kind);

function withRule(state: DiskFaults['rules'][number]['state']): { readonly faults: DiskFaults } {
  const rule = FAULT_PRESETS.find(({ id }) => id === 'bad-sector')?.rules(1n << 30n)[0];
  if (rule === undefined) throw new Error('no preset of a bad sector');
  return { faults: { ...NO_FAULTS, takesRules: true, rules: [{ rule, state, hits: 0, frozen: 0 }] } };
}

describe('markWords', () => {
  it('names no mark that cannot be seen', () => {
    expect(kinds([{ faults: NO_FAULTS }], [], false)).toEqual([]);
    expect(kinds([withRule('off'), withRule('over')], [], false)).toEqual([]);
  });

  it('names the range of a rule that is on, and what is selected', () => {
    expect(kinds([withRule('waiting')], [], true)).toEqual(['fault', 'selection']);
  });

  it('names the parts of a stripe that arrays of these levels have', () => {
    expect(kinds([], [{ level: 0 }], false)).toEqual(['stripe-data']);
    expect(kinds([], [{ level: 1 }], false)).toEqual(['mirror']);
    expect(kinds([], [{ level: 5 }], false)).toEqual(['stripe-data', 'stripe-parity']);
    expect(kinds([], [{ level: 6 }], false)).toEqual(['stripe-data', 'stripe-parity', 'stripe-q']);
    expect(kinds([], [{ level: 10 }], false)).toEqual(['stripe-data', 'mirror']);
  });
});
