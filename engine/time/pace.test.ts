import { describe, expect, it } from 'vitest';
import { FASTEST } from '#shared/contract/time.ts';
import { Pace } from './pace.ts';

const SECOND_US = 1_000_000;

function running(speed = 1): Pace {
  const pace = new Pace();
  pace.setSpeed(speed, 0);
  pace.set(0, 0);
  pace.run(true, 0);
  return pace;
}

describe('the pace of a playback', () => {
  it('goes at the speed set from where it stands, and stands while it does not run', () => {
    const pace = running();
    expect(pace.at(500)).toBe(500_000);
    pace.setSpeed(0.1, 1000);
    expect(pace.at(2000)).toBe(1_100_000);
    pace.run(false, 2000);
    pace.setSpeed(1000, 3000);
    expect(pace.at(9000)).toBe(1_100_000);
    pace.run(true, 9000);
    expect(pace.at(9001)).toBe(2_100_000);
  });

  it('begins at the first time that there is; rows before it are due at once', () => {
    const pace = new Pace();
    pace.run(true, 0);
    expect(pace.dueUs(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(pace.keep(Number.NaN, Number.NaN, 10)).toBe(false);
    expect(pace.keep(7 * SECOND_US, Number.NaN, 20)).toBe(true);
    expect(pace.at(1020)).toBe(8 * SECOND_US);
  });

  it('waits for rows that could not be shown in time', () => {
    const pace = running(1000);
    // After ten seconds of wall time the row of the first moment has still to be shown.
    expect(pace.keep(0, 0, 10_000)).toBe(false);
    expect(pace.at(10_000)).toBe(250 * SECOND_US);
  });

  it('passes what is idle in a moment when asked to, once marks have faded', () => {
    const pace = running();
    expect(pace.keep(3600 * SECOND_US, 0, 1000)).toBe(false);
    pace.skipIdle = true;
    expect(pace.keep(3600 * SECOND_US, 0, 399), 'what is shown has just come').toBe(false);
    expect(pace.keep(3600 * SECOND_US, 0, 400)).toBe(true);
    expect(pace.untilMs(3600 * SECOND_US, 400)).toBeCloseTo(400);
    const near = running();
    near.skipIdle = true;
    expect(near.keep(1.4 * SECOND_US, 0, 400), 'too short to be idle').toBe(false);
  });

  it('lets nothing be due behind the span, and skips to its end at most', () => {
    const pace = running();
    pace.span = { fromUs: 0, toUs: 10 * SECOND_US };
    expect(pace.dueUs(60_000)).toBe(10 * SECOND_US);
    expect([pace.isOver(9_999), pace.isOver(10_000)]).toEqual([false, true]);
    pace.skipIdle = true;
    pace.keep(3600 * SECOND_US, 0, 1000);
    expect(pace.at(1000)).toBe(9.6 * SECOND_US);
  });

  it('has everything due at once as fast as it goes, and stands where the rows are', () => {
    const pace = running(FASTEST);
    expect(pace.dueUs(5)).toBe(Number.POSITIVE_INFINITY);
    pace.set(4 * SECOND_US, 10);
    expect(pace.at(60_000)).toBe(4 * SECOND_US);
    pace.setSpeed(1, 60_000);
    expect(pace.at(61_000)).toBe(5 * SECOND_US);
  });
});
