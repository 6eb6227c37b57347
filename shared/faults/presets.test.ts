import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { FaultRulesSchema } from '../contract/faults.ts';
import { FAULT_PRESETS } from './presets.ts';
import { ruleWords } from './words.ts';

describe('presets', () => {
  it('are lawful rules within the disk, whatever its size', () => {
    const sizes = fc.oneof(
      fc.bigInt({ min: 1n, max: 20_000n }),
      fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
    );
    fc.assert(
      fc.property(sizes, fc.constantFrom(...FAULT_PRESETS), (size, preset) => {
        const rules = v.parse(FaultRulesSchema, preset.rules(size));
        expect(rules.length).toBeGreaterThan(0);
        for (const { range } of rules) {
          if (range === null) continue;
          expect(BigInt(range.from)).toBeLessThan(BigInt(range.to));
          expect(BigInt(range.to)).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it('have names of their own and say in one sentence what they show', () => {
    expect(new Set(FAULT_PRESETS.map(({ name }) => name)).size).toBe(5);
    for (const { teaches } of FAULT_PRESETS) expect(teaches).toMatch(/^[A-Z][^.!?]*\.$/);
  });

  it('put the bad sector on one whole block in the middle', () => {
    const [rule] = FAULT_PRESETS[0]?.rules(64n << 20n) ?? [];
    expect(rule?.range).toEqual({ from: '33554432', to: '33558528' });
  });

  it('have a disk die by degrees: slower, then failing, then silent', () => {
    const dying = FAULT_PRESETS.find(({ id }) => id === 'dying-disk')?.rules(1n << 30n) ?? [];
    expect(dying.map(ruleWords)).toEqual([
      'Reads, writes, trims, zeroes and flushes are answered 5 ms to 20 ms later.',
      'Reads and writes are answered 50 ms to 250 ms later, 20% of them at random, from 10 s on.',
      'Reads and writes fail with EIO, 2% of them at random, from 10 s on.',
      'Reads, writes, trims, zeroes and flushes are answered 200 ms to 1 s later, 30% of them at random, from 20 s on.',
      'Reads and writes fail with EIO, 15% of them at random, from 20 s on.',
      'All requests get no answer until the rule is off, from 40 s on.',
    ]);
  });
});
