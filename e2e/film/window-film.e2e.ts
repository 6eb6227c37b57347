import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { expectNothingSerious, parts, watchForErrors } from '../support/window.ts';
import { test } from '../support/window-test.ts';
import { DecodedFilm } from './decoded-film.ts';

test.beforeEach(async ({ page }) => {
  await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
});

test('a span is exported as a film while the window stays where it is', async ({ page, context }) => {
  const errors = watchForErrors(page);
  // Live, at the last row of the log; the film seeks far before that.
  const picture = parts.picture(page);
  await expect(page.getByTestId('legend-write').locator('[data-count]')).toHaveAttribute('data-count', '189');
  await page.keyboard.press('Control+KeyS');
  const form = page.getByTestId('export-film');
  await expectNothingSerious(page, 'the form of a film');
  await form.getByLabel('From').fill('10');
  await form.getByLabel('To').fill('14');
  await form.getByLabel('Speed').fill('4');
  await form.getByLabel('Frames a second').fill('10');
  await expect(page.getByTestId('film-length')).toHaveText(/become a film of 1\.0 s, 11 frames$/);
  await form.getByLabel('Size').selectOption('custom');
  await form.getByLabel('Width x height').fill('641x480');
  await expect(form).toContainText('sides of a film are even');
  await form.getByLabel('Width x height').fill('640x480');
  const before = (await picture.getAttribute('data-sequence')) ?? '';
  const downloading = page.waitForEvent('download');
  await form.getByRole('button', { name: 'Export' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toMatch(/^nbdscope-.*\.webm$/);
  await expect(page.getByText(/is saved: VP9, 1\.1 s/)).toBeAttached();
  await expect(picture).toHaveAttribute('data-sequence', before);
  expect(errors).toEqual([]);
  const bytes = readFileSync(await download.path());
  const film = await DecodedFilm.open(await context.newPage(), bytes, 'video/webm');
  expect([film.widthPx, film.heightPx]).toEqual([640, 480]);
  expect(film.durationS).toBeCloseTo(1.1, 1);
});

test('an export is called off, and nothing of it is saved or kept', async ({ page }) => {
  let downloads = 0;
  page.on('download', () => {
    downloads += 1;
  });
  await page.keyboard.press('Control+KeyS');
  const form = page.getByTestId('export-film');
  await form.getByLabel('Speed').fill('0.05');
  await form.getByRole('button', { name: 'Export' }).click();
  await expect(parts.dialog(page).getByRole('progressbar')).toBeVisible();
  await expect(parts.dialog(page)).toContainText(/Frame [1-9]/);
  await parts.dialog(page).getByRole('button', { name: 'Call off the film' }).click();
  await expect(form).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Record the window' })).toBeVisible();
  const kept = await page.evaluate(async () => {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  });
  expect(kept).toEqual([]);
  expect(downloads).toBe(0);
});

test('what a crashed window left in the storage goes at the next start, and what another window writes stays', async ({
  page,
  context,
}) => {
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    await folder.getFileHandle('film-left.webm', { create: true });
  });
  await page.keyboard.press('Alt+KeyR');
  await expect(page.getByRole('button', { name: 'End the recording and save it' })).toContainText('0:01');
  const other = await context.newPage();
  await other.goto(page.url());
  const kept = (): Promise<string[]> =>
    page.evaluate(async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names.filter((name) => !name.endsWith('.crswap'));
    });
  await expect.poll(kept).toHaveLength(1);
  expect(await kept()).not.toContain('film-left.webm');
});

test('the window is recorded from one press to the next', async ({ page, context }) => {
  await page.keyboard.press('Alt+KeyR');
  const button = page.getByRole('button', { name: 'End the recording and save it' });
  await expect(button).toHaveAttribute('aria-pressed', 'true');
  await expect(button).toContainText('0:01');
  const downloading = page.waitForEvent('download');
  await button.click();
  const download = await downloading;
  await expect(page.getByRole('button', { name: 'Record the window' })).toHaveAttribute(
    'aria-pressed',
    'false',
  );
  const bytes = readFileSync(await download.path());
  const film = await DecodedFilm.open(await context.newPage(), bytes, 'video/webm');
  expect([film.widthPx, film.heightPx]).toEqual([1280, 720]);
  const frame = await film.frameAt(0.1);
  expect(new Set(new Uint32Array(frame.buffer, frame.byteOffset, 1280 * 720)).size).toBeGreaterThan(8);
});
