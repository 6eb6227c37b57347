import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { hostSetByDialog, panel } from '../support/disk-panels.ts';
import { legendCount } from '../support/window.ts';

const run = promisify(execFile);
/** guestfish boots a small machine, without a processor's help where there is none. */
const BOOT_MS = 300_000;

const setCard = (page: Page) => page.getByTestId('set-card');

async function lineFor(page: Page, tool: string): Promise<string> {
  const button = setCard(page).getByRole('button', { name: `Copy the command for ${tool}` });
  return (await button.getAttribute('data-command')) ?? '';
}

test.describe('a set of disks, in the hands of a real guest', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(() => app.stop());

  test('becomes an array by the line for guestfish, which passes discards on', async ({ page }) => {
    test.setTimeout(BOOT_MS + 60_000);
    await hostSetByDialog(page, 5);
    await setCard(page).getByLabel('Spares').selectOption('1');
    const line = await lineFor(page, 'guestfish');
    const env = {
      ...process.env,
      PATH: `/usr/bin:/usr/sbin:${process.env['PATH']}`,
      LIBGUESTFS_BACKEND: 'direct',
      LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
    };
    const told = 'debug sh "cat /proc/mdstat /sys/module/raid456/parameters/devices_handle_discard_safely"';
    const { stdout } = await run('sh', ['-c', `${line} : ${told}`], { timeout: BOOT_MS, env });
    expect(stdout).toMatch(/md127 : active raid5 .*\(S\)/);
    expect(stdout).toContain('64k chunk');
    expect(stdout).toMatch(/^Y$/m);
    for (const name of ['disk1', 'disk2', 'disk3', 'disk4']) {
      await panel(page, name).locator('.panel-name').click();
      await expect.poll(() => legendCount(page, 'write'), name).toBeGreaterThan(5);
    }
  });
});
