import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { recording, startApp, temporaryFolder } from '../support/app.ts';
import { countsAt, recordedArrivals } from '../support/recorded-moments.ts';
import {
  expectCounts,
  expectNothingSerious,
  legendCount,
  parts,
  playAt,
  watchForErrors,
} from '../support/window.ts';
import { test } from '../support/window-test.ts';

const LOG = 'ext4-blog-64M/log';

/** What the timeline says of itself, µs since the epoch. */
async function told(page: Page): Promise<{ fromUs: number; toUs: number; shownUs: number; columns: number }> {
  return page.getByTestId('timeline-canvas').evaluate((canvas) => ({
    fromUs: Number(canvas.dataset['fromUs']),
    toUs: Number(canvas.dataset['toUs']),
    shownUs: Number(canvas.dataset['shownUs']),
    columns: Number(canvas.dataset['columns']),
  }));
}

/** The point of the timeline at a part of its width, below its flags. */
async function pointAt(page: Page, part: number): Promise<{ x: number; y: number }> {
  const box = await parts.timeline(page).boundingBox();
  if (box === null) throw new Error('the timeline is not to be seen');
  return { x: box.x + box.width * part, y: box.y + 32 };
}

async function dragTo(page: Page, from: number, to: number): Promise<void> {
  const start = await pointAt(page, from);
  const end = await pointAt(page, to);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, start.y, { steps: 8 });
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await page.mouse.up();
}

/** Waits until the window stands at the moment that the timeline shows, and its counters are those of that moment. */
async function expectTruth(page: Page): Promise<void> {
  const arrivals = recordedArrivals(LOG);
  await expect(async () => {
    const { shownUs } = await told(page);
    const wanted = countsAt(arrivals, shownUs);
    const seen: Record<string, number> = {};
    for (const layer of Object.keys(wanted)) seen[layer] = await legendCount(page, layer);
    expect(seen).toEqual(wanted);
  }).toPass();
}

test.describe('the timeline of a recording', () => {
  test.use({ logs: [], timezoneId: 'Europe/Berlin' });

  test.beforeEach(async ({ page }) => {
    await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
    await expect(page.getByText('Replay 1x')).toBeVisible();
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay paused')).toBeVisible();
    await expect.poll(async () => (await told(page)).columns).toBeGreaterThan(0);
  });

  test('shows the moment that it is dragged to, forwards and back, with the counts of that moment', async ({
    page,
  }) => {
    const errors = watchForErrors(page);
    await dragTo(page, 0.1, 0.7);
    await expectTruth(page);
    expect(await legendCount(page, 'write')).toBeGreaterThan(0);
    await dragTo(page, 0.7, 0.25);
    await expectTruth(page);
    expect(await legendCount(page, 'write')).toBe(0);
    const readout = page.getByTestId('timeline-readout');
    // In the middle of what was written: what a bar stands for is said where the pointer is.
    const writes = recordedArrivals(LOG).filter(({ op }) => op === 'write');
    const { fromUs, toUs } = await told(page);
    const middleUs = writes[Math.floor(writes.length / 2)]?.us ?? Number.NaN;
    const { x, y } = await pointAt(page, (middleUs - fromUs) / (toUs - fromUs));
    await page.mouse.move(x, y);
    await expect(readout).toContainText(/22:20:\d\d/);
    await expect(readout).toContainText(/ \d+ writes/);
    await expect(readout).toContainText(/p99 \d/);
    await page.getByTestId('timeline-canvas').click({ position: { x: 2, y: 40 } });
    await expectTruth(page);
    expect(errors).toEqual([]);
  });

  test('zooms about the pointer, selects a span that alone is played, and lets it go', async ({ page }) => {
    const whole = await told(page);
    const at = await pointAt(page, 0.75);
    await page.mouse.move(at.x, at.y);
    for (let i = 0; i < 3; i += 1) await page.mouse.wheel(0, -240);
    await expect
      .poll(async () => {
        const { fromUs, toUs } = await told(page);
        return Math.round(((whole.toUs - whole.fromUs) / (toUs - fromUs)) * 10) / 10;
      })
      .toBe(8);
    const near = await told(page);
    const pointed = whole.fromUs + 0.75 * (whole.toUs - whole.fromUs);
    expect((pointed - near.fromUs) / (near.toUs - near.fromUs)).toBeCloseTo(0.75, 2);
    await page.keyboard.press('Alt+Digit0');
    await expect.poll(async () => (await told(page)).toUs).toBe(whole.toUs);

    await page.keyboard.down('Shift');
    await dragTo(page, 0.2, 0.3);
    await page.keyboard.up('Shift');
    const readout = page.getByTestId('timeline-readout');
    await page.mouse.move(10, 300);
    await expect(readout).toContainText(/Span 3\.\d s/);
    await playAt(page, '8x');
    await page.keyboard.press('KeyR');
    await expect(page.getByText('Replay ended')).toBeVisible();
    const { shownUs } = await told(page);
    expect((shownUs - whole.fromUs) / (whole.toUs - whole.fromUs)).toBeCloseTo(0.3, 1);
    await expectTruth(page);
    await readout.getByRole('button', { name: 'Clear the span' }).click();
    await expect(readout).not.toContainText('Span');
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay ended')).toBeVisible();
    await expectCounts(page, { read: 316, write: 189 });
  });

  test('needs no pointer: steps, scrubs, spans, goes to a time, and says where it is', async ({ page }) => {
    const slider = parts.timeline(page);
    await page.keyboard.press('Slash');
    await expect(slider).toBeFocused();
    await page.keyboard.press('Home');
    await expectCounts(page, { read: 0 });
    await page.keyboard.press('Shift+Period');
    await expectCounts(page, { read: 1 });
    await page.keyboard.press('Control+ArrowRight');
    await expectCounts(page, { read: 2 });
    await page.keyboard.press('Shift+Comma');
    await expectCounts(page, { read: 1 });
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowRight');
    await expectTruth(page);
    await page.keyboard.press('Shift+KeyG');
    await page.keyboard.type('22:20:20.5');
    await expect(parts.dialog(page)).toContainText('2026-11-20 22:20:20.500000 UTC');
    await page.keyboard.press('Enter');
    await expect(slider).toHaveAttribute('aria-valuetext', /^22:20:20/);
    await expectTruth(page);
    await page.keyboard.press('Shift+KeyC');
    await expect(page.getByTestId('clock')).toHaveText('23:20:20');
    await page.keyboard.press('Semicolon');
    await page.keyboard.press('Shift+KeyG');
    await page.keyboard.type('+2s');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('clock')).toHaveText('23:20:22');
    await page.keyboard.press('Quote');
    await expect(page.getByTestId('timeline-readout')).toContainText('Span 2.0 s');
    await expectNothingSerious(page, 'the timeline with a span');
    await page.keyboard.press('Backspace');
    await expect(page.getByTestId('timeline-readout')).not.toContainText('Span');
    await page.keyboard.press('Slash');
    await page.keyboard.press('End');
    await expectCounts(page, { read: 316, write: 189 });
  });
});

test('a live log goes on being recorded while its past is shown, and one key comes back to it', async ({
  page,
}) => {
  const folder = temporaryFolder();
  const path = join(folder, 'log');
  const lines = readFileSync(recording(LOG), 'utf8').split(/(?<=\n)/);
  const half = Math.floor(lines.length / 2);
  writeFileSync(path, lines.slice(0, half).join(''));
  const app = await startApp([path], folder);
  await page.goto(app.url);
  const live = page.getByRole('button', { name: /^Live/ });
  await expect(live).toHaveAttribute('aria-pressed', 'true');
  const early = countsAt(recordedArrivals(LOG), Number.POSITIVE_INFINITY);
  await expect.poll(() => legendCount(page, 'read')).toBeGreaterThan(100);
  await page.keyboard.press('Slash');
  await page.keyboard.press('Home');
  await expect(live).toHaveAttribute('aria-pressed', 'false');
  await expectCounts(page, { read: 0, write: 0 });
  appendFileSync(path, lines.slice(half).join(''));
  await expect(live).toContainText(/behind by .*\d+ s/);
  await expectCounts(page, { read: 0, write: 0 });
  await page.keyboard.press('KeyL');
  await expect(live).toHaveAttribute('aria-pressed', 'true');
  await expectCounts(page, early);
  await app.stop();
});
