import { expect } from '@playwright/test';
import { expectCounts, parts } from '../support/window.ts';
import { test } from '../support/window-test.ts';

test.describe('the keyboard', () => {
  test.beforeEach(({ page }) => expectCounts(page, { read: 316, write: 189 }));

  test('goes to blocks, sectors and bytes, and says what it refuses', async ({ page }) => {
    const goTo = async (text: string): Promise<void> => {
      await page.keyboard.press('KeyG');
      await page.keyboard.type(text);
    };
    for (const place of ['4096', 's32768', '16M', '0x1000000']) {
      await goTo(place);
      await expect(parts.dialog(page)).toContainText('block 4,096 · sector 32,768 · 0x1000000 · 16 MiB');
      await page.keyboard.press('Enter');
      await expect(parts.dialog(page)).toBeHidden();
      await expect(parts.readout(page)).toContainText('Block 4,096');
      await expect(parts.readout(page)).toContainText('32,768 to 32,775');
      await expect(parts.grid(page)).toHaveAttribute('data-cursor-block', '4096');
      await page.keyboard.press('Escape');
      await expect(parts.grid(page)).toHaveAttribute('data-cursor-block', '');
    }
    await goTo('64M');
    await expect(parts.dialog(page)).toContainText('past the end of the disk');
    await page.keyboard.press('Enter');
    await expect(parts.dialog(page)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(parts.dialog(page)).toBeHidden();
  });

  test('walks over the blocks', async ({ page }) => {
    const at = (block: number): Promise<void> =>
      expect(parts.grid(page)).toHaveAttribute('data-cursor-block', String(block));
    await page.keyboard.press('ArrowDown');
    await at(0);
    await page.keyboard.press('ArrowDown');
    await at(128);
    await page.keyboard.press('ArrowRight');
    await at(129);
    await page.keyboard.press('End');
    await at(255);
    await page.keyboard.press('Home');
    await at(128);
    await page.keyboard.press('Control+End');
    await at(16_383);
    await expect(page.getByTestId('spoken-block')).toContainText('Block 16,383');
    await page.keyboard.press('Enter');
    await page.mouse.move(300, 300);
    await at(16_383);
  });

  test('zooms, pans and fits', async ({ page }) => {
    const grid = parts.grid(page);
    await expect(grid).toHaveAttribute('data-cell-px', /\d/);
    const fitted = await grid.getAttribute('data-cell-px');
    await page.keyboard.press('Equal');
    await page.keyboard.press('Equal');
    await page.keyboard.press('Equal');
    await expect
      .poll(async () => Number(await grid.getAttribute('data-cell-px')))
      .toBeGreaterThan(Number(fitted));
    const before = Number(await grid.getAttribute('data-origin-y-px'));
    await page.keyboard.press('Control+ArrowDown');
    await expect
      .poll(async () => Number(await grid.getAttribute('data-origin-y-px')))
      .toBeGreaterThan(before);
    await page.keyboard.press('KeyF');
    await expect(grid).toHaveAttribute('data-cell-px', fitted ?? '');
    await page.keyboard.press('Shift+BracketRight');
    await expect(grid).toHaveAttribute('data-row-cells', '256');
    await page.keyboard.press('Backslash');
    await expect(grid).toHaveAttribute('data-row-cells', '128');
  });

  test('is explained by ?, found in the palette, and ignored while typing', async ({ page }) => {
    await page.keyboard.press('Shift+Slash');
    await expect(parts.dialog(page)).toContainText('Go to a block, sector or byte');
    await page.keyboard.press('KeyB');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('complementary', { name: /Numbers/ })).toBeVisible();
    await page.keyboard.press('Control+KeyK');
    await page.keyboard.type('side pan');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('complementary', { name: /Numbers/ })).toBeHidden();
    await page.keyboard.press('KeyB');
    await expect(page.getByRole('complementary', { name: /Numbers/ })).toBeVisible();
    await page.keyboard.press('KeyO');
    await page.keyboard.type('/tmp/bgf');
    await expect(page.getByLabel(/Path on this machine/)).toHaveValue('/tmp/bgf');
    await expect(page.getByRole('complementary', { name: /Numbers/, includeHidden: true })).toHaveCount(1);
  });

  test('reaches everything: focus is always on something that shows it', async ({ page }) => {
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => {
        const { activeElement } = document;
        if (activeElement === null || activeElement === document.body) return 'none needed';
        return getComputedStyle(activeElement).outlineStyle;
      });
      expect(outline).not.toBe('none');
    }
  });
});
