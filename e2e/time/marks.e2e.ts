import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { recording, temporaryFolder } from '../support/app.ts';
import { expectNothingSerious, legendCount, parts } from '../support/window.ts';
import { test } from '../support/window-test.ts';

test.describe('marks and captions of a recording', () => {
  test.use({ logs: [] });

  test('are named, changed, removed and put back; the caption is that of the moment shown', async ({
    page,
  }) => {
    const marks = page.getByTestId('marks');
    await expect(parts.caption(page)).toContainText('launch');
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay paused')).toBeVisible();
    await page.keyboard.press('KeyK');
    await page.getByLabel('Name of the mark').fill('here it begins');
    await page.keyboard.press('Enter');
    await expect(marks).toContainText('1 mark, 12 captions');
    await marks.getByRole('button', { name: /^Change .*here it begins/ }).click();
    await page.getByLabel('Words').fill('there it began');
    await page.keyboard.press('Enter');
    await expect(marks.getByText('there it began')).toBeVisible();
    await marks.getByRole('button', { name: /^Remove .*there it began/ }).click();
    await expect(marks).toContainText(/^Marks\s*12 captions/);
    await marks.getByRole('button', { name: 'Undo' }).click();
    await expect(marks).toContainText('1 mark, 12 captions');
    await page.keyboard.press('Shift+PageDown');
    await expect(parts.caption(page)).toContainText('part-disk');
    await page.keyboard.press('Shift+PageUp');
    await expect(parts.caption(page)).toContainText('launch');
  });

  test('are all that is left besides the picture in presenter mode', async ({ page }) => {
    await expect(parts.caption(page)).toContainText('launch');
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+KeyP');
    await expect(page.getByRole('banner')).toBeHidden();
    await expect(page.getByRole('complementary')).toBeHidden();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'projector');
    await page.keyboard.press('PageDown');
    await expect(parts.caption(page)).toContainText('part-disk');
    await expectNothingSerious(page, 'presenter mode');
    await page.keyboard.press('KeyB');
    await expect(page.getByTestId('blank')).toBeVisible();
    await page.keyboard.press('KeyB');
    await expect(page.getByTestId('blank')).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('banner')).toBeVisible();
  });
});

test.describe('captions from a file', () => {
  const folder = temporaryFolder();
  const captions = join(folder, 'captions.txt');
  writeFileSync(captions, '+0 it begins\n+8 the partition table\n');
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
  test.use({ logs: [recording('ext4-blog-64M/log'), '--captions', captions] });

  test('stand beside the log that they are for', async ({ page }) => {
    await expect(page.getByTestId('marks')).toContainText('2 captions');
    await expect(parts.caption(page)).toHaveText('the partition table');
  });
});

test.describe('two recordings in step', () => {
  test.use({
    logs: ['compare', recording('ext4-blog-64M'), recording('ext4-blog-64M-40ms'), '--align', 'mkfs'],
  });

  test('are played side by side, each with all it holds', async ({ page }) => {
    await page.keyboard.press('KeyL');
    const panels = page.locator('section.panel');
    for (const [name, reads, writes] of [
      [/^A · /, 316, 189],
      [/^B · /, 350, 181],
    ] as const) {
      await panels.locator('.panel-name').filter({ hasText: name }).click();
      await expect.poll(() => legendCount(page, 'read')).toBe(reads);
      await expect.poll(() => legendCount(page, 'write')).toBe(writes);
    }
  });
});
