import { describe, expect, it } from 'vitest';
import { LATENCY_MAP_ROWS } from '#shared/contract/questions.ts';
import { HEAT_RAMPS } from '#shared/theme/heat.ts';
import { THEMES } from '#shared/theme/palettes.ts';
import { latencyPixels, seekPixels } from './count-image.ts';

const theme = THEMES.dark;
/** A px of an image as `#RRGGBB`; whatever is drawn is opaque. */
function hex(pixel: number | undefined): string {
  expect((pixel ?? 0) >>> 24).toBe(0xff);
  const [red, green, blue] = [0, 8, 16].map((shift) => ((pixel ?? 0) >>> shift) & 255);
  return `#${[red, green, blue].map((part) => (part ?? 0).toString(16).padStart(2, '0')).join('')}`.toUpperCase();
}
const ramp = HEAT_RAMPS.dark;
const ground = theme.grid.untouched.toUpperCase();

describe('latencyPixels', () => {
  it('has long latencies above, and one request well off the ground', () => {
    const counts = new Uint32Array(LATENCY_MAP_ROWS * 2);
    counts[10 * 2] = 1;
    counts[11 * 2 + 1] = 4096;
    const image = latencyPixels(counts, 2, { first: 10, end: 12, perGroup: 1 }, theme);
    expect([...image].map(hex)).toEqual([ground, ramp.at(-1), ramp[0], ground]);
  });

  it('adds up the rows that stand together', () => {
    const counts = new Uint32Array(LATENCY_MAP_ROWS).fill(1, 10, 12);
    const image = latencyPixels(counts, 1, { first: 10, end: 14, perGroup: 2 }, theme);
    expect([...image].map(hex)).toEqual([ground, ramp[1]]);
  });
});

describe('seekPixels', () => {
  it('shows reads and writes at full strength, both where there were both, the beginning of the disk below', () => {
    const data = {
      disk: 0,
      window: { fromUs: 0, toUs: 1 },
      columns: 2,
      rows: 2,
      firstBlock: 0,
      endBlock: 2,
      blocksPerRow: 1,
      reads: Uint32Array.of(1, 0, 9, 0),
      writes: Uint32Array.of(0, 1, 1, 0),
    };
    const pixels = [...seekPixels(data, theme)].map(hex);
    const read = theme.grid.read.toUpperCase();
    const written = theme.grid.written.toUpperCase();
    expect(pixels).toEqual([
      ...[read, written, ground, ground],
      ...[written, read, ground, ground],
      ...[read, read, written, written],
      ...[read, read, written, written],
    ]);
  });
});
