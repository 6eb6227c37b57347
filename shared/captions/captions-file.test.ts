import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  captionAt,
  looksLikeCaptions,
  parseCaptionTable,
  readCaptions,
  writeCaptions,
} from './captions-file.ts';
import { parseMoment } from './moment.ts';

const STORY = resolve(import.meta.dirname, '../../assets/recordings/ext4-blog-64M');
const FIRST_US = Date.UTC(2026, 4, 1, 22, 20, 0) * 1000;
const usOf = (text: string): number => {
  const moment = parseMoment(text, FIRST_US);
  if ('error' in moment) throw new Error(moment.error);
  return moment.us - FIRST_US;
};

describe('parseMoment', () => {
  it.each([
    ['22:20:05.5', 5_500_000],
    ['22:19:58', -2_000_000],
    ['12.5', 12_500_000],
    ['+12.5', 12_500_000],
    ['+1:02.25', 62_250_000],
    ['+1:00:00', 3_600_000_000],
    ['2026-05-01T22:20:01.000001', 1_000_001],
    ['2026-05-02 22:20:00Z', 86_400_000_000],
  ])('reads %s', (text, us) => expect(usOf(text)).toBe(us));

  it('finds a time of day near the beginning, or later', () => {
    expect(usOf('00:10:00')).toBe(110 * 60_000_000);
    const early = Date.UTC(2026, 4, 2, 0, 0, 5) * 1000;
    expect(parseMoment('23:59:55', early)).toEqual({ us: early - 10_000_000 });
    expect(parseMoment('14:00:05', early)).toEqual({ us: early + 14 * 3_600_000_000 });
  });

  it.each(['', 'soon', '12:70:00', '25:00:00', '1:99', '--5', '2026-13-40T00:00:00'])(
    'refuses "%s", saying what would do',
    (text) =>
      expect(parseMoment(text, FIRST_US)).toMatchObject({
        error: expect.stringContaining('write a time of day'),
      }),
  );

  it('never throws, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const moment = parseMoment(text, FIRST_US);
        return 'error' in moment || Number.isFinite(moment.us);
      }),
    );
  });
});

describe('readCaptions', () => {
  it('reads times and words, in the order of time', () => {
    const { captions, wrong } = readCaptions('# a story\n\n+10 later\r\n22:20:05 sooner words\n', FIRST_US);
    expect(wrong).toEqual([]);
    expect(captions).toEqual([
      { kind: 'caption', text: 'sooner words', clockUs: FIRST_US + 5_000_000 },
      { kind: 'caption', text: 'later', clockUs: FIRST_US + 10_000_000 },
    ]);
  });

  it('reads the steps of a recording with the sentences for them', () => {
    const steps = readFileSync(resolve(STORY, 'steps'), 'utf8');
    const table = parseCaptionTable(readFileSync(resolve(STORY, 'captions.json'), 'utf8'));
    const { captions } = readCaptions(steps, FIRST_US, table);
    expect(captions).toHaveLength(steps.trim().split('\n').length);
    expect(captions[0]?.text).toBe(table['launch']);
    expect(captions.map(({ clockUs }) => clockUs)).toEqual(captions.map(({ clockUs }) => clockUs).toSorted());
  });

  it('goes on over midnight', () => {
    const { captions } = readCaptions('23:00:00 a\n05:00:00 b\n11:00:00 c\n20:00:00 d', FIRST_US);
    expect(captions.map(({ clockUs }) => (clockUs - FIRST_US) / 3_600_000_000)).toEqual([
      2 / 3,
      6 + 2 / 3,
      12 + 2 / 3,
      21 + 2 / 3,
    ]);
  });

  it('names each line that it cannot read and reads the others', () => {
    const { captions, wrong } = readCaptions(`+1 a\nsoon b\n+2 ${'x'.repeat(401)}\n+3 c`, FIRST_US);
    expect(captions.map(({ text }) => text)).toEqual(['a', 'c']);
    expect(wrong[0]).toMatch(/^line 2: "soon" is no moment/);
    expect(wrong[1]).toMatch(/^line 3: 401 characters are too many; use 400/);
  });

  it('refuses a table of another shape', () => {
    expect(() => parseCaptionTable('{"a": 1}')).toThrow();
  });
});

describe('captionAt', () => {
  const captions = [
    { kind: 'caption', text: 'a', clockUs: 10 },
    { kind: 'mark', text: 'not shown', clockUs: 15 },
    { kind: 'caption', text: '', clockUs: 20 },
    { kind: 'caption', text: 'b', clockUs: 30 },
  ] as const;
  it('gives the last at or before a moment; an empty one ends those before it', () => {
    expect([9, 10, 19, 20, 30, 99, Number.NaN].map((us) => captionAt(captions, us))).toEqual([
      null,
      'a',
      'a',
      null,
      'b',
      'b',
      null,
    ]);
  });
});

describe('writeCaptions', () => {
  const marks = fc.array(
    fc.record({
      kind: fc.constantFrom('mark' as const, 'caption' as const),
      text: fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
        .map((text) => `w${text}`.replaceAll(/\s+/g, ' ').trim()),
      clockUs: fc.integer({ min: 0, max: 4e15 }),
    }),
    { minLength: 1, maxLength: 20 },
  );

  it('writes what is read again as the same', () => {
    fc.assert(
      fc.property(marks, (written) => {
        const inOrder = written.toSorted((a, b) => a.clockUs - b.clockUs);
        const { captions, wrong } = readCaptions(writeCaptions(inOrder), inOrder[0]?.clockUs ?? 0);
        expect(wrong).toEqual([]);
        expect(captions).toEqual(inOrder);
      }),
    );
  });

  it('names marks as such, and ends a caption with a time alone', () => {
    const text = writeCaptions([
      { kind: 'mark', text: 'here', clockUs: FIRST_US },
      { kind: 'caption', text: '', clockUs: FIRST_US + 1 },
    ]);
    expect(text).toBe('# Times are UTC.\nMARK 2026-05-01 22:20:00.000000 here\n2026-05-01 22:20:00.000001\n');
    expect(readCaptions('MARK +3', FIRST_US).wrong[0]).toMatch(/^line 1: a mark needs a name/);
  });
});

describe('looksLikeCaptions', () => {
  it('tells them from logs and from other texts', () => {
    expect(looksLikeCaptions('# mine\n+1 a\n22:20:05 b\n')).toBe(true);
    expect(looksLikeCaptions(readFileSync(resolve(STORY, 'steps'), 'utf8'))).toBe(true);
    expect(looksLikeCaptions(readFileSync(resolve(STORY, 'log'), 'utf8'))).toBe(false);
    expect(looksLikeCaptions('')).toBe(false);
    expect(looksLikeCaptions('dear diary\n+1 a')).toBe(false);
  });
});
