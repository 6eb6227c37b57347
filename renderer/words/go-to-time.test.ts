import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_HISTORY } from '#shared/contract/time.ts';
import { parseGoToTime } from './go-to-time.ts';

const at = (iso: string): number => Date.parse(iso) * 1000;
const history = {
  ...NO_HISTORY,
  firstSequence: 100,
  lastSequence: 2000,
  firstUs: at('2026-05-01T22:20:05.250Z'),
  lastUs: at('2026-05-02T01:00:00Z'),
};
const shownUs = at('2026-05-01T23:00:00Z');
const go = (text: string, zone: 'utc' | 'local' = 'utc') => parseGoToTime(text, history, shownUs, zone);

const zoneBefore = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterAll(() => {
  if (zoneBefore === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zoneBefore;
});

describe('parseGoToTime', () => {
  it.each([
    ['22:30:00.5', at('2026-05-01T22:30:00.500Z')],
    ['00:10:00', at('2026-05-02T00:10:00Z')],
    ['+5s', shownUs + 5e6],
    ['-2m', shownUs - 120e6],
    ['−2 min', shownUs - 120e6],
    ['+1m30s', shownUs + 90e6],
    ['+250us', shownUs + 250],
    ['12.5', history.firstUs + 12.5e6],
    ['1:02', history.firstUs + 62e6],
    ['2026-05-02 00:59:59', at('2026-05-02T00:59:59Z')],
  ])('reads %s', (text, us) => {
    expect(go(text)).toEqual({ us });
  });

  it('reads times of day on the clock that is shown', () => {
    expect(go('01:10:00', 'local')).toEqual({ us: at('2026-05-01T23:10:00Z') });
    expect(go('2026-05-02 00:30:00', 'local')).toEqual({ us: at('2026-05-01T22:30:00Z') });
  });

  it('goes to a row that is kept', () => {
    expect(go('#1,200')).toEqual({ sequence: 1200 });
    expect(go('#99')).toEqual({ error: 'row 99 is not kept: rows 100 to 2,000 are' });
  });

  it('takes the second in which the history begins for its beginning', () => {
    expect(go('22:20:05')).toEqual({ us: history.firstUs });
    expect(go('01:00:00.5')).toEqual({ us: history.lastUs });
  });

  it('says what it refuses, and what would do', () => {
    expect(go('12:00:00')).toEqual({
      error: '"12:00:00" is not within what is kept: 2026-05-01 22:20:05 to 2026-05-02 01:00:00',
    });
    expect(go('+5 bananas')).toEqual({ error: expect.stringContaining('is no moment: write a time of day') });
    expect(go('')).toEqual({ error: expect.stringContaining('nothing to go to') });
    expect(parseGoToTime('12.5', NO_HISTORY, Number.NaN, 'utc')).toEqual({
      error: 'no moment is known yet: nothing was recorded',
    });
  });
});
