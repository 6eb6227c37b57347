import { expect, test } from '@playwright/test';
import { startApp } from '../support/app.ts';
import { errorSwitch, hostSetByDialog, panel } from '../support/disk-panels.ts';
import { addPreset, faults, ruleRow, turnRule, writeRule } from '../support/fault-rules.ts';
import { expectHatched } from '../support/picture.ts';

test('changes of faults are rows of the session: each with its time, of its own disk, also after a reload', async ({
  page,
}) => {
  const app = await startApp([]);
  try {
    await page.goto(app.url);
    await hostSetByDialog(page, 2, '1M');
    const begun = Date.now();
    await panel(page, 'disk2').locator('.panel-name').click();
    await writeRule(page, { name: 'scratch', blocks: ['40', '42'], fields: { 'Only the first': '9' } });
    await turnRule(page, 'scratch', false);
    await turnRule(page, 'scratch', true);
    await addPreset(page, 'Full disk');
    await expect(ruleRow(page, 'full')).toBeVisible();
    await errorSwitch(page, 'disk2').click();
    await expect(errorSwitch(page, 'disk2')).toHaveAttribute('aria-checked', 'true');
    const ended = Date.now();

    const changes = faults(page).getByRole('list', { name: 'Changes of faults' }).getByRole('listitem');
    const told = async (): Promise<readonly string[]> => {
      await faults(page)
        .getByText(/^Changes/)
        .click();
      await expect(changes).toHaveCount(5);
      return changes.allTextContents();
    };
    const before = await told();
    for (const [i, words] of [
      /Error switched on/,
      /rule "full" added: Writes and zeroes fail with ENOSPC\./,
      /rule "scratch" turned on: .*8K at 160K.*only the first 9/,
      /rule "scratch" turned off/,
      /rule "scratch" added: Reads and writes that touch 8K at 160K fail with EIO/,
    ].entries()) {
      expect(before[i]).toMatch(words);
    }
    // To the second, as the list has them; a day's end may lie between.
    const seconds = (text: string): number => Date.parse(`1970-01-01T${text.slice(0, 8)}Z`) / 1000;
    const fromS = Math.floor(begun / 1000) % 86_400;
    for (const change of before) {
      const sinceS = (seconds(change) - fromS + 86_400) % 86_400;
      expect(sinceS, change).toBeLessThanOrEqual(Math.ceil((ended - begun) / 1000) + 1);
    }
    await expectHatched(page, [40, 41], [39, 42], 1);
    await expectHatched(page, [], [40, 41], 0);

    await page.reload();
    await expect(errorSwitch(page, 'disk2')).toHaveAttribute('aria-checked', 'true');
    await expect(errorSwitch(page, 'disk1')).toHaveAttribute('aria-checked', 'false');
    await panel(page, 'disk1').locator('.panel-name').click();
    await expect(faults(page)).toContainText('none');
    await expect(changes).toHaveCount(0);
    await panel(page, 'disk2').locator('.panel-name').click();
    await expect(page.getByTestId('rule')).toHaveCount(2);
    expect(await told()).toEqual(before);
    await expectHatched(page, [40, 41], [39, 42], 1);
  } finally {
    await app.stop();
  }
});
