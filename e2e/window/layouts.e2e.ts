import { expect, type Page } from '@playwright/test';
import { recording, startApp } from '../support/app.ts';
import { pickItem } from '../support/menus.ts';
import { type GridFacts, gridFacts } from '../support/picture.ts';
import { expectCounts, parts } from '../support/window.ts';
import { test } from '../support/window-test.ts';

/** The middle of a block in the layout of rows, CSS px of the page. */
function centreOf(facts: GridFacts, block: number): { readonly x: number; readonly y: number } {
  const { canvasX, canvasY, ratio, xPx, yPx, cellPx, rowCells, originXPx, originYPx } = facts;
  return {
    x: canvasX + (xPx - originXPx + ((block % rowCells) + 0.5) * cellPx) / ratio,
    y: canvasY + (yPx - originYPx + (Math.floor(block / rowCells) + 0.5) * cellPx) / ratio,
  };
}

async function dragFrom(page: Page, from: number, to: number): Promise<void> {
  const facts = await gridFacts(page);
  const start = centreOf(facts, from);
  const end = centreOf(facts, to);
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(end.x, end.y, { steps: 4 });
  await page.mouse.up();
}

test.describe('layouts of the grid', () => {
  test.beforeEach(({ page }) => expectCounts(page, { read: 316, write: 189 }));

  test('change with a key or in the View menu, and are remembered', async ({ page }) => {
    const grid = parts.grid(page);
    await expect(grid).toHaveAttribute('data-layout', 'rows');
    await page.keyboard.press('KeyV');
    await expect(grid).toHaveAttribute('data-layout', 'serpentine');
    await page.getByRole('button', { name: 'View' }).click();
    await pickItem(page, 'Hilbert curve', 'menuitemradio');
    await expect(grid).toHaveAttribute('data-layout', 'hilbert');
    await grid.focus();
    await page.keyboard.press('ArrowDown');
    await expect(grid).toHaveAttribute('data-cursor-block', '0');
    await page.keyboard.press('ArrowDown');
    // The curve's second place is beside or below its first; the one below is the second or the fourth.
    await expect(grid).toHaveAttribute('data-cursor-block', /^(1|3)$/);
    await page.reload();
    await expect(grid).toHaveAttribute('data-layout', 'hilbert');
  });

  test('an overview shows where one is while zoomed in, and moves the view', async ({ page }) => {
    const minimap = page.getByTestId('minimap');
    await expect(minimap).toBeHidden();
    for (let i = 0; i < 5; i += 1) await page.keyboard.press('Equal');
    await expect(minimap).toBeVisible();
    const box = await minimap.boundingBox();
    const gridBox = await parts.grid(page).boundingBox();
    if (box === null || gridBox === null) throw new Error('the overview is not laid out');
    expect(box.width).toBeLessThanOrEqual(162);
    expect(box.height).toBeLessThanOrEqual(102);
    expect(box.width * box.height).toBeLessThan(gridBox.width * gridBox.height * 0.12);
    const originY = async (): Promise<number> =>
      Number(await parts.grid(page).getAttribute('data-origin-y-px'));
    await page.mouse.move(box.x + box.width / 2, box.y + 4);
    await page.mouse.down();
    await expect.poll(originY).toBe(0);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4, { steps: 5 });
    await page.mouse.up();
    await expect.poll(originY).toBeGreaterThan(500);
    await expect(parts.grid(page), 'the grid below is not pointed at').toHaveAttribute(
      'data-cursor-block',
      '',
    );
    await page.keyboard.press('KeyF');
    await expect(minimap).toBeHidden();
  });

  test('Shift with a drag or the arrows selects a range, Escape lets it go, a plain drag pans', async ({
    page,
  }) => {
    const grid = parts.grid(page);
    await page.keyboard.down('Shift');
    await dragFrom(page, 1000, 1300);
    await page.keyboard.up('Shift');
    await expect(grid).toHaveAttribute('data-marks', 'selection:1000-1301');
    await page.keyboard.press('Escape');
    await expect(grid).toHaveAttribute('data-marks', '');
    await dragFrom(page, 3000, 3300);
    await expect(grid).toHaveAttribute('data-marks', '');
    await page.keyboard.press('KeyG');
    await page.keyboard.type('500');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await expect(grid).toHaveAttribute('data-marks', 'selection:500-630');
    await page.keyboard.press('Shift+ArrowUp');
    await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    await expect(grid).toHaveAttribute('data-marks', 'selection:499-501');
  });
});

test.describe('panels of many disks', () => {
  test('numbers jump to a disk, M enlarges it, Escape and 0 bring all back', async ({ page }) => {
    const app = await startApp([1, 2, 3, 4, 5].map((n) => recording(`raid5-blog-5x64M/log${n}`)));
    try {
      await page.goto(app.url);
      await expect(page.getByTestId('grid')).toHaveCount(5);
      await expectCounts(page, { read: 791, write: 578, trim: 106 });
      await page.keyboard.press('Digit2');
      await expectCounts(page, { read: 669, write: 567, trim: 106 });
      await page.keyboard.press('KeyM');
      await expect(page.getByTestId('grid')).toHaveCount(1);
      await page.keyboard.press('Digit5');
      await expect(page.getByTestId('grid')).toHaveCount(1);
      await expectCounts(page, { read: 322, write: 405, trim: 0 });
      await page.keyboard.press('Escape');
      await expect(page.getByTestId('grid')).toHaveCount(5);
      await page.keyboard.press('Enter');
      await expect(page.getByTestId('grid')).toHaveCount(1);
      await page.keyboard.press('Digit0');
      await expect(page.getByTestId('grid')).toHaveCount(5);
    } finally {
      await app.stop();
    }
  });
});
