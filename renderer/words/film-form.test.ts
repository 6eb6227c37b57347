import { expect, it } from 'vitest';
import { lengthWords, newFilmForm, readFilmForm, withFormat } from './film-form.ts';

const FIRST_US = Date.UTC(2026, 0, 2, 22, 20, 27) * 1000;
const KEPT = { firstUs: FIRST_US, lastUs: FIRST_US + 33_000_500 };
const FORM = newFilmForm(KEPT.firstUs, KEPT.lastUs, 'dark');

it('asks for all that is kept until it is changed, last row included', () => {
  expect(readFilmForm(FORM, KEPT)).toMatchObject({
    fromUs: KEPT.firstUs,
    toUs: KEPT.lastUs,
    options: { format: 'webm', widthPx: 1280, heightPx: 720, framesPerSecond: 30, speed: 1, theme: 'dark' },
  });
});

it('reads seconds from the beginning, and a speed as a fraction', () => {
  expect(readFilmForm({ ...FORM, from: '10', to: '14', speed: '1/4' }, KEPT)).toMatchObject({
    fromUs: FIRST_US + 10_000_000,
    toUs: FIRST_US + 14_000_000,
    options: { speed: 0.25 },
  });
});

it('says of each field that cannot be read why not', () => {
  const read = readFilmForm({ ...FORM, size: '641x480', rate: '99', speed: 'fast', from: 'x' }, KEPT);
  expect(read).toMatchObject({
    wrong: {
      size: expect.stringContaining('sides of a film are even'),
      rate: expect.stringContaining('10 to 60 frames a second'),
      speed: expect.stringContaining('is no speed'),
      from: expect.any(String),
    },
  });
});

it('refuses a span that ends before it begins, or lies beside what is kept', () => {
  expect(readFilmForm({ ...FORM, from: '14', to: '10' }, KEPT)).toMatchObject({
    wrong: { to: expect.stringContaining('before the beginning') },
  });
  expect(readFilmForm({ ...FORM, from: '100', to: '200' }, KEPT)).toMatchObject({
    wrong: { to: expect.stringContaining('22:20:27.000 to 22:21:00.000') },
  });
});

it('takes a rate that the other kind of format has, and keeps one that was typed otherwise', () => {
  expect(withFormat({ ...FORM, rate: '60' }, 'gif').rate).toBe('10');
  expect(withFormat({ ...FORM, rate: '60' }, 'mp4').rate).toBe('60');
  expect(withFormat(FORM, 'nothing such').format).toBe('webm');
});

it('tells how long the film becomes', () => {
  const read = readFilmForm({ ...FORM, from: '10', to: '14', speed: '4', rate: '10', skipIdle: true }, KEPT);
  if ('wrong' in read) throw new Error('the form was to be read');
  expect(lengthWords(read.options, read.fromUs, read.toUs)).toMatch(/at most 1\.0 s, at most 11 frames$/);
});
