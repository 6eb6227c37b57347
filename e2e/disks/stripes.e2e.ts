import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { hostSetByDialog, panel } from '../support/disk-panels.ts';
import { gridColor, gridFacts, PageShot } from '../support/picture.ts';
import { parts } from '../support/window.ts';

/** Blocks of 512 KiB, which is some rows of cells on a disk of 4 MiB. */
const CHUNK = 128;
/** Where the data of the array begins, 1 MiB. */
const DATA = 256;
const DISKS = ['disk1', 'disk2', 'disk3', 'disk4', 'disk5'] as const;

/** Says that the disks are a RAID 5 of the first four, the fifth being a spare. */
async function sayArray(page: Page): Promise<void> {
  await page.keyboard.press('KeyA');
  const editor = page.getByTestId('array-editor');
  await editor.getByLabel('Level').selectOption('5');
  await editor.getByLabel('Chunk').selectOption(String(CHUNK * 4096));
  await editor.getByLabel('Data begins at').fill('1M');
  await editor.getByLabel('Name', { exact: true }).fill('md0');
  await editor.getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByRole('button', { name: 'Change md0' })).toContainText('RAID 5 of 4 and 1 spare');
  await page.getByRole('button', { name: 'Done' }).click();
}

/** Selects a block of the disk in hand and the one after it, by keys. */
async function selectTwo(page: Page, block: number): Promise<void> {
  await page.keyboard.press('KeyG');
  await page.getByLabel('Block, sector or byte offset').fill(String(block));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+ArrowRight');
}

/** What the picture says that it marks on each disk. */
async function expectMarks(page: Page, marks: readonly string[]): Promise<void> {
  for (const [i, name] of DISKS.entries()) {
    await expect(panel(page, name).getByTestId('grid'), name).toHaveAttribute('data-marks', marks[i] ?? '');
  }
}

/** What part of a block's cell is drawn in the colour of marks, on the `index`-th disk. */
async function markShares(
  page: Page,
  index: number,
  ...blocks: readonly number[]
): Promise<readonly number[]> {
  const color = await gridColor(page, 'cursor');
  const shot = await PageShot.take(page, index);
  return blocks.map((block) => shot.share(block, color));
}

test.describe('blocks selected on a disk of an array', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await hostSetByDialog(page, DISKS.length, '4M');
    await sayArray(page);
    await panel(page, 'disk2').locator('.panel-name').click();
  });

  test.afterEach(() => app.stop());

  test('mark the same stripe on the others, parity told from data', async ({ page }) => {
    const legend = page.getByRole('list', { name: 'Marks' }).getByRole('listitem');
    await expect(legend).toHaveText(['same stripe', 'its parity']);
    await selectTwo(page, DATA + 44);
    const first = `${DATA}-${DATA + CHUNK}`;
    await expectMarks(page, [
      `stripe-data:${first}`,
      `stripe-data:${first} selection:${DATA + 44}-${DATA + 46}`,
      `stripe-data:${first}`,
      `stripe-parity:${first}`,
    ]);
    await expect(legend).toHaveText(['same stripe', 'its parity', 'selected']);

    // In the pixels: both are outlined, and only the parity has lines within.
    const { rowCells } = await gridFacts(page, 0);
    const inside = DATA + rowCells + 2;
    expect(inside + rowCells, 'a row of the chunk lies between others').toBeLessThan(DATA + CHUNK);
    const places = [DATA + 2, inside, DATA - 2, DATA + CHUNK + 2];
    await expect(async () => {
      for (const data of [0, 2]) {
        const [edge, within, before, after] = await markShares(page, data, ...places);
        expect(edge, 'outlined').toBeGreaterThan(0);
        expect([within, before, after], 'data').toEqual([0, 0, 0]);
      }
      const [edge, within, before, after] = await markShares(page, 3, ...places);
      expect(edge, 'outlined').toBeGreaterThan(0);
      expect(within, 'parity').toBeGreaterThan(0.1);
      expect([before, after], 'around parity').toEqual([0, 0]);
      expect(await markShares(page, 4, ...places), 'a spare has no part in it').toEqual([0, 0, 0, 0]);
    }).toPass();
  });

  test('mark every stripe they touch; the parity is on another disk in each', async ({ page }) => {
    await selectTwo(page, DATA + CHUNK - 1);
    const first = `${DATA}-${DATA + CHUNK}`;
    const second = `${DATA + CHUNK}-${DATA + 2 * CHUNK}`;
    await expectMarks(page, [
      `stripe-data:${first} stripe-data:${second}`,
      `stripe-data:${first} stripe-data:${second} selection:${DATA + CHUNK - 1}-${DATA + CHUNK + 1}`,
      `stripe-data:${first} stripe-parity:${second}`,
      `stripe-parity:${first} stripe-data:${second}`,
    ]);
    await page.keyboard.press('Escape');
    // The stripe of the block in hand is left, until that is let go too.
    await expectMarks(page, [
      `stripe-data:${second}`,
      `stripe-data:${second}`,
      `stripe-parity:${second}`,
      `stripe-data:${second}`,
    ]);
    await page.keyboard.press('Escape');
    await expectMarks(page, []);
    await expect(parts.dialog(page)).toBeHidden();
  });
});
