import { describe, expect, it } from 'vitest';
import { NO_CAPTURES } from '#shared/contract/captures.ts';
import type { FaultRule } from '#shared/contract/faults.ts';
import { NO_FAULTS } from '#shared/contract/faults.ts';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { rulesStillAsked } from './asked-rules.ts';

const RULE: FaultRule = {
  name: 'bad sector',
  on: true,
  ops: ['read'],
  range: { from: '0', to: '4096' },
  action: { do: 'fail', error: 'EIO' },
  percent: 100,
  times: null,
  afterMs: 0,
  forMs: null,
};

function told(...rules: FaultRule[]): SessionInfo {
  const standing = rules.map((rule) => ({ rule, state: 'inForce' as const, hits: 0, frozen: 0 }));
  const disk = {
    id: 3,
    name: 'disk',
    exportName: '',
    source: 0,
    sizeBytes: '4096',
    guessedSizeBytes: null,
    faults: { ...NO_FAULTS, takesRules: true, rules: standing },
  };
  return {
    disks: [disk],
    arrays: [],
    sources: [],
    notices: [],
    recentLogs: [],
    modelBytes: 0,
    history: NO_HISTORY,
    captures: NO_CAPTURES,
    structures: [],
    modelLimitBytes: 1,
  };
}

describe('rules that were sent', () => {
  it('are built upon until the engine tells of them', () => {
    const asked = new Map([[3, [{ ...RULE, on: false }]]]);
    expect(rulesStillAsked(asked, told(RULE)).get(3)).toEqual([{ ...RULE, on: false }]);
    expect(rulesStillAsked(asked, told({ ...RULE, on: false })).size).toBe(0);
  });

  it('are the same whatever the order of their members', () => {
    const { name, ...rest } = RULE;
    expect(rulesStillAsked(new Map([[3, [{ ...rest, name }]]]), told(RULE)).size).toBe(0);
  });

  it('are forgotten with their disk', () => {
    expect(rulesStillAsked(new Map([[4, [RULE]]]), told(RULE)).size).toBe(0);
  });
});
