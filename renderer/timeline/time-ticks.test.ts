import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeTicks } from './time-ticks.ts';

const CHARACTER_PX = 6.5;
const at = (iso: string): number => Date.parse(iso) * 1000;
const labels = (
  fromIso: string,
  lengthUs: number,
  widthPx = 800,
  zone: 'utc' | 'local' = 'utc',
): string[] => {
  const fromUs = at(fromIso);
  return timeTicks({ fromUs, toUs: fromUs + lengthUs }, widthPx, CHARACTER_PX, zone).map(
    (tick) => tick.label,
  );
};

// A zone whose summer time began at 01:00 UTC on 29 March 2026, when 02:00 became 03:00.
const zoneBefore = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterAll(() => {
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

describe('timeTicks', () => {
  it('names round moments to the digit that tells them apart, from µs to days', () => {
    expect(labels('2026-05-01T22:20:27Z', 100)[1]).toBe('22:20:27.00002');
    expect(labels('2026-05-01T22:20:27Z', 40_000)[1]).toBe('22:20:27.005');
    expect(labels('2026-05-01T22:20:27Z', 3_000_000)).toContain('22:20:28.5');
    expect(labels('2026-05-01T22:20:27Z', 34_000_000)).toEqual(
      expect.arrayContaining(['22:20:30', '22:20:35', '22:21:00']),
    );
    expect(labels('2026-05-01T22:20:27Z', 3600e6)).toEqual(expect.arrayContaining(['22:30', '23:00']));
    expect(labels('2026-05-01T22:20:27Z', 10 * 86_400e6)).toContain('2026-05-05');
  });

  it('says at midnight which day begins', () => {
    expect(labels('2026-05-01T21:00:00Z', 6 * 3600e6)).toEqual(
      expect.arrayContaining(['23:00', '05-02', '01:00']),
    );
  });

  it('leaves room between labels at any length of the window', () => {
    for (let lengthUs = 100; lengthUs < 4e15; lengthUs *= 1.7) {
      const fromUs = at('1995-05-01T22:20:27Z') + lengthUs / 3;
      const ticks = timeTicks({ fromUs, toUs: fromUs + lengthUs }, 640, CHARACTER_PX, 'utc');
      expect(ticks.length).toBeLessThan(20);
      for (const [i, tick] of ticks.entries()) {
        const before = ticks[i - 1];
        if (before === undefined) continue;
        const gapPx = ((tick.us - before.us) / lengthUs) * 640;
        expect(gapPx, `${before.label} ${tick.label}`).toBeGreaterThan(before.label.length * CHARACTER_PX);
      }
    }
  });

  it('marks what is round on the local clock, across a change of summer time', () => {
    expect(labels('2026-03-28T12:00:00Z', 2 * 86_400e6, 300, 'local')).toEqual([
      '03-29',
      '12:00',
      '03-30',
      '12:00',
    ]);
    const night = labels('2026-03-28T23:00:00Z', 4 * 3600e6, 800, 'local');
    expect(night[0]).toBe('03-29');
    expect(night).toContain('01:30');
    expect(night).not.toContain('02:30');
    expect(night).toContain('03:30');
  });

  it('marks days at local midnight', () => {
    const fromUs = at('2026-05-01T12:00:00Z');
    const ticks = timeTicks({ fromUs, toUs: fromUs + 20 * 86_400e6 }, 800, CHARACTER_PX, 'local');
    expect(ticks.map((tick) => new Date(tick.us / 1000).toISOString().slice(11, 16))).toEqual(
      Array.from({ length: ticks.length }, () => '22:00'),
    );
  });

  it('marks nothing in a window without width', () => {
    expect(labels('2026-05-01T22:20:27Z', 1e6, 0)).toEqual([]);
  });
});
