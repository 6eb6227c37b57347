import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { CHANGING_OPS, FAULT_ERRORS, type FaultRule, FaultRuleSchema } from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { draftOf, NEW_RULE, type RuleDraft, readRule, withDeed } from './rule-form.ts';
import { MAX_SPAN_MS, parseSpan, spanText } from './spans.ts';

const DISK = 64n << 20n;

function errorsOf(change: Partial<RuleDraft>): Readonly<Partial<Record<keyof RuleDraft, string>>> {
  const read = readRule({ ...NEW_RULE, ...change }, DISK);
  return 'errors' in read ? read.errors : {};
}

function ruleOf(change: Partial<RuleDraft>): FaultRule {
  const read = readRule({ ...NEW_RULE, ...change }, DISK);
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.rule;
}

describe('the form of a fault rule', () => {
  it('begins as one that can be added as it stands', () => {
    expect(ruleOf({})).toEqual({
      name: 'Fails with EIO',
      on: true,
      ops: ['read', 'write'],
      range: null,
      action: { do: 'fail', error: 'EIO' },
      percent: 100,
      times: null,
      afterMs: 0,
      forMs: null,
    });
  });

  it('makes a disk read-only for whatever changes it, as soon as that is chosen', () => {
    expect(ruleOf(withDeed('readonly'))).toMatchObject({
      name: 'Read-only',
      ops: ['write', 'trim', 'zero'],
      action: { do: 'readonly' },
    });
    expect(ruleOf(withDeed('freeze')).ops).toEqual(NEW_RULE.ops);
  });

  it('takes ranges in blocks, sectors and sizes, up to the end of the disk', () => {
    expect(ruleOf({ everywhere: false, from: '16', to: '32' }).range).toEqual({
      from: '65536',
      to: '131072',
    });
    expect(ruleOf({ everywhere: false, from: 's1', to: '64M' }).range).toEqual({
      from: '512',
      to: '67108864',
    });
  });

  it('says at the field what is wrong with a range', () => {
    expect(errorsOf({ everywhere: false, from: '9', to: '9' })).toEqual({
      to: 'must lie behind the beginning',
    });
    expect(errorsOf({ everywhere: false, from: '0', to: '65M' }).to).toMatch(/past the end.*64 MiB/);
    expect(errorsOf({ everywhere: false, from: 'here', to: '1' }).from).toMatch(/"here" is no place/);
    expect(errorsOf({ everywhere: true, from: 'here', to: '' })).toEqual({});
  });

  it('says at the field what is wrong with a number', () => {
    expect(errorsOf({ percent: '0' }).percent).toMatch(/more than 0/);
    expect(errorsOf({ percent: 'half' }).percent).toMatch(/"half"/);
    expect(errorsOf({ times: '1.5' }).times).toMatch(/whole number/);
    expect(errorsOf({ after: 'soon' }).after).toMatch(/40ms/);
    expect(errorsOf({ lasts: '0' }).lasts).toMatch(/longer than nothing/);
    expect(errorsOf({ does: 'delay', delay: '' }).delay).toMatch(/how long/);
    expect(errorsOf({ ops: [] }).ops).toMatch(/at least one/);
    expect(errorsOf({ ops: ['read'], does: 'readonly' }).ops).toMatch(/at least one of write, trim, zero/);
    expect(errorsOf({ does: 'fail', delay: 'nonsense' })).toEqual({});
  });

  it('shows every rule so that it is read again as it was', () => {
    const ms = fc.integer({ min: 0, max: MAX_SPAN_MS });
    const blocks = fc.integer({ min: 0, max: 16_383 });
    const rule = fc.record({
      name: fc.string({ minLength: 1, maxLength: 80 }).map((name) => name.trim() || 'x'),
      on: fc.boolean(),
      ops: fc.uniqueArray(fc.constantFrom(...OP_NAMES), { minLength: 1 }),
      range: fc.option(
        fc.tuple(blocks, fc.integer({ min: 1, max: 4096 })).map(([block, length]) => ({
          from: String(block * 4096),
          to: String(Math.min(block * 4096 + length, Number(DISK))),
        })),
      ),
      action: fc.oneof(
        fc.record({ do: fc.constant('fail' as const), error: fc.constantFrom(...FAULT_ERRORS) }),
        fc.record({ do: fc.constant('delay' as const), ms, jitterMs: ms }),
        fc.record({ do: fc.constantFrom('freeze' as const, 'disconnect' as const) }),
      ),
      percent: fc.constantFrom(0.5, 10, 33.3, 100),
      times: fc.option(fc.integer({ min: 1, max: 1_000_000_000 })),
      afterMs: ms,
      forMs: fc.option(fc.integer({ min: 1, max: MAX_SPAN_MS })),
    });
    const readonly = fc.record({
      ops: fc.uniqueArray(fc.constantFrom(...CHANGING_OPS), { minLength: 1 }),
      action: fc.constant({ do: 'readonly' as const }),
    });
    const any = fc
      .tuple(rule, fc.option(readonly, { nil: {} }))
      .map(([most, refused]): FaultRule => ({ ...most, ...refused }));
    fc.assert(
      fc.property(any, (whole) => {
        const read = readRule(draftOf(whole), DISK);
        expect(read).toEqual({ rule: whole });
        expect(v.is(FaultRuleSchema, whole)).toBe(true);
      }),
    );
  });
});

describe('spans of time', () => {
  it('are read in ms, s, min and h, and bare as seconds', () => {
    expect(['40ms', '2.5 s', '3', '3min', '1h'].map(parseSpan)).toEqual([
      { ms: 40 },
      { ms: 2500 },
      { ms: 3000 },
      { ms: 180_000 },
      { ms: 3_600_000 },
    ]);
    expect(parseSpan('25h')).toHaveProperty('error');
    expect(parseSpan('-1')).toHaveProperty('error');
  });

  it('are written as they are read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_SPAN_MS }), (ms) => {
        expect(parseSpan(spanText(ms))).toEqual({ ms });
      }),
    );
  });
});
