import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, recording, startApp } from '../support/app.ts';
import { type GridFacts, gridFacts } from '../support/picture.ts';
import { expectCounts, parts } from '../support/window.ts';

function centreOf(facts: GridFacts, block: number): { readonly x: number; readonly y: number } {
  const { canvasX, canvasY, ratio, xPx, yPx, cellPx, rowCells, originXPx, originYPx } = facts;
  return {
    x: canvasX + (xPx - originXPx + ((block % rowCells) + 0.5) * cellPx) / ratio,
    y: canvasY + (yPx - originYPx + (Math.floor(block / rowCells) + 0.5) * cellPx) / ratio,
  };
}

async function moveTo(page: Page, block: number): Promise<{ readonly x: number; readonly y: number }> {
  const point = centreOf(await gridFacts(page), block);
  await page.mouse.move(point.x, point.y);
  return point;
}

test.describe('the pointer', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([recording('ext4-blog-64M/log')]);
    await page.goto(app.url);
    await expectCounts(page, { read: 316, write: 189 });
  });

  test.afterEach(() => app.stop());

  test('reads out the block under it and keeps one on a click', async ({ page }) => {
    await moveTo(page, 5000);
    await expect(parts.readout(page)).toContainText('Block 5,000');
    await expect(parts.readout(page)).toContainText('0x1388000');
    await page.mouse.down();
    await page.mouse.up();
    await expect(parts.readout(page)).toContainText('kept');
    await moveTo(page, 100);
    await expect(parts.readout(page)).toContainText('Block 5,000');
    await page.keyboard.press('Escape');
    await moveTo(page, 101);
    await expect(parts.readout(page)).toContainText('Block 101');
  });

  test('zooms about itself with the wheel: the block stays under it', async ({ page }) => {
    await moveTo(page, 8000);
    await expect(parts.grid(page)).toHaveAttribute('data-cursor-block', '8000');
    const before = (await gridFacts(page)).cellPx;
    for (let i = 0; i < 4; i += 1) await page.mouse.wheel(0, -100);
    await expect.poll(async () => (await gridFacts(page)).cellPx).toBeGreaterThan(before);
    const { x, y } = centreOf(await gridFacts(page), 8000);
    await page.mouse.move(x, y);
    await expect(parts.grid(page)).toHaveAttribute('data-cursor-block', '8000');
  });

  test('drags the picture', async ({ page }) => {
    await moveTo(page, 8000);
    for (let i = 0; i < 6; i += 1) await page.mouse.wheel(0, -100);
    await expect.poll(async () => (await gridFacts(page)).cellPx).toBeGreaterThan(8);
    const before = await gridFacts(page);
    const from = { x: before.canvasX + 300, y: before.canvasY + 300 };
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 40, from.y + 30, { steps: 4 });
    await page.mouse.up();
    await expect.poll(async () => (await gridFacts(page)).originXPx).toBe(before.originXPx - 40);
    expect((await gridFacts(page)).originYPx).toBe(before.originYPx - 30);
  });
});
