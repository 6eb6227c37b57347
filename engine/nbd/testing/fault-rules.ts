import type { FaultRule } from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';

/** A rule that makes everything fail with EIO, but for what is said otherwise. */
export function faultRule(change: Partial<FaultRule> = {}): FaultRule {
  return {
    name: 'rule',
    on: true,
    ops: [...OP_NAMES],
    range: null,
    action: { do: 'fail', error: 'EIO' },
    percent: 100,
    times: null,
    afterMs: 0,
    forMs: null,
    ...change,
  };
}

/** Bytes `from` to `to`, exclusive. */
export function byteRange(from: number | bigint, to: number | bigint): { from: string; to: string } {
  return { from: `${from}`, to: `${to}` };
}
