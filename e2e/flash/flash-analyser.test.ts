import { describe, expect, it } from 'vitest';
import { analyseFlashes, type Frame } from './flash-analyser.ts';

const SIZE = { widthPx: 341, heightPx: 256 };
const BLACK = 0xff00_0000;
const GREY = 0xff60_6060;
const WHITE = 0xffff_ffff;
const RED = 0xff00_00ff;
const DARK_RED = 0xff00_0080;

/** Frames at 60 a second; `colorAt` paints the first `share` of the px, the rest stay black. */
function* frames(seconds: number, share: number, colorAt: (timeMs: number) => number): Generator<Frame> {
  const pixels = new Uint32Array(SIZE.widthPx * SIZE.heightPx).fill(BLACK);
  const lit = Math.round(pixels.length * share);
  for (let i = 0; i <= seconds * 60; i += 1) {
    const timeMs = (i * 1000) / 60;
    pixels.fill(colorAt(timeMs), 0, lit);
    yield { pixels, timeMs };
  }
}

/** On for the first half of each period. */
function blinking(perSecond: number, on: number, off: number): (timeMs: number) => number {
  return (timeMs) => (((timeMs * perSecond) / 1000) % 1 < 0.5 ? off : on);
}

describe('analyseFlashes', () => {
  it('passes three flashes a second over the whole picture', () => {
    const report = analyseFlashes(frames(3, 1, blinking(3, WHITE, BLACK)), SIZE);
    expect(report.passes).toBe(true);
    expect(report.mostChanges).toBe(6);
  });

  it('refuses four flashes a second over more than a quarter', () => {
    const report = analyseFlashes(frames(2, 0.26, blinking(4, WHITE, BLACK)), SIZE);
    expect(report.passes).toBe(false);
    expect(report.generalShare).toBeCloseTo(0.26, 2);
  });

  it('passes them over less than a quarter', () => {
    const report = analyseFlashes(frames(2, 0.24, blinking(10, WHITE, BLACK)), SIZE);
    expect(report.passes).toBe(true);
    expect(report.generalShare).toBeCloseTo(0.24, 2);
  });

  it('does not count changes of less than a tenth of the luminance', () => {
    // 0x50 is 0.08 in relative luminance, 0x60 is 0.12.
    const small = analyseFlashes(frames(2, 1, blinking(10, 0xff50_5050, BLACK)), SIZE);
    expect(small.generalShare).toBe(0);
    const large = analyseFlashes(frames(2, 1, blinking(10, GREY, BLACK)), SIZE);
    expect(large.generalShare).toBe(1);
  });

  it('does not count changes between two bright colours', () => {
    const report = analyseFlashes(frames(2, 1, blinking(10, WHITE, 0xffe8_e8e8)), SIZE);
    expect(report.generalShare).toBe(0);
  });

  it('counts a fade out and a sudden light as it counts steps', () => {
    const sawtooth = (timeMs: number): number => {
      const level = Math.round(255 * (1 - (((timeMs * 5) / 1000) % 1)));
      return (BLACK | (level << 16) | (level << 8) | level) >>> 0;
    };
    expect(analyseFlashes(frames(2, 1, sawtooth), SIZE).passes).toBe(false);
  });

  it('counts a slow fade as one change, however many its steps', () => {
    const slow = (timeMs: number): number => {
      const level = Math.round((255 * Math.abs((timeMs % 2000) - 1000)) / 1000);
      return (BLACK | (level << 16) | (level << 8) | level) >>> 0;
    };
    expect(analyseFlashes(frames(6, 1, slow), SIZE).mostChanges).toBe(2);
  });

  it('counts flashes of saturated red that are too dark to be general ones', () => {
    const report = analyseFlashes(frames(2, 1, blinking(5, DARK_RED, BLACK)), SIZE);
    expect(report.generalShare).toBe(0);
    expect(report.redShare).toBe(1);
    expect(report.passes).toBe(false);
  });

  it('counts red against another colour once', () => {
    const report = analyseFlashes(frames(2, 1, blinking(2, RED, GREY)), SIZE);
    expect(report.redShare).toBe(0);
    expect(report.mostChanges).toBe(4);
  });

  it('finds the worst window of a larger picture', () => {
    const wide = { widthPx: 341 * 3, heightPx: 256 };
    const pixels = new Uint32Array(wide.widthPx * wide.heightPx).fill(BLACK);
    const run: Frame[] = [];
    for (let i = 0; i < 60; i += 1) {
      const next = pixels.slice();
      for (let y = 0; y < 256; y += 1)
        next.fill(i % 2 === 0 ? WHITE : BLACK, y * wide.widthPx + 500, y * wide.widthPx + 620);
      run.push({ pixels: next, timeMs: i * 50 });
    }
    const report = analyseFlashes(run, wide);
    expect(report.generalShare).toBeCloseTo(120 / 341, 3);
  });

  it('takes a picture smaller than the window as a part of it', () => {
    const small = { widthPx: 100, heightPx: 100 };
    const run = Array.from({ length: 60 }, (_, i) => ({
      pixels: new Uint32Array(10_000).fill(i % 2 === 0 ? WHITE : BLACK),
      timeMs: i * 50,
    }));
    const report = analyseFlashes(run, small);
    expect(report.generalShare).toBeCloseTo(10_000 / (341 * 256), 4);
    expect(report.passes).toBe(true);
  });
});
