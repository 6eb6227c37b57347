import { afterEach, describe, expect, it, vi } from 'vitest';
import { WallClock } from './wall-clock.ts';

afterEach(() => vi.useRealTimers());

describe('WallClock', () => {
  it('is right again after the machine has slept, and steady through small steps', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const clock = new WallClock();
    clock.anchor();
    const start = clock.us(performance.now());
    vi.setSystemTime(Date.now() + 10);
    clock.anchor();
    expect(clock.us(performance.now())).toBe(start);
    vi.setSystemTime(Date.now() + 3_600_000);
    clock.anchor();
    expect(Math.abs(clock.us(performance.now()) / 1000 - Date.now())).toBeLessThan(1);
  });

  it('is not misled where the process is held up between its looks at the two clocks', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const clock = new WallClock();
    clock.anchor();
    const start = clock.us(performance.now());
    const lookAtDate = Date.now;
    for (const [beforeMs, afterMs] of [
      [40, 0],
      [0, 40],
    ] as const) {
      vi.spyOn(Date, 'now').mockImplementation(() => {
        vi.advanceTimersByTime(beforeMs);
        const nowMs = lookAtDate();
        vi.advanceTimersByTime(afterMs);
        return nowMs;
      });
      clock.anchor();
      vi.mocked(Date.now).mockRestore();
    }
    expect(clock.us(performance.now()) - start).toBe(80_000);
  });
});
