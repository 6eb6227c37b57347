import { expect } from '@playwright/test';
import { noteTexts } from '../support/said-states.ts';
import { expectCounts, legendCount, parts, playAt, watchForErrors } from '../support/window.ts';
import { test } from '../support/window-test.ts';

/** Requests of the whole sample, as assets/recordings/README.md states them. */
const WHOLE_SAMPLE = { read: 316, write: 189, trim: 13, zero: 12, flush: 35 } as const;

test.describe('the window on its sample', () => {
  test.use({ logs: [] });

  test.beforeEach(({ page }) => expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/));

  test('replays it with growing counts and captions, to the counts it holds', async ({ page }) => {
    const errors = watchForErrors(page);
    await expect(page.getByText('64 MiB', { exact: true })).toBeVisible();
    await expect(parts.caption(page)).toContainText('launch');
    const captions = await noteTexts(parts.caption(page));
    await playAt(page, '8x');
    await expect.poll(() => legendCount(page, 'read')).toBeGreaterThan(20);
    await expect.poll(() => captions.jsonValue()).toContainEqual(expect.stringContaining('mount'));
    await expect(page.getByText('Replay ended')).toBeVisible();
    await expectCounts(page, WHOLE_SAMPLE);
    await expect(page.getByTestId('summary')).toContainText('316 reads, 189 writes');
    expect(errors).toEqual([]);
  });

  test('shows the same picture and counts after a reload', async ({ page }) => {
    await playAt(page, '16x');
    await expect(page.getByText('Replay ended')).toBeVisible();
    await expectCounts(page, WHOLE_SAMPLE);
    // The pointer would outline a block on the one picture and not on the other.
    await page.mouse.move(0, 0);
    let before: Buffer = Buffer.alloc(0);
    await expect
      .poll(
        async () => {
          const last = before;
          before = await parts.picture(page).screenshot();
          return before.equals(last);
        },
        { message: 'what was read has faded', intervals: [1500] },
      )
      .toBe(true);
    await page.reload();
    await expectCounts(page, WHOLE_SAMPLE);
    await expect(async () => {
      expect((await parts.picture(page).screenshot()).equals(before)).toBe(true);
    }).toPass();
  });

  test('pauses and plays on, by key and by button, and starts again', async ({ page }) => {
    const clock = page.getByTestId('clock');
    await expect(clock).toHaveText(/\d\d:\d\d:\d\d/);
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay paused')).toBeVisible();
    let stopped: string | null = null;
    await expect
      .poll(
        async () => {
          const last = stopped;
          stopped = await clock.textContent();
          return stopped === last;
        },
        { message: 'the clock stands still', intervals: [1500] },
      )
      .toBe(true);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await expect(page.getByText('Replay 1x')).toBeVisible();
    await page.keyboard.press('Period');
    await expect(page.getByText('Replay 2x')).toBeVisible();
    await page.keyboard.press('Comma');
    await expect(page.getByText('Replay 1x')).toBeVisible();
    await playAt(page, '16x');
    await expect.poll(() => legendCount(page, 'read')).toBeGreaterThan(100);
    await playAt(page, '1x');
    await page.keyboard.press('KeyR');
    await expect.poll(() => legendCount(page, 'read')).toBeLessThan(50);
  });

  test('a button that was clicked leaves Space and Enter to the window; one reached by Tab keeps them', async ({
    page,
  }) => {
    // Its name is what it does next.
    const steers = page.getByRole('button', { name: /^(Play|Pause)$/ });
    await steers.click();
    await expect(page.getByText('Replay paused')).toBeVisible();
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay 1x')).toBeVisible();
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay paused')).toBeVisible();
    const side = page.getByRole('button', { name: 'Side panel' });
    await side.click();
    await expect(side).toHaveAttribute('aria-pressed', 'false');
    await page.keyboard.press('Enter');
    await expect(side).toHaveAttribute('aria-pressed', 'false');
    await side.click();
    // The walk goes on from where the pointer was.
    await page.getByRole('button', { name: 'Step to the previous request' }).click();
    await page.keyboard.press('Period');
    await page.keyboard.press('Tab');
    await expect(steers).toBeFocused();
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay 2x')).toBeVisible();
  });

  test('holds the picture while the recording goes on, and says how much was recorded', async ({ page }) => {
    await expect.poll(() => legendCount(page, 'read')).toBeGreaterThan(5);
    await page.keyboard.press('KeyH');
    const resume = page.getByRole('button', { name: /more recorded/ });
    await expect(resume).toBeVisible();
    // What was applied before is counted and drawn a moment later.
    let held = Number.NaN;
    await expect
      .poll(
        async () => {
          const last = held;
          held = await legendCount(page, 'read');
          return held === last;
        },
        { message: 'the counts stand still', intervals: [1500] },
      )
      .toBe(true);
    const sequence = await parts.picture(page).getAttribute('data-sequence');
    await playAt(page, '16x');
    await expect(resume).toHaveText(/[1-9]\d+ more recorded/);
    expect(await legendCount(page, 'read')).toBe(held);
    expect(await parts.picture(page).getAttribute('data-sequence')).toBe(sequence);
    await resume.click();
    await expect(page.getByText('Replay ended')).toBeVisible();
    await expectCounts(page, WHOLE_SAMPLE);
  });

  test('clears the picture and counts on', async ({ page }) => {
    await playAt(page, '16x');
    await expect(page.getByText('Replay ended')).toBeVisible();
    await page.keyboard.press('KeyG');
    await page.keyboard.type('2000');
    await page.keyboard.press('Enter');
    await expect(parts.readout(page)).toContainText('trimmed');
    await page.keyboard.press('KeyC');
    await expect(parts.readout(page)).toContainText('untouched');
    await expectCounts(page, WHOLE_SAMPLE);
  });

  test('hides and shows layers without touching the counts', async ({ page }) => {
    await playAt(page, '16x');
    await expect(page.getByText('Replay ended')).toBeVisible();
    const trims = page.getByTestId('legend-trim').getByRole('button');
    await expect(trims).toHaveAttribute('aria-pressed', 'true');
    await page.keyboard.press('Shift+KeyT');
    await expect(trims).toHaveAttribute('aria-pressed', 'false');
    await expectCounts(page, WHOLE_SAMPLE);
    await page.keyboard.press('Shift+KeyA');
    await expect(trims).toHaveAttribute('aria-pressed', 'true');
  });
});
