import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { legendCount, parts } from '../support/window.ts';

const READS = 'h.pread(4096, 0)';
/** Fails unless reading fails with EIO. */
const MUST_FAIL =
  'import errno, sys\ntry:\n  h.pread(4096, 0)\nexcept nbd.Error as e:\n  sys.exit(0 if e.errnum == errno.EIO else 2)\nsys.exit(1)';

const kitCard = (page: Page) => page.getByTestId('nbdkit-card');

async function outcome(page: Page, script: string): Promise<number | null> {
  const uri = (await page.getByTestId('nbdkit-uri').textContent()) ?? '';
  return new NbdshClient(uri, script).ended;
}

test.describe('an nbdkit that runs for the window', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('Shift+KeyK');
  });

  test.afterEach(() => app.stop());

  test('fails at the Error switch, which shows the file whoever made it', async ({ page }) => {
    const file = join(app.folder, 'error1');
    await page.getByLabel('Error file').fill(file);
    await page.getByLabel('Delay, ms').fill('0');
    await page.getByRole('button', { name: 'Run it' }).click();
    await expect(kitCard(page)).toContainText('--filter=log --filter=error');
    expect(await outcome(page, READS)).toBe(0);
    const own = page.getByRole('switch', { name: /^Error on/ });
    await own.click();
    await expect(own).toHaveAttribute('aria-checked', 'true');
    expect(existsSync(file)).toBe(true);
    expect(await outcome(page, MUST_FAIL)).toBe(0);
    await expect.poll(() => legendCount(page, 'error')).toBe(1);
    await own.click();
    await expect(own).toHaveAttribute('aria-checked', 'false');
    expect(existsSync(file)).toBe(false);
    expect(await outcome(page, READS)).toBe(0);

    writeFileSync(file, '');
    await expect(own, 'a file from outside moves it').toHaveAttribute('aria-checked', 'true');
    await own.click();
    await expect(parts.dialog(page)).toContainText('nbdscope did not make this file');
    await page.getByRole('button', { name: 'Leave it' }).click();
    expect(existsSync(file)).toBe(true);
    await own.click();
    await page.getByRole('button', { name: 'Remove it' }).click();
    await expect(own).toHaveAttribute('aria-checked', 'false');
    expect(existsSync(file)).toBe(false);
    rmSync(file, { force: true });
  });

  test('is asked about before it runs programs, says what went wrong, and is stopped', async ({ page }) => {
    const line = page.getByLabel(/^Arguments of nbdkit/);
    await line.fill("eval get_size='echo 1M' pread='dd if=/dev/zero count=$3 iflag=count_bytes'");
    await page.getByRole('button', { name: 'Run it' }).click();
    await expect(parts.dialog(page)).toContainText('the plugin eval may run programs');
    await expect(page.getByRole('button', { name: 'Run it' })).toBeDisabled();
    await expect(
      page.locator('section.panel'),
      'what was open stays until something takes its place',
    ).toHaveCount(1);
    await line.fill('memory size=nonsense');
    await page.getByRole('button', { name: 'Run it' }).click();
    await expect(parts.dialog(page)).toContainText('nonsense');
    await line.fill('memory 1M');
    await page.getByRole('button', { name: 'Run it' }).click();
    await expect(kitCard(page)).toContainText('pid');
    expect(await outcome(page, READS)).toBe(0);
    await expect(parts.grid(page)).toBeVisible();
    await kitCard(page).getByRole('button', { name: 'Stop' }).click();
    await expect(kitCard(page).getByRole('button', { name: 'Stop' })).toBeHidden();
  });
});
