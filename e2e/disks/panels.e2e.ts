import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, recording, startApp } from '../support/app.ts';
import { hostSetByDialog, panel, panelNames } from '../support/disk-panels.ts';
import { pickItem } from '../support/menus.ts';
import { expectNothingSerious, parts, playAt, watchForErrors } from '../support/window.ts';

const LOGS = [1, 2, 3, 4, 5].map((n) => recording(`raid5-logfirst-5x64M/log${n}`));

/** What of every header stands out of its panel or over its neighbour in it. */
async function overlaps(page: Page): Promise<readonly string[]> {
  return page.locator('section.panel').evaluateAll((panels) =>
    panels.flatMap((one) => {
      const outer = one.getBoundingClientRect();
      const header = one.querySelector('header');
      const boxes = [...(header?.children ?? [])]
        .map((child) => child.getBoundingClientRect())
        .filter((box) => box.width > 0);
      const out = boxes.some((box) => box.right > outer.right + 1 || box.left < outer.left - 1);
      const over = boxes.some((box, i) => {
        const next = boxes[i + 1];
        return next !== undefined && box.right > next.left + 0.5;
      });
      return out || over ? [`${one.getAttribute('aria-label')}: ${out ? 'out' : 'over'}`] : [];
    }),
  );
}

test.describe('the panels of five logs', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp(LOGS);
    await page.goto(app.url);
    await expect(page.locator('section.panel')).toHaveCount(5);
  });

  test.afterEach(() => app.stop());

  test('are renamed in place: Enter keeps, Escape drops, an empty name gives back the own one', async ({
    page,
  }) => {
    await panel(page, 'log2').locator('.panel-name').dblclick();
    const field = page.getByLabel('Name of log2');
    await expect(field).toBeFocused();
    await field.fill('left');
    await field.press('Escape');
    await expect(panel(page, 'log2')).toBeVisible();
    await page.keyboard.press('F2');
    await page.getByLabel('Name of log2').fill('in the middle');
    await page.keyboard.press('Enter');
    await expect(panel(page, 'in the middle')).toBeVisible();
    await page.reload();
    await expect(panel(page, 'in the middle'), 'every window has the name').toBeVisible();
    await panel(page, 'in the middle').locator('.panel-name').dblclick();
    await page.getByLabel('Name of in the middle').fill('');
    await page.keyboard.press('Enter');
    await expect(panel(page, 'log2')).toBeVisible();
  });

  test('are put in order by dragging a header, and by keys', async ({ page }) => {
    const from = await panel(page, 'log1').locator('header').boundingBox();
    const to = await parts.grid(page, 2).boundingBox();
    if (from === null || to === null) throw new Error('a panel has no place');
    await page.mouse.move(from.x + 12, from.y + 12);
    await page.mouse.down();
    await page.mouse.move(to.x + 40, to.y + 40, { steps: 4 });
    await expect(panel(page, 'log3')).toHaveAttribute('data-drag', 'target');
    await page.mouse.up();
    await expect.poll(() => panelNames(page)).toEqual(['log2', 'log3', 'log1', 'log4', 'log5']);
    await panel(page, 'log5').locator('.panel-name').click();
    await page.keyboard.press('Alt+ArrowLeft');
    await expect.poll(() => panelNames(page)).toEqual(['log2', 'log3', 'log1', 'log5', 'log4']);
    await page.keyboard.press('Alt+ArrowUp');
    await expect.poll(() => panelNames(page)).toEqual(['log5', 'log2', 'log3', 'log1', 'log4']);
    await page.keyboard.press('Digit2');
    await expect(panel(page, 'log2'), 'number keys go by the panels').toHaveAttribute('data-active', 'true');
  });

  test('are hidden and come back, and one has the whole place', async ({ page }) => {
    await panel(page, 'log4').locator('.panel-name').click();
    await page.keyboard.press('Shift+KeyH');
    await expect.poll(() => panelNames(page)).toEqual(['log1', 'log2', 'log3', 'log5']);
    await panel(page, 'log1').getByRole('button', { name: 'More for log1' }).click();
    await pickItem(page, /^Hide/);
    await expect.poll(() => panelNames(page)).toEqual(['log2', 'log3', 'log5']);
    await page.getByRole('button', { name: 'Show log4' }).click();
    await expect.poll(() => panelNames(page)).toEqual(['log2', 'log3', 'log4', 'log5']);
    await page.keyboard.press('KeyU');
    await expect.poll(() => panelNames(page)).toHaveLength(5);
    await panel(page, 'log2').getByRole('button', { name: 'More for log2' }).click();
    await pickItem(page, /^Enlarge/);
    await expect.poll(() => panelNames(page)).toEqual(['log2']);
    await page.keyboard.press('KeyM');
    await expect.poll(() => panelNames(page)).toHaveLength(5);
  });

  test('are told to be an array: the block in hand is told with its stripe', async ({ page }) => {
    await page.keyboard.press('KeyA');
    await expect(page.getByLabel('Level')).toHaveValue('5');
    await page.getByLabel('Data begins at').fill('1M');
    await page.getByLabel('Name', { exact: true }).fill('md127');
    await page.getByRole('button', { name: 'Keep' }).click();
    await expect(page.getByRole('button', { name: 'Change md127' })).toContainText('RAID 5 of 4 and 1 spare');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.keyboard.press('KeyG');
    await page.getByLabel('Block, sector or byte offset').fill('1M');
    await page.keyboard.press('Enter');
    await expect(parts.readout(page)).toContainText('md127 · member 0');
    await expect(parts.readout(page)).toContainText('0 · data 0');
    await expect(parts.readout(page)).toContainText('0x0 · 0 B');
  });
});

test('the RAID recording ends with every panel saying what became of its disk', async ({ page }) => {
  const app = await startApp([]);
  await page.goto(app.url);
  await expect(parts.grid(page)).toBeVisible();
  await page.keyboard.press('KeyY');
  await expect(page.locator('section.panel')).toHaveCount(5);
  await playAt(page, '16x');
  await expect(page.getByText('Replay ended')).toBeVisible({ timeout: 120_000 });
  await expect(panel(page, 'disk3').getByTestId('disk-state')).toContainText('failed');
  await expect(panel(page, 'disk4').getByTestId('disk-state')).toContainText('failed');
  await expect(panel(page, 'disk1').getByTestId('disk-state')).toContainText('degraded');
  await expect(page.getByTestId('disk-in-hand')).toContainText('array degraded');
  await app.stop();
});

test('from 1 to 64 panels nothing overlaps, at any size of the window', async ({ page }) => {
  const errors = watchForErrors(page);
  const app = await startApp([]);
  await page.goto(app.url);
  for (const count of [1, 5, 12, 64]) {
    await hostSetByDialog(page, count, '16M');
    for (const [width, height] of [
      [1280, 800],
      [900, 600],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expect.poll(() => overlaps(page), `${count} at ${width}x${height}`).toEqual([]);
    }
    await page.keyboard.press('Shift+KeyQ');
    await expect(page.locator('section.panel')).toHaveCount(0);
    await page.getByTestId('empty').waitFor();
    await page.getByRole('button', { name: 'Watch the sample' }).click();
    await expect(page.locator('section.panel')).toHaveCount(1);
  }
  expect(errors).toEqual([]);
  await app.stop();
});

for (const [presses, theme] of (['dark', 'light', 'projector', 'classic'] as const).entries()) {
  test(`the dialogs of sets, arrays and nbdkit, and the panels, are accessible in the ${theme} theme`, async ({
    page,
  }) => {
    const app = await startApp([]);
    await page.goto(app.url);
    await hostSetByDialog(page, 3);
    for (let i = 0; i <= presses; i += 1) await page.keyboard.press('KeyT');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await page.keyboard.press('Shift+KeyJ');
    await expect(page.getByTestId('rule-editor')).toBeVisible();
    await expectNothingSerious(page, 'the window with a rule in its form');
    await page.keyboard.press('Escape');
    await page.locator('.panel-name').first().click();
    for (const key of ['Shift+KeyN', 'Shift+KeyO', 'Shift+KeyK', 'KeyA']) {
      await page.keyboard.press(key);
      await expect(parts.dialog(page)).toBeVisible();
      await expectNothingSerious(page, `the dialog of ${key}`);
      await page.keyboard.press('Escape');
      await expect(parts.dialog(page)).toBeHidden();
    }
    await app.stop();
  });
}
