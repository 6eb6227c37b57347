import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { errorSwitch } from '../support/disk-panels.ts';
import { hostByDialog, uriOf } from '../support/host-card.ts';
import { pickItem } from '../support/menus.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { legendCount, parts } from '../support/window.ts';

const FULL_SPEED = { 'Read delay, ms': '0', 'Write delay, ms': '0' };
/** Reads block 0 and a far one by turns, and goes on when they fail. */
const KEEP_READING =
  'import time\nwhile True:\n  for at in (0, 32 << 20):\n    try:\n      h.pread(4096, at)\n    except nbd.Error:\n      pass\n  time.sleep(0.02)';
/** Fails unless reading block 0 fails with EIO. */
const MUST_FAIL =
  'import errno, sys\ntry:\n  h.pread(4096, 0)\nexcept nbd.Error as e:\n  sys.exit(0 if e.errnum == errno.EIO else 2)\nsys.exit(1)';

const faults = (page: Page) => page.getByTestId('faults');
const rule = (page: Page, name: string) => page.getByTestId('rule').filter({ hasText: name });

/** How a client that runs this script ends. */
async function outcome(page: Page, script: string): Promise<number | null> {
  return new NbdshClient(await uriOf(page), script).ended;
}

test.describe('faults of a hosted disk', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await hostByDialog(page, FULL_SPEED);
  });

  test.afterEach(() => app.stop());

  test('the Error switch fails every request with EIO, and lets them be again', async ({ page }) => {
    const own = page.getByRole('switch', { name: /^Error on/ });
    const name = ((await own.getAttribute('aria-label')) ?? '').replace('Error on ', '');
    expect(await outcome(page, 'h.pread(4096, 0)')).toBe(0);
    await errorSwitch(page, name).click();
    await expect(own).toHaveAttribute('aria-checked', 'true');
    expect(await outcome(page, MUST_FAIL)).toBe(0);
    await expect.poll(() => legendCount(page, 'error')).toBe(1);
    await expect(faults(page)).toContainText('everything fails');
    await page.keyboard.press('KeyJ');
    await expect(own).toHaveAttribute('aria-checked', 'false');
    expect(await outcome(page, 'h.pread(4096, 0)')).toBe(0);
    await faults(page)
      .getByText(/^Changes/)
      .click();
    await expect(
      faults(page).getByRole('list', { name: 'Changes of faults' }).getByRole('listitem'),
    ).toHaveCount(2);
  });

  test('a rule is written by keys alone, for blocks selected in the picture, and changed', async ({
    page,
  }) => {
    const client = new NbdshClient(await uriOf(page), KEEP_READING);
    await parts.grid(page).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+End');
    await page.keyboard.press('Shift+KeyJ');
    await page.keyboard.type('first row');
    await page.getByRole('button', { name: /^Use the .* selected blocks/ }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('From block')).toHaveValue('0');
    await page.getByRole('textbox', { name: 'Only the first' }).focus();
    await page.keyboard.type('3');
    await page.keyboard.press('Enter');
    await expect(rule(page, 'first row')).toContainText('only the first 3');
    await expect(rule(page, 'first row')).toContainText('over · 3 hits');
    await expect.poll(() => legendCount(page, 'error')).toBe(3);
    await rule(page, 'first row')
      .getByRole('button', { name: /^Change the rule/ })
      .click();
    await page.getByRole('textbox', { name: 'Only the first' }).fill('none');
    await expect(page.getByText('"none": a whole number from 1', { exact: false })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Keep' })).toBeDisabled();
    await page.getByRole('textbox', { name: 'Only the first' }).fill('');
    await page.getByLabel('It makes the disk').selectOption({ label: 'Never answer, until released' });
    await page.getByRole('button', { name: 'Keep' }).click();
    await expect(rule(page, 'first row')).toContainText('1 request held');
    await expect.poll(() => legendCount(page, 'inFlight')).toBe(1);
    await rule(page, 'first row').getByRole('button', { name: 'Release' }).click();
    await expect(rule(page, 'first row')).toContainText('off');
    await expect(page.getByRole('switch', { name: 'Rule first row' })).toHaveAttribute(
      'aria-checked',
      'false',
    );
    await rule(page, 'first row').getByRole('button', { name: 'Remove the rule first row' }).click();
    await expect(page.getByTestId('rule')).toHaveCount(0);
    await client.stop();
  });

  test('a preset acts at a click; rules are saved, and loaded as they were', async ({ page }) => {
    await page.getByRole('button', { name: 'Presets' }).click();
    await pickItem(page, /^Full disk/);
    await expect(rule(page, 'full')).toContainText('in force');
    expect(await outcome(page, 'h.pwrite(b"x" * 4096, 0)'), 'the disk is full').not.toBe(0);
    expect(await outcome(page, 'h.pread(4096, 0)')).toBe(0);
    const more = page.getByRole('button', { name: 'More about rules' });
    await more.click();
    const downloading = page.waitForEvent('download');
    await pickItem(page, 'Save as a file');
    const file = await (await downloading).path();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ nbdscope: 'faults', version: 1 });
    await more.click();
    await pickItem(page, 'Remove all');
    await expect(page.getByTestId('rule')).toHaveCount(0);
    const chooser = page.getByLabel('Fault file');
    const bad = { name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{"nbdscope": 1}') };
    await chooser.setInputFiles(bad);
    await expect(page.getByTestId('notice')).toContainText('bad.json: nbdscope');
    await chooser.setInputFiles(file);
    await expect(rule(page, 'full')).toContainText('in force');
  });
});
