import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { card, FAST, hostApart, uriOf } from '../support/host-card.ts';
import { qemuIo } from '../support/hosted.ts';
import { Nbdkit } from '../support/nbdkit.ts';
import { expectNothingSerious, parts } from '../support/window.ts';

const progress = (page: Page) => card(page).getByRole('progressbar', { name: 'Committing' });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function io(uri: string, ...commands: readonly string[]): Promise<void> {
  const { code, printed } = await qemuIo(uri, ...commands);
  expect(code, printed).toBe(0);
  expect(printed).not.toContain('Pattern verification failed');
}

test.describe('committing what was kept apart', () => {
  let app: RunningApp;
  let nbdkit: Nbdkit | null = null;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(async () => {
    await app.stop();
    await nbdkit?.stop();
    nbdkit = null;
  });

  test('shows how far it is, goes on under clients, and is broken off and taken up again', async ({
    page,
  }) => {
    // So slow that it is under way whatever the machine does meanwhile.
    nbdkit = new Nbdkit(app.folder, ['delay'], ['wdelay=200ms']);
    await nbdkit.start();
    await hostApart(page, 'remote', { Address: nbdkit.uri, ...FAST });
    const uri = await uriOf(page);
    await io(uri, 'write -P 7 0 48M');
    await press(page, 'Commit…');
    await expect(parts.dialog(page)).toContainText(nbdkit.socketPath);
    await press(page, 'Commit');
    await expect.poll(() => progress(page).getAttribute('value').then(Number)).toBeGreaterThan(0);
    await expect(page.getByTestId('host-written')).toContainText('not committed');
    await io(uri, 'read -P 7 0 48M');
    await expectNothingSerious(page, 'the card while it commits');

    await page.keyboard.press('KeyQ');
    await expect(parts.dialog(page)).toContainText('The commit that runs is broken off.');
    await expect(page.getByRole('button', { name: 'Commit…' })).toBeHidden();
    await press(page, 'Keep it');
    await press(page, 'Break off the commit');
    await expect(page.getByText(/The commit was broken off after /)).toBeVisible();
    await expect(progress(page)).toBeHidden();
    await expect(page.getByTestId('host-written')).toContainText('not committed');
    await io(nbdkit.uri, 'read -P 7 0 64k');

    await page.keyboard.press('KeyQ');
    await page.getByRole('dialog').getByRole('button', { name: 'Commit…' }).click();
    await press(page, 'Commit');
    await expect(progress(page)).toBeVisible();
    await page.keyboard.press('Shift+KeyB');
    await expect(progress(page)).toBeHidden();
    await page.keyboard.press('Shift+KeyU');
    await press(page, 'Commit');
    await expect(progress(page)).toBeVisible();
    await io(uri, 'read -P 7 0 48M');
  });

  test('cannot be asked for where the disk below cannot be written, and says what keeps it then', async ({
    page,
  }) => {
    await hostApart(page, 'pattern', { Size: '1M', ...FAST });
    await io(await uriOf(page), 'write -P 7 0 64k');
    const apart = page.getByRole('region', { name: 'Changes kept apart' });
    await expect(apart).toContainText(
      'Cannot be committed: the disk below cannot be written. Saved as an image, they are kept.',
    );
    await expect(page.getByRole('button', { name: 'Commit…' })).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Discard…' })).toBeEnabled();
    await page.keyboard.press('Control+KeyK');
    await page.keyboard.type('kept apart');
    await expect(page.getByRole('option', { name: /^Discard the changes/ })).toBeVisible();
    await expect(page.getByRole('option', { name: /^Commit the changes/ })).toBeHidden();
  });
});
