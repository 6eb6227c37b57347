import { expect, type Page } from '@playwright/test';
import { HEAT_RAMPS } from '../../shared/theme/heat.ts';
import { FAST, hostByDialog, uriOf } from '../support/host-card.ts';
import { askNbdsh } from '../support/nbdsh-client.ts';
import { rgbOf } from '../support/picture.ts';
import { expectNothingSerious } from '../support/window.ts';
import { test } from '../support/window-test.ts';

/** As renderer/plots has it: axes around the lanes, and space between these. */
const AXES = { topPx: 6, bottomPx: 20, gapPx: 4 };
const SLOW_MS = 40;

/**
 * Of each lane of the map, how high its lowest request stands: 0 at the lane's foot, 1 at its top; NaN while it shows none. What is
 * low was answered soon.
 */
async function lowestRequests(page: Page, lanes: number): Promise<readonly number[]> {
  return page.getByTestId('latency-plot').evaluate(
    (canvas, { ramp, axes, count }) => {
      if (!(canvas instanceof HTMLCanvasElement)) throw new Error('the latency map is no canvas');
      const { width, height } = canvas;
      const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data;
      if (data === undefined) throw new Error('the latency map cannot be read');
      const ratio = devicePixelRatio;
      const laneHeight = (height / ratio - axes.topPx - axes.bottomPx - axes.gapPx * (count - 1)) / count;
      const isRequest = (at: number): boolean =>
        ramp.some(([r, g, b]) => data[at] === r && data[at + 1] === g && data[at + 2] === b);
      return Array.from({ length: count }, (_, lane) => {
        const top = (axes.topPx + lane * (laneHeight + axes.gapPx)) * ratio;
        for (let y = Math.floor(top + laneHeight * ratio) - 1; y >= top; y -= 1) {
          for (let x = 0; x < width; x += 1) {
            if (isRequest((y * width + x) * 4)) return 1 - (y - top) / (laneHeight * ratio);
          }
        }
        return Number.NaN;
      });
    },
    { ramp: HEAT_RAMPS.dark.map(rgbOf), axes: AXES, count: lanes },
  );
}

// The recording that is open then makes room for the disks.
test.use({ logs: [] });

test('one slow disk of three stands out on the latency map', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  const uris: string[] = [];
  for (const delay of ['0', String(SLOW_MS), '0']) {
    const name = `disk${uris.length + 1}`;
    await hostByDialog(page, { ...FAST, Size: '1M', 'Export name': name, 'Write delay, ms': delay });
    uris.push(await uriOf(page));
  }
  // Without a flush, which the delay of writes does not touch.
  for (const uri of uris) await askNbdsh(uri, 'for i in range(12): h.pwrite(b"x" * 4096, i * 4096)');
  await page.keyboard.press('Alt+KeyL');
  const plot = page.getByTestId('latency-plot');
  await expect(plot).toHaveAttribute(
    'aria-label',
    /^Latency over time\. disk1: up to .*; disk2: up to .* ms; disk3: up to /,
  );
  await page.keyboard.press('Alt+KeyY');
  // The delay is the least that a write takes; the others' quickest ones are not held up by it.
  await expect(async () => {
    const [first = 1, slow = 0, third = 1] = await lowestRequests(page, 3);
    expect(slow).toBeGreaterThan(first + 0.2);
    expect(slow).toBeGreaterThan(third + 0.2);
  }).toPass();
  const [, upTo = '0'] = /disk2: up to (\d+) ms/.exec((await plot.getAttribute('aria-label')) ?? '') ?? [];
  expect(Number(upTo)).toBeGreaterThanOrEqual(SLOW_MS);
  await expectNothingSerious(page, 'the latency map of three disks');
});
