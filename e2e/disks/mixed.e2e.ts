import { appendFileSync, copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { recording, startApp, temporaryFolder } from '../support/app.ts';
import { errorSwitch, panel, panelNames } from '../support/disk-panels.ts';
import { hostByDialog, uriOf } from '../support/host-card.ts';
import { askNbdsh } from '../support/nbdsh-client.ts';
import { legendCount, watchForErrors } from '../support/window.ts';

const READ = 'print(attempt(lambda: h.pread(4096, 0)))';

test('a log, a hosted disk and an nbdkit of our own stand side by side, each with its badge and its Error switch', async ({
  page,
}) => {
  const errors = watchForErrors(page);
  const folder = temporaryFolder();
  const log = join(folder, 'log1');
  copyFileSync(recording('all-ops-10M/log'), log);
  const app = await startApp(['raid', '1', '10M', join(folder, 'log%d'), join(folder, 'error%d')], folder);
  try {
    await page.goto(app.url);
    await expect(panel(page, 'disk 1')).toBeVisible();
    await hostByDialog(page, { 'Export name': 'hosted', 'Read delay, ms': '0', 'Write delay, ms': '0' });
    const hostedUri = await uriOf(page);
    await page.keyboard.press('Shift+KeyK');
    const kitFile = join(folder, 'kit-error');
    await page.getByLabel('Error file').fill(kitFile);
    await page.getByLabel('Delay, ms').fill('0');
    await page.getByRole('button', { name: 'Run it' }).click();
    await expect(page.getByTestId('nbdkit-uri')).toBeVisible();
    const kitUri = (await page.getByTestId('nbdkit-uri').textContent()) ?? '';
    // Its log tells of the disk once a client has come.
    expect(await askNbdsh(kitUri, READ)).toBe('ok');
    await expect(page.locator('section.panel')).toHaveCount(3);
    const names = await panelNames(page);
    const [first = '', second = '', third = ''] = names;
    expect(first).toBe('disk 1');
    await expect(panel(page, first).locator('.badge')).toHaveText(/live|following/);
    await expect(panel(page, second).locator('.badge')).toHaveText(/^hosting/);
    await expect(panel(page, third).locator('.badge')).toHaveText(/nbdkit|live|following/);

    const sees = { [second]: hostedUri, [third]: kitUri };
    const files = { [first]: join(folder, 'error1'), [third]: kitFile };
    for (const name of names) {
      for (const other of names) {
        await expect(errorSwitch(page, other)).toHaveAttribute('aria-checked', 'false');
      }
      await errorSwitch(page, name).click();
      await expect(errorSwitch(page, name)).toHaveAttribute('aria-checked', 'true');
      for (const other of names) {
        const on = other === name;
        await expect(errorSwitch(page, other)).toHaveAttribute('aria-checked', String(on));
        const file = files[other];
        if (file !== undefined) expect(existsSync(file), `${other}'s file, ${name} is on`).toBe(on);
        const uri = sees[other];
        if (uri !== undefined) expect(await askNbdsh(uri, READ)).toBe(on ? 'EIO' : 'ok');
      }
      await errorSwitch(page, name).click();
      await expect(errorSwitch(page, name)).toHaveAttribute('aria-checked', 'false');
    }
    for (const name of [second, third]) {
      await panel(page, name).locator('.panel-name').click();
      await expect.poll(() => legendCount(page, 'error'), name).toBe(1);
    }
    await panel(page, first).locator('.panel-name').click();
    await expect.poll(() => legendCount(page, 'read')).toBe(1);
    appendFileSync(
      log,
      '2026-11-20 23:59:00.000000 connection=1 Read id=99 offset=0x0 count=0x1000 ...\n2026-11-20 23:59:00.000100 connection=1 ...Read id=99 return=0\n',
    );
    await expect.poll(() => legendCount(page, 'read'), 'the log is still followed').toBe(2);
    expect(errors).toEqual([]);
  } finally {
    await app.stop();
  }
});
