import { describe, expect, it } from 'vitest';
import { HiddenErrors, type TrafficSample } from './hidden-errors.ts';

/** Twice a second, what a disk's log shows: [switch, requests in this half second, failed, requests elsewhere]. */
type Step = readonly [on: boolean, requests: number, errors: number, elsewhere: number | null];

function suspectedAfter(steps: readonly Step[]): boolean[] {
  const hidden = new HiddenErrors();
  let sample: TrafficSample = { nowMs: 0, on: false, requests: 100, errors: 0, elsewhere: 0 };
  hidden.observe(sample);
  return steps.map(([on, requests, errors, elsewhere]) => {
    sample = {
      nowMs: sample.nowMs + 500,
      on,
      requests: sample.requests + requests,
      errors: sample.errors + errors,
      elsewhere: elsewhere === null ? null : (sample.elsewhere ?? 0) + elsewhere,
    };
    hidden.observe(sample);
    return hidden.suspected;
  });
}

const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const USED = times(4, [false, 5, 0, 5]);

describe('HiddenErrors', () => {
  it('suspects when a disk in use falls silent as its switch goes on while others go on', () => {
    const seen = suspectedAfter([...USED, ...times(8, [true, 0, 0, 5])]);
    expect(seen.indexOf(true)).toBe(USED.length + 6);
  });

  it('suspects a lone disk that falls silent too', () => {
    const alone = times(4, [false, 5, 0, null]);
    expect(suspectedAfter([...alone, ...times(8, [true, 0, 0, null])]).at(-1)).toBe(true);
  });

  it('suspects nothing where failures are seen, or requests go on to succeed', () => {
    expect(suspectedAfter([...USED, [true, 2, 2, 5], ...times(20, [true, 0, 0, 5])])).not.toContain(true);
    expect(suspectedAfter([...USED, ...times(20, [true, 1, 0, 5])])).not.toContain(true);
  });

  it('suspects nothing of a disk that was not in use, or when everything is silent', () => {
    expect(suspectedAfter([...times(24, [false, 0, 0, 5]), ...times(20, [true, 0, 0, 5])])).not.toContain(
      true,
    );
    expect(suspectedAfter([...USED, ...times(20, [true, 0, 0, 0])])).not.toContain(true);
  });

  it('suspects nothing of a file that was there before the log was opened', () => {
    const hidden = new HiddenErrors();
    for (let i = 0; i < 40; i += 1) {
      const requests = Math.min(i, 3) * 100;
      hidden.observe({ nowMs: i * 500, on: true, requests, errors: 0, elsewhere: i });
    }
    expect(hidden.suspected).toBe(false);
  });

  it('stops suspecting when the switch goes off or a failure is seen after all', () => {
    const hidden: Step[] = [...USED, ...times(8, [true, 0, 0, 5])];
    expect(suspectedAfter([...hidden, [false, 0, 0, 5]]).slice(-2)).toEqual([true, false]);
    expect(suspectedAfter([...hidden, [true, 1, 1, 5]]).slice(-2)).toEqual([true, false]);
  });
});
