import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { PNG } from 'pngjs';
import { THEMES } from '../../shared/theme/palettes.ts';
import { pickItem } from '../support/menus.ts';
import { gridFacts, near, rgbOf } from '../support/picture.ts';
import { expectCounts, expectNothingSerious, parts, watchForErrors } from '../support/window.ts';
import { test } from '../support/window-test.ts';

test.describe('themes', () => {
  test.beforeEach(({ page }) => expectCounts(page, { read: 316, write: 189 }));

  for (const name of ['dark', 'light', 'projector', 'classic'] as const) {
    test(`${name}: axe finds nothing serious, in the window or its dialogs`, async ({ page }) => {
      const errors = watchForErrors(page);
      await page.getByRole('button', { name: 'Theme' }).click();
      await pickItem(page, THEMES[name].label, 'menuitemradio');
      await expect(page.locator('html')).toHaveAttribute('data-theme', name);
      // The menu gives the focus back to its button once it has gone.
      await expect(page.getByRole('button', { name: 'Theme' })).toBeFocused();
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(ground).toBe(`rgb(${rgbOf(THEMES[name].chrome.background).join(', ')})`);
      await parts.grid(page).focus();
      await expect(parts.grid(page)).toBeFocused();
      await page.keyboard.press('ArrowDown');
      await expectNothingSerious(page, `${name}, the window`);
      for (const key of ['Shift+Slash', 'Control+KeyK', 'KeyG', 'KeyO']) {
        await page.keyboard.press(key);
        await expect(parts.dialog(page)).toBeVisible();
        await expectNothingSerious(page, `${name}, the dialog of ${key}`);
        await page.keyboard.press('Escape');
        await expect(parts.dialog(page)).toBeHidden();
      }
      await page.getByRole('button', { name: 'nbdscope menu' }).click();
      await expectNothingSerious(page, `${name}, the menu`);
      expect(errors).toEqual([]);
    });
  }

  test('go round with T, are remembered, and follow the system', async ({ page }) => {
    const html = page.locator('html');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect(html).toHaveAttribute('data-theme', 'light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect(html).toHaveAttribute('data-theme', 'dark');
    for (const name of ['dark', 'light', 'projector', 'classic']) {
      await page.keyboard.press('KeyT');
      await expect(html).toHaveAttribute('data-theme', name);
    }
    await page.reload();
    await expect(html).toHaveAttribute('data-theme', 'classic');
  });

  test('follow the system each time, though every frame of a playing picture asks for the theme', async ({
    page,
  }) => {
    const html = page.locator('html');
    for (let i = 0; i < 12; i += 1) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await expect(html).toHaveAttribute('data-theme', colorScheme);
      }
    }
  });

  test('a PNG is saved with the picture in its true colours', async ({ page }) => {
    const facts = await gridFacts(page);
    const downloading = page.waitForEvent('download');
    await page.keyboard.press('KeyS');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^nbdscope-.*\.png$/);
    const png = PNG.sync.read(readFileSync(await download.path()));
    const canvas = await parts.picture(page).boundingBox();
    expect(png.width).toBe(Math.round((canvas?.width ?? 0) * facts.ratio) + 48);
    // Margins and heading as in renderer/film/sheet-layout.ts.
    const block = 2000;
    const x = 24 + facts.xPx - facts.originXPx + (block % facts.rowCells) * facts.cellPx + 1;
    const y = 80 + facts.yPx - facts.originYPx + Math.floor(block / facts.rowCells) * facts.cellPx + 1;
    const at = (y * png.width + x) * 4;
    const seen = [png.data[at] ?? 0, png.data[at + 1] ?? 0, png.data[at + 2] ?? 0] as const;
    expect(near(seen, rgbOf(THEMES.dark.grid.trimmed)) || near(seen, rgbOf(THEMES.light.grid.trimmed))).toBe(
      true,
    );
  });
});

test('the wish for less motion is obeyed: a menu opens without an animation', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.reload();
  await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
  await page.getByRole('button', { name: 'Theme' }).click();
  const animated = await page.evaluate(
    () => document.getAnimations().filter((animation) => animation.playState === 'running').length,
  );
  expect(animated).toBe(0);
});
