import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { FAULT_ERRORS, type FaultFile, FaultFileSchema, type FaultRule } from '../contract/faults.ts';
import { OP_NAMES } from '../events/vocabulary.ts';
import { parseFaultFile, serialiseFaultFile } from './fault-file.ts';
import { FAULT_PRESETS } from './presets.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');
const isValid = new Ajv({ strict: true }).compile(
  JSON.parse(readFileSync(resolve(DOCS, 'faults.schema.json'), 'utf8')),
);

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
const ms = fc.double({ min: 0, max: 86_400_000, noNaN: true }).map((n) => n + 0);
const action: fc.Arbitrary<FaultRule['action']> = fc.oneof(
  fc.record({ do: fc.constant('fail' as const), error: fc.constantFrom(...FAULT_ERRORS) }),
  fc.record({ do: fc.constant('delay' as const), ms, jitterMs: ms }),
  fc.constant({ do: 'freeze' as const }),
  fc.constant({ do: 'disconnect' as const }),
  fc.constant({ do: 'readonly' as const }),
);
const range = fc
  .tuple(fc.bigInt({ min: 0n, max: 1n << 62n }), fc.bigInt({ min: 1n, max: 1n << 62n }))
  .map(([from, length]) => ({ from: `${from}`, to: `${from + length}` }));
const anyRule: fc.Arbitrary<FaultRule> = fc.record({
  name,
  on: fc.boolean(),
  ops: fc.array(fc.constantFrom(...OP_NAMES), { minLength: 1, maxLength: 7 }),
  range: fc.option(range),
  action,
  percent: fc.double({ min: 0, max: 100, minExcluded: true, noNaN: true }),
  times: fc.option(fc.integer({ min: 1, max: 1_000_000_000 })),
  afterMs: ms,
  forMs: fc.option(fc.double({ min: 0, max: 86_400_000, minExcluded: true, noNaN: true })),
});
/** A read-only rule names an operation that changes the disk. */
const rule = anyRule.map(
  (one): FaultRule =>
    one.action.do === 'readonly' ? { ...one, ops: ['trim' as const, ...one.ops].slice(0, 7) } : one,
);
const file: fc.Arbitrary<FaultFile> = fc.record({
  nbdscope: fc.constant('faults' as const),
  version: fc.constant(1 as const),
  name,
  rules: fc.array(rule, { maxLength: 4 }),
});

/** What may stand where something else should: near misses, limits and one past them. */
const oddity: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(
    null,
    true,
    -1,
    0,
    0.5,
    1,
    7,
    80,
    100,
    100.5,
    1e9,
    1e9 + 1,
    86_400_000,
    86_400_001,
    '',
    '0',
    '12a',
    '-1',
  ),
  fc.constantFrom(
    '1'.repeat(20),
    '1'.repeat(21),
    'x'.repeat(80),
    'x'.repeat(81),
    '😀'.repeat(80),
    '😀'.repeat(81),
  ),
  fc.constantFrom(
    ...OP_NAMES,
    ...FAULT_ERRORS,
    'fail',
    'delay',
    'freeze',
    'disconnect',
    'readonly',
    'faults',
  ),
  fc.constantFrom([], {}, ['read'], Array(7).fill('read'), Array(8).fill('read'), { do: 'freeze' }),
);

/** Every place in a document: each member and element, by its path. */
function placesOf(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [[...path], ...members.flatMap(([key, member]) => placesOf(member, [...path, key]))];
}

function at(value: unknown, path: readonly (string | number)[]): Record<string | number, unknown> {
  return path.reduce((inner, key) => (inner as Record<string | number, unknown>)[key], value) as Record<
    string | number,
    unknown
  >;
}

const change = fc.record({
  place: fc.nat(),
  how: fc.constantFrom('replace', 'remove', 'add'),
  key: fc.constantFrom('x', 'on', 'constructor', 'toString', 'error', 'ms'),
  value: oddity,
});

function changed(
  document: unknown,
  { place, how, key, value }: { place: number; how: string; key: string; value: unknown },
): unknown {
  const copy: unknown = structuredClone(document);
  const places = placesOf(copy);
  const path = places[place % places.length] ?? [];
  const target = at(copy, path);
  if (how === 'add' && typeof target === 'object' && target !== null && !Array.isArray(target)) {
    target[key] = value;
    return copy;
  }
  const last = path.at(-1);
  if (last === undefined) return value;
  const holder = at(copy, path.slice(0, -1));
  if (how === 'remove' && !Array.isArray(holder)) delete holder[last];
  else holder[last] = value;
  return copy;
}

describe('a fault file', () => {
  it('comes back as it was saved', () => {
    fc.assert(
      fc.property(file, (saved) => {
        expect(parseFaultFile(serialiseFaultFile(saved.name, saved.rules))).toEqual({
          file: JSON.parse(JSON.stringify(saved)),
        });
      }),
    );
  });

  it('is what its JSON Schema says: both accept and refuse the same', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(file, fc.array(change, { maxLength: 2 }), (document, changes) => {
        const json: unknown = JSON.parse(JSON.stringify(changes.reduce<unknown>(changed, document)));
        const ours = v.safeParse(FaultFileSchema, json).success;
        if (ours) accepted += 1;
        else refused += 1;
        expect(isValid(json), JSON.stringify(json)).toBe(ours);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(300);
  });

  it('can be each example of the manual, and each preset', () => {
    const manual = readFileSync(resolve(DOCS, 'faults.md'), 'utf8');
    const examples = [...manual.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);
    expect(examples.length).toBe(2);
    for (const example of examples) expect(parseFaultFile(example)).toHaveProperty('file');
    for (const preset of FAULT_PRESETS) {
      const text = serialiseFaultFile(preset.name, preset.rules(1n << 30n));
      expect(parseFaultFile(text)).toHaveProperty('file.name', preset.name);
    }
  });

  const good = { nbdscope: 'faults', version: 1, name: 'x', rules: FAULT_PRESETS[0]?.rules(1n << 20n) ?? [] };
  it.each<[string, unknown, string]>([
    ['rules.0.percent', 0, 'rules.0.percent: 0 will not do; use a number above 0 and up to 100'],
    ['rules.0.ops.0', 'reed', 'rules.0.ops.0: "reed" will not do; use one of read, write'],
    ['rules.0.action.error', 'EBAD', 'rules.0.action.error: "EBAD" will not do; use one of EPERM, EIO'],
    ['rules.0.action.do', 'explode', 'use one of fail, delay, freeze, disconnect, readonly'],
    [
      'rules.0.action',
      { do: 'readonly' },
      'rules.0.ops: "readonly" refuses what changes the disk; name at least one of write, trim, zero',
    ],
    ['rules.0.range.to', '524288', 'rules.0.range: "to" is the first byte after the range'],
    ['rules.0.extra', 1, 'rules.0.extra: unknown member'],
    ['rules.0.times', undefined, 'rules.0.times: missing'],
    ['version', 2, 'version: 2 will not do; use 1'],
    ['name', 'x'.repeat(500_000), 'name: '],
  ])('is refused for its %s, which is named with what would do', (place, value, message) => {
    const copy: unknown = structuredClone(good);
    const path = place.split('.');
    at(copy, path.slice(0, -1))[path.at(-1) ?? ''] = value;
    const parsed = parseFaultFile(JSON.stringify(copy));
    expect(parsed).toHaveProperty('error', expect.stringContaining(message));
    expect('error' in parsed ? parsed.error.length : 1000).toBeLessThan(300);
  });

  it('is refused when it is no JSON, too long or nothing', () => {
    expect(parseFaultFile('{"a"')).toHaveProperty('error', expect.stringContaining('not JSON'));
    expect(parseFaultFile(' '.repeat(2_000_000))).toHaveProperty(
      'error',
      expect.stringContaining('too long'),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseFaultFile(text)).toHaveProperty('error');
      }),
    );
  });
});
