import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { RunningCommand } from '../../web/testing/running-command.ts';
import { type RunningApp, recording, startApp, temporaryFolder } from '../support/app.ts';
import { legendCounts } from '../support/recorded-counts.ts';

const LINES = readFileSync(recording('ext4-blog-64M/log'), 'utf8').split('\n');

async function save(page: Page, app: RunningApp, name: string): Promise<string> {
  const path = join(app.folder, name);
  const dialog = page.getByTestId('capture-dialog');
  await dialog.getByLabel('Path').fill(path);
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(dialog).toBeHidden();
  return path;
}

test('what goes on is recorded, saved and exported, and played again', async ({ page }) => {
  const folder = temporaryFolder();
  const log = join(folder, 'disk.log');
  writeFileSync(log, `${LINES.slice(0, 300).join('\n')}\n`);
  const app = await startApp([log], folder);
  try {
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Record to a file' }).click();
    const dialog = page.getByTestId('capture-dialog');
    await dialog.getByLabel('Path').fill(join(folder, 'live'));
    await dialog.getByRole('button', { name: 'Record', exact: true }).click();
    await expect(dialog).toBeHidden();
    const stop = page.getByRole('button', { name: 'Stop recording' });
    await expect(stop).toBeVisible();
    appendFileSync(log, LINES.slice(300).join('\n'));
    await expect.poll(() => legendCounts(page)).toMatchObject({ read: 316 });
    await stop.click();
    await expect(page.getByText(/recorded to .*live\.nbdscope/)).toBeVisible();

    await page.keyboard.press('Alt+KeyS');
    const saved = await save(page, app, 'saved.nbdscope');
    await page.keyboard.press('Alt+KeyE');
    await save(page, app, 'requests.csv');
    expect(readFileSync(join(folder, 'requests.csv'), 'utf8').trim().split('\n')).toHaveLength(566);

    await page.keyboard.press('Alt+KeyS');
    await page.getByTestId('capture-dialog').getByLabel('Path').fill(saved);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('is there already')).toBeVisible();
    await page.getByRole('button', { name: 'Replace what is there' }).click();
    await expect(page.getByTestId('capture-dialog')).toBeHidden();

    const parquet = join(folder, 'saved.parquet');
    await using converted = new RunningCommand(['convert', saved, parquet, '--from', '0'], {});
    expect(await converted.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('565 rows') });
    expect(readFileSync(parquet).subarray(0, 4).toString()).toBe('PAR1');

    for (const name of ['live.nbdscope', 'saved.nbdscope']) {
      const player = await startApp([join(folder, name)], temporaryFolder());
      try {
        await page.goto(player.url);
        await expect(page.locator('.panel-name').first()).toHaveText(/disk/);
        await page.keyboard.press('KeyL');
        await expect
          .poll(() => legendCounts(page))
          .toMatchObject({ read: 316, write: 189, trim: 13, flush: 35 });
      } finally {
        await player.stop();
      }
    }
  } finally {
    await app.stop();
  }
});
