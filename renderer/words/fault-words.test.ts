import { describe, expect, it } from 'vitest';
import type { DiskFaults, FaultRule } from '#shared/contract/faults.ts';
import { activityTone } from './activity-words.ts';
import { errorSwitchWords, faultsSummary, ruleStateWords } from './fault-words.ts';

const RULE: FaultRule = {
  name: 'bad sector',
  on: true,
  ops: ['read'],
  range: null,
  action: { do: 'fail', error: 'EIO' },
  percent: 100,
  times: null,
  afterMs: 0,
  forMs: null,
};

const OFF = { on: false, file: null, foreign: false, problem: null };

describe('the words of the Error switch', () => {
  it('say what a press does, to a hosted disk and to a file', () => {
    expect(errorSwitchWords(OFF, false)).toMatch(/every request fail with EIO/);
    expect(errorSwitchWords({ ...OFF, on: true }, false)).toMatch(/press to stop/);
    expect(errorSwitchWords({ ...OFF, file: '/tmp/e' }, false)).toMatch(/creates \/tmp\/e/);
    expect(errorSwitchWords({ ...OFF, file: '/tmp/e', on: true }, false)).toMatch(/remove \/tmp\/e/);
  });

  it('tell of what stands in the way first, then of whose file it is', () => {
    expect(errorSwitchWords({ ...OFF, problem: 'no such folder' }, true)).toBe('no such folder');
    expect(errorSwitchWords({ ...OFF, file: '/tmp/e', on: true, foreign: true }, false)).toMatch(
      /did not make it/,
    );
    expect(errorSwitchWords(OFF, true)).toMatch(/not there yet/);
  });
});

describe('the words of rules', () => {
  it('count hits, and requests that are held', () => {
    expect(ruleStateWords({ rule: RULE, state: 'inForce', hits: 1, frozen: 0 })).toBe('in force · 1 hit');
    expect(ruleStateWords({ rule: RULE, state: 'waiting', hits: 1234, frozen: 2 })).toBe(
      'waiting · 1,234 hits · 2 requests held',
    );
  });

  it('sum a disk up', () => {
    const faults = (change: Partial<DiskFaults>): DiskFaults => ({
      errorSwitch: OFF,
      takesRules: true,
      rules: [],
      hint: null,
      ...change,
    });
    const rule = (state: 'inForce' | 'over', frozen: number) => ({ rule: RULE, state, hits: 3, frozen });
    expect(faultsSummary(faults({}))).toBe('none');
    expect(faultsSummary(faults({ rules: [rule('over', 0)] }))).toBe('1 not in force');
    expect(faultsSummary(faults({ errorSwitch: { ...OFF, on: true }, rules: [rule('inForce', 2)] }))).toBe(
      'everything fails · 1 in force · 2 held',
    );
  });
});

describe('the tone of an activity', () => {
  it('is loud for what fails, and for an array that has nothing to spare', () => {
    const tone = (kind: Parameters<typeof activityTone>[0]['kind'], isDegraded = false) =>
      activityTone({ kind, isDegraded });
    for (const kind of ['failing', 'failed', 'gone'] as const) expect(tone(kind)).toBe('danger');
    expect(tone('idle')).toBe('quiet');
    expect(tone('idle', true)).toBe('warning');
    expect(tone('rebuilt', true)).toBe('busy');
    expect(tone('stalled')).toBe('warning');
  });
});
