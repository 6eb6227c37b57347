import { describe, expect, it } from 'vitest';
import { SETTLE_MS, SessionClock } from './session-clock.ts';

describe('SessionClock', () => {
  it('knows no time before the first row', () => {
    expect(new SessionClock().nowUs(1000)).toBeNaN();
  });

  it('lets time pass after the last row at the speed of the session', () => {
    const clock = new SessionClock();
    clock.observe(5_000_000, 100);
    expect(clock.nowUs(350)).toBe(5_250_000);
    clock.setMotion('running', 4, 350);
    expect(clock.nowUs(450)).toBe(5_650_000);
  });

  it('never goes back when rows come late', () => {
    const clock = new SessionClock();
    clock.observe(1_000_000, 0);
    clock.observe(1_010_000, 100);
    expect(clock.nowUs(100)).toBe(1_100_000);
    clock.observe(2_000_000, 110);
    expect(clock.nowUs(110)).toBe(2_000_000);
  });

  it('stands still while the past is paused and goes on from there', () => {
    const clock = new SessionClock();
    clock.observe(1_000_000, 0);
    clock.setMotion('standing', 1, 500);
    expect(clock.nowUs(9_000)).toBe(1_500_000);
    clock.setMotion('running', 1, 9_000);
    expect(clock.nowUs(9_100)).toBe(1_600_000);
  });

  it('lets the last marks of an ended session fade and then stops', () => {
    const clock = new SessionClock();
    clock.observe(1_000_000, 0);
    clock.setMotion('settling', 1, 0);
    expect(clock.nowUs(1_000)).toBe(2_000_000);
    expect(clock.nowUs(60_000)).toBe(1_000_000 + SETTLE_MS * 1000);
    expect(clock.nowUs(90_000)).toBe(1_000_000 + SETTLE_MS * 1000);
  });

  it('goes back when the state is replaced by an earlier one', () => {
    const clock = new SessionClock();
    clock.observe(9_000_000, 0);
    clock.reset(1_000_000, 10);
    expect(clock.nowUs(20)).toBe(1_010_000);
  });
});
