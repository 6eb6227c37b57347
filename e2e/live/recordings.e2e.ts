import { expect, type Page, test } from '@playwright/test';
import { recording, startApp } from '../support/app.ts';
import { legendCounts, recordedCounts } from '../support/recorded-counts.ts';

/** The legend's counts, summed over all disks of the window. */
async function legendTotals(page: Page): Promise<Record<string, number>> {
  const totals: Record<string, number> = {};
  const names = page.locator('.panel-name');
  for (let i = 0; i < (await names.count()); i += 1) {
    await names.nth(i).click();
    // Counters reach the legend a few times a second.
    await page.waitForTimeout(250);
    for (const [name, count] of Object.entries(await legendCounts(page))) {
      totals[name] = (totals[name] ?? 0) + count;
    }
  }
  return totals;
}

test.describe('every recording', () => {
  const all = recordedCounts();

  test('is named by the README', () => {
    expect(all.length).toBe(34);
  });

  for (const { log, counts, errors } of all) {
    test(`${log} opens with the counts its README states`, async ({ page }) => {
      const app = await startApp([recording(log)]);
      try {
        await page.goto(app.url);
        await expect(page.locator('.panel-name').first()).toBeVisible();
        await expect.poll(() => legendTotals(page)).toMatchObject({ ...counts, error: errors });
      } finally {
        await app.stop();
      }
    });
  }
});

/** What each damaged file must say; null for none. */
const NOTICES: readonly (readonly [file: string, notice: RegExp | null])[] = [
  ['appended-restart.log', null],
  ['crlf.log', /CR LF/],
  ['empty.log', null],
  ['garbage.log', /lines were not understood; the first is line 5/],
  ['real-truncated-in-place.log', /zero bytes were left out/],
  ['rotated.log', /head of the log is missing/],
  ['rotated.log.1', null],
];

test.describe('a damaged log', () => {
  for (const [file, notice] of NOTICES) {
    test(`${file} says what is wrong with it and breaks nothing`, async ({ page }) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      const app = await startApp([recording(`bad/${file}`), recording('all-ops-10M/log')]);
      try {
        await page.goto(app.url);
        if (notice !== null)
          await expect(page.getByTestId('notice').filter({ hasText: notice })).toBeVisible();
        // The healthy log beside it is shown all the same.
        await expect(page.getByRole('region', { name: 'Disk log' })).toBeVisible();
        await expect(page.getByRole('region', { name: 'Disk log' })).toContainText('10 MiB');
        expect(errors).toEqual([]);
      } finally {
        await app.stop();
      }
    });
  }

  test('appended-restart.log lets a person pick one of its runs', async ({ page }) => {
    const app = await startApp([recording('bad/appended-restart.log')]);
    try {
      await page.goto(app.url);
      await expect.poll(async () => (await legendTotals(page))['read']).toBe(327);
      await page.getByRole('button', { name: 'More for appended-restart.log' }).click();
      await page.getByRole('menuitemradio').nth(1).click();
      await expect.poll(async () => (await legendTotals(page))['read']).toBeLessThan(327);
    } finally {
      await app.stop();
    }
  });
});
