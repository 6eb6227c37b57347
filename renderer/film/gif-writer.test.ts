/// <reference path="../../e2e/support/omggif.d.ts" />
import omggif from 'omggif';
import { expect, it } from 'vitest';
import { THEMES } from '#shared/theme/palettes.ts';
import { packColor } from '../grid/cell-look.ts';
import { storeInMemory } from './byte-sinks.ts';
import { GifWriter } from './gif-writer.ts';

const THEME = THEMES.dark;
const { written, trimmed } = THEME.grid;
const OPAQUE = 0xff00_0000;
const WIDTH_PX = 2;

/** A GIF of frames of 2 x 1 px, a tenth of a second apart, as another program reads it. */
async function gifOf(frames: readonly (readonly [number, number])[]): Promise<omggif.GifReader> {
  const file = storeInMemory();
  let pixels = new Uint32Array(WIDTH_PX);
  const painter = {
    // What tests run on has no ImageData; this is all of it that is read.
    pixels: () => ({
      data: new Uint8ClampedArray(pixels.buffer),
      width: WIDTH_PX,
      height: 1,
      colorSpace: 'srgb' as const,
      pixelFormat: 'rgba-unorm8' as const,
    }),
  };
  const writer = new GifWriter(painter, THEME, file.sink);
  for (const [i, frame] of frames.entries()) {
    pixels = Uint32Array.from(frame, (color) => color | OPAQUE);
    await writer.add(i * 100_000);
  }
  await writer.finish(frames.length * 100_000);
  return new omggif.GifReader(new Uint8Array(await (await file.result()).arrayBuffer()));
}

const WRITTEN = packColor(written);
const TRIMMED = packColor(trimmed);

it('keeps colours exactly, and of later frames what changed', async () => {
  const gif = await gifOf([
    [WRITTEN, WRITTEN],
    [WRITTEN, TRIMMED],
  ]);
  expect([gif.width, gif.height, gif.numFrames()]).toEqual([2, 1, 2]);
  const shown = new Uint8Array(WIDTH_PX * 4);
  const colors = new Uint32Array(shown.buffer);
  gif.decodeAndBlitFrameRGBA(0, shown);
  expect([...colors]).toEqual([WRITTEN, WRITTEN].map((color) => (color | OPAQUE) >>> 0));
  gif.decodeAndBlitFrameRGBA(1, shown);
  expect([...colors]).toEqual([WRITTEN, TRIMMED].map((color) => (color | OPAQUE) >>> 0));
});

it('lets a frame last while nothing changes, and the last one for two seconds more', async () => {
  const still = [WRITTEN, WRITTEN] as const;
  const gif = await gifOf([still, still, still, [TRIMMED, WRITTEN]]);
  expect(gif.numFrames()).toBe(2);
  expect([0, 1].map((i) => gif.frameInfo(i).delay)).toEqual([30, 210]);
});
