import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { PNG } from 'pngjs';
import { THEMES } from '#shared/theme/palettes.ts';
import { STRUCTURE_COLORS } from '#shared/theme/structures.ts';
import { FULL_COLOR, HALVED_COLOR } from '../../renderer/film/film-view.ts';
import { type Ended, RunningCommand } from '../../web/testing/running-command.ts';
import { recording, temporaryFolder } from '../support/app.ts';
import { makeDisk } from '../support/made-disk.ts';
import { near, rgbOf } from '../support/picture.ts';
import { DecodedFilm } from './decoded-film.ts';
import { DecodedGif } from './decoded-gif.ts';
import {
  cellsOfOtherBrightness,
  cellsThatDiffer,
  colorsOf,
  ExpectedFilm,
  wholeCells,
} from './expected-film.ts';

const LOG = recording('ext4-blog-64M/log');
const THEME = THEMES.dark.grid;
/** The span of the films, seconds of the recording: from the partitions to the mount, with most colours there are. */
const FROM_S = 9;
const TO_S = 13;
const SPEED = 2;
const RATE = 10;

let folder: string;
test.beforeEach(() => {
  folder = temporaryFolder();
});
test.afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function render(name: string, ...options: readonly string[]): Promise<Ended> {
  return await renderOf(LOG, name, ...options);
}

async function renderOf(source: string, name: string, ...options: readonly string[]): Promise<Ended> {
  await using command = new RunningCommand(['render', source, '-o', join(folder, name), ...options], {
    XDG_STATE_HOME: join(folder, 'state'),
  });
  return await command.ended;
}

const SPAN = ['--from', `${FROM_S}`, '--to', `${TO_S}`, '--speed', `${SPEED}`, '--fps', `${RATE}`];

/** The middles of frames of the film, and the moments of the recording that they show, seconds. */
function moments(every: number): readonly { readonly filmS: number; readonly atS: number }[] {
  const frames = ((TO_S - FROM_S) / SPEED) * RATE + 1;
  return Array.from({ length: Math.ceil(frames / every) }, (_, i) => ({
    filmS: (i * every + 0.5) / RATE,
    atS: FROM_S + (i * every * SPEED) / RATE,
  }));
}

test('a WebM shows the right colours in all cells at the right times, and the same twice', async ({
  page,
}) => {
  const expected = new ExpectedFilm({ widthPx: 1280, heightPx: 720 }, HALVED_COLOR);
  const cells = expected.cells();
  expect(cells).toHaveLength(16_384);
  for (const { grid } of expected.layout.panels) expect(grid.view.cellPx).toBeGreaterThanOrEqual(4);
  const ended = await render('a.webm', ...SPAN);
  expect(ended.stderr).toContain('VP9, 1280x720, 21 frames at 10 a second');
  expect(ended).toMatchObject({ code: 0, stdout: `${join(folder, 'a.webm')}\n` });
  expect((await render('b.webm', ...SPAN)).code).toBe(0);

  const first = await DecodedFilm.open(page, readFileSync(join(folder, 'a.webm')), 'video/webm');
  expect(first.durationS).toBeCloseTo(21 / RATE, 1);
  const frames: Buffer[] = [];
  for (const { filmS, atS } of moments(2)) {
    const seen = await first.frameAt(filmS);
    const wanted = expected.frameAt(atS, SPEED, THEME);
    expect(colorsOf(wanted, 1280, cells)).toBeGreaterThan(1);
    const whole = wholeCells(wanted, 1280, cells);
    expect(whole.length).toBeGreaterThan(cells.length * 0.9);
    expect(cellsThatDiffer(seen, wanted, 1280, whole, 16), `at ${atS} s`).toBe(0);
    expect(cellsOfOtherBrightness(seen, wanted, 1280, cells, 16), `at ${atS} s`).toBe(0);
    // Nor are more than a few of several states off.
    expect(cellsThatDiffer(seen, wanted, 1280, cells, 16), `at ${atS} s`).toBeLessThan(cells.length / 1000);
    frames.push(seen);
  }
  const second = await DecodedFilm.open(page, readFileSync(join(folder, 'b.webm')), 'video/webm');
  for (const [i, { filmS }] of moments(2).entries()) {
    expect((await second.frameAt(filmS)).equals(frames[i] ?? Buffer.alloc(0)), `at ${filmS} s`).toBe(true);
  }
});

test('a capture gives the film of its log as an MP4', async ({ page }) => {
  const capture = join(folder, 'x.nbdscope');
  await using converted = new RunningCommand(['convert', LOG, capture], {});
  expect(await converted.ended).toMatchObject({ code: 0 });
  const ended = await renderOf(capture, 'a.mp4', ...SPAN);
  expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: `${join(folder, 'a.mp4')}\n` });
  expect(ended.stderr).toContain('1280x720, 21 frames at 10 a second');

  const film = await DecodedFilm.open(page, readFileSync(join(folder, 'a.mp4')), 'video/mp4');
  expect([film.widthPx, film.heightPx]).toEqual([1280, 720]);
  expect(film.durationS).toBeCloseTo(21 / RATE, 1);
  const expected = new ExpectedFilm({ widthPx: 1280, heightPx: 720 }, HALVED_COLOR);
  for (const { filmS, atS } of moments(10)) {
    const wanted = expected.frameAt(atS, SPEED, THEME);
    const whole = wholeCells(wanted, 1280, expected.cells());
    expect(cellsThatDiffer(await film.frameAt(filmS), wanted, 1280, whole, 24), `at ${atS} s`).toBe(0);
  }
});

test('a GIF has exactly the colours of the theme', async () => {
  const expected = new ExpectedFilm({ widthPx: 800, heightPx: 450 }, FULL_COLOR);
  const cells = expected.cells();
  const ended = await render('a.gif', '--size', '800x450', ...SPAN);
  expect(ended.code, ended.stderr).toBe(0);
  const gif = new DecodedGif(readFileSync(join(folder, 'a.gif')));
  for (const { filmS, atS } of moments(4)) {
    const seen = gif.frameAt(filmS);
    // Shades of a read that fades are those of the palette; all else is exact.
    expect(cellsThatDiffer(seen, expected.frameAt(atS, SPEED, THEME), 800, cells, 12), `at ${atS} s`).toBe(0);
    expect(colorsOf(seen, 800, cells)).toBeGreaterThan(1);
  }
  // Two seconds in which nothing fades any more.
  const still = gif.frameAt(moments(1).at(-1)?.filmS ?? 0);
  expect(cellsThatDiffer(still, expected.frameAt(TO_S, SPEED, THEME), 800, cells, 12)).toBe(0);
  expect(gif.durationS).toBeCloseTo(21 / RATE + 2, 2);
});

test('a PNG shows one moment, px for px, at the scale that is asked for; an SVG the same in rectangles', async () => {
  const expected = new ExpectedFilm({ widthPx: 2560, heightPx: 1440 }, FULL_COLOR);
  expect((await render('a.png', '--at', '20', '--scale', '2')).code).toBe(0);
  const png = PNG.sync.read(readFileSync(join(folder, 'a.png')));
  expect([png.width, png.height]).toEqual([2560, 1440]);
  const wanted = expected.frameAt(20, 1, THEME);
  expect(cellsThatDiffer(png.data, wanted, 2560, expected.cells(), 0)).toBe(0);
  expect(colorsOf(png.data, 2560, expected.cells())).toBeGreaterThanOrEqual(4);

  expect((await render('a.svg', '--at', '20', '--title', 'a < b')).code).toBe(0);
  const svg = readFileSync(join(folder, 'a.svg'), 'utf8');
  expect(svg).toContain('a &lt; b');
  for (const color of [THEME.written, THEME.trimmed, THEME.zeroed])
    expect(svg).toContain(color.toLowerCase());
});

test('two recordings in step are drawn side by side, on a clock from where they coincide', async () => {
  const output = join(folder, 'both.svg');
  const [quick, slow] = [recording('ext4-blog-64M'), recording('ext4-blog-64M-40ms')];
  const options = ['--compare', quick, slow, '--align', 'mkfs', '-o', output, '--at', '12.5'];
  await using command = new RunningCommand(['render', ...options], { XDG_STATE_HOME: join(folder, 'state') });
  const ended = await command.ended;
  expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: `${output}\n` });
  const words = [...readFileSync(output, 'utf8').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(
    ([, text]) => text,
  );
  expect(words).toEqual(expect.arrayContaining(['A · ext4-blog-64M', 'B · ext4-blog-64M-40ms', 'mkfs']));
  const since = words.filter((text) => /^[+−]\d+:\d\d\.\d$/.test(text ?? ''));
  // The slow one has begun earlier: its first step is the first row of both.
  const steps = readFileSync(join(slow, 'steps'), 'utf8');
  const beginsUs = timeOfDayUs(steps, /^STEP launch (\S+)/m);
  const mkfsUs = timeOfDayUs(steps, /^STEP mkfs (\S+)/m);
  const seconds = 12.5 - (mkfsUs - beginsUs) / 1e6;
  expect(seconds).toBeLessThan(-1);
  expect(since).toEqual([`−0:${(-seconds).toFixed(1).padStart(4, '0')}`]);
  expect(words).not.toContain('UTC');

  const wrong = [...options.slice(0, 4), 'no such step', '-o', join(folder, 'none.svg')];
  await using refused = new RunningCommand(['render', ...wrong], {});
  const told = await refused.ended;
  expect(told).toMatchObject({ code: 2, stdout: '' });
  expect(told.stderr).toContain('"no such step" is no moment of it; its steps are launch, part-disk, mkfs');
});

/** A time of day in a text, µs. */
function timeOfDayUs(text: string, where: RegExp): number {
  const [hours = Number.NaN, minutes = Number.NaN, seconds = Number.NaN] =
    where.exec(text)?.[1]?.split(':').map(Number) ?? [];
  return ((hours * 60 + minutes) * 60 + seconds) * 1e6;
}

test('what lies on the disk is outlined, tinted and named, once it is said where that can be read', async () => {
  const disk = await makeDisk(folder);
  const plain = await render('plain.png', '--at', '0');
  const named = await render('named.png', '--at', '0', '--image', disk.path);
  expect([plain, named].map(({ code }) => code)).toEqual([0, 0]);
  const [without, withNames] = ['plain.png', 'named.png'].map((name) =>
    PNG.sync.read(readFileSync(join(folder, name))),
  );
  if (without === undefined || withNames === undefined) throw new Error('there are no pictures');
  const expected = new ExpectedFilm({ widthPx: 1280, heightPx: 720 }, FULL_COLOR);
  const cells = expected.cells();
  const [first = -1] = disk.journal;
  const journal = disk.journal.flatMap((block) => cells[block] ?? []);
  // The part of it that lies under its name is tinted less.
  expect(cellsThatDiffer(withNames.data, without.data, 1280, journal, 2)).toBeGreaterThan(journal.length / 2);
  // The outline lies in the line left of its first block.
  const { xPx = 0, yPx = 0 } = cells[first] ?? {};
  const around = Array.from({ length: 7 }, (_, i) => ({ xPx: xPx - i, yPx }));
  const ink = rgbOf(STRUCTURE_COLORS.dark.journal);
  const inked = (data: Uint8Array): number =>
    around.filter((place) => {
      const at = (place.yPx * 1280 + place.xPx) * 4;
      return near([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0], ink, 30);
    }).length;
  expect([inked(without.data), inked(withNames.data)]).toEqual([0, 1]);

  // A capture of nothing but the log knows nothing of it; of an SVG the names can be read.
  expect((await render('none.svg', '--at', '0', '--structures')).code).toBe(0);
  expect(readFileSync(join(folder, 'none.svg'), 'utf8')).not.toContain('>journal<');
  expect((await render('named.svg', '--at', '0', '--image', disk.path)).code).toBe(0);
  expect(readFileSync(join(folder, 'named.svg'), 'utf8')).toContain('>journal<');

  const missing = await render('missing.png', '--image', join(folder, 'no.img'));
  expect(missing.code).not.toBe(0);
  expect(missing.stderr).toContain('no.img cannot be read');
  expect(existsSync(join(folder, 'missing.png'))).toBe(false);
});

test('what cannot be made is said, with the right code, and nothing is left behind', async () => {
  writeFileSync(join(folder, 'there.webm'), 'mine');
  const there = await render('there.webm');
  expect(there).toMatchObject({ code: 1, stdout: '' });
  expect(there.stderr).toContain('give --force to replace it');
  expect(readFileSync(join(folder, 'there.webm'), 'utf8')).toBe('mine');

  const early = await render('a.webm', '--from', '20', '--to', '10');
  expect(early).toMatchObject({ code: 2, stdout: '' });
  expect(early.stderr).toContain('--to 10 is before --from 20');
  expect(existsSync(join(folder, 'a.webm'))).toBe(false);
  expect(existsSync(join(folder, 'a.webm.part'))).toBe(false);
});
