import { expect, test } from '@playwright/test';
import { peer, runPeer } from '../../engine/nbd/testing/peers.ts';
import { Pki } from '../../engine/nbd/testing/pki.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { commandFor, drivesSeenByQemu, shell } from '../support/copied-command.ts';
import { card, uriOf } from '../support/host-card.ts';
import { pickItem } from '../support/menus.ts';
import { expectNothingSerious, legendCount, parts, watchForErrors } from '../support/window.ts';

test.describe('the encryption of a disk, as the dialog asks for it', () => {
  let app: RunningApp;
  let pki: Pki;

  test.beforeEach(async ({ page }) => {
    pki = new Pki();
    app = await startApp([]);
    await page.goto(app.url);
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('KeyN');
    await page.getByLabel('Size').fill('1M');
  });

  test.afterEach(async () => {
    await app.stop();
    pki.remove();
  });

  test('lets in who encrypts with the certificates, and says who does not', async ({ page }) => {
    const errors = watchForErrors(page);
    await page.getByLabel('Export name').fill('class');
    await page.getByLabel('Write delay, ms').fill('5');
    await page.getByLabel('Required').check();
    await expect(page.getByText('Clients that do not encrypt by TLS are turned away.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
    await page.getByLabel('Directory of certificates').fill(pki.server);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(card(page)).toContainText('Encrypted by TLS, with certificates; nothing else is let in');

    const uri = await uriOf(page);
    expect(uri).toMatch(/^nbds\+unix:\/\/\/class\?/);
    expect(await peer('nbdinfo', uri)).toContain('with TLS');
    expect(await shell(await commandFor(card(page), 'nbdinfo'))).toContain('export-size: 1048576');
    expect(await drivesSeenByQemu(await commandFor(card(page), 'qemu'))).toEqual([
      expect.stringContaining('virtual size: 1 MiB'),
    ]);
    await expect(page.getByTestId('notice')).toHaveCount(0);

    const plain = uri.replace('nbds+unix', 'nbd+unix').replace(/&tls-certificates=.*/, '');
    expect((await runPeer('nbdinfo', [plain])).code).not.toBe(0);
    await expect(page.getByTestId('notice')).toHaveText(
      "A client of class (unix socket) was turned away: it did not encrypt, and TLS is required; the disk's card has the commands that do",
    );
    await page.getByTestId('notice').getByRole('button', { name: 'Dismiss' }).click();

    await card(page).getByRole('button', { name: 'Try it' }).click();
    await pickItem(page, /Write at random/);
    await expect.poll(() => legendCount(page, 'write')).toBeGreaterThan(20);
    expect(errors).toEqual([]);
  });

  test('asks for a certificate of clients where that is ticked, and says who has none', async ({ page }) => {
    await page.getByLabel('Required').check();
    await page.getByLabel('Directory of certificates').fill(pki.server);
    await page.getByLabel('Let in only clients with a certificate of the same authority').check();
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(card(page)).toBeVisible();
    const uri = await uriOf(page);
    expect(await peer('nbdinfo', `${uri}&tls-certificates=${pki.client}`)).toContain('with TLS');
    expect((await runPeer('nbdinfo', [`${uri}&tls-certificates=${pki.anonymous}`])).code).not.toBe(0);
    await expect(page.getByTestId('notice')).toContainText(
      'turned away, as encrypting failed: peer did not return a certificate',
    );
  });

  test('lets in others too where it is only allowed', async ({ page }) => {
    await page.getByLabel('Allowed').check();
    await page.getByLabel('Directory of certificates').fill(pki.server);
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(card(page)).toContainText('TLS is offered, with certificates; clients may do without');
    const uri = await uriOf(page);
    expect(await peer('nbdinfo', uri)).toContain('without TLS');
    const secure = `${uri.replace('nbd+unix', 'nbds+unix')}&tls-certificates=${pki.server}`;
    expect(await peer('nbdinfo', secure)).toContain('with TLS');
    await expect(page.getByTestId('notice')).toHaveCount(0);
  });

  test('is chosen by keys alone, and a directory that will not do is told at its field', async ({ page }) => {
    const encryption = page.getByTestId('encryption');
    await expect(encryption.getByLabel('Off')).toBeChecked();
    await expect(encryption.getByRole('textbox')).toHaveCount(0);
    await page.getByLabel('a Unix socket that only you can open').focus();
    await page.keyboard.press('Tab');
    await expect(encryption.getByLabel('Off')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await expect(encryption.getByLabel('Required')).toBeChecked();
    await page.keyboard.press('Tab');
    await expect(encryption.getByLabel('Credentials')).toBeFocused();
    await page.keyboard.press('Tab');
    const field = encryption.getByLabel('Directory of certificates');
    await expect(field).toBeFocused();
    await expect(field).toHaveAccessibleDescription('With ca-cert.pem, server-cert.pem and server-key.pem');

    const told = async (directory: string, words: string): Promise<void> => {
      await field.fill(directory);
      await field.press('Enter');
      await expect(field).toHaveAccessibleDescription(words);
      await expect(field).toHaveAttribute('aria-invalid', 'true');
    };
    await told('/nowhere/pki', 'there is no directory /nowhere/pki');
    await told(pki.client, `there is no file ${pki.client}/server-cert.pem`);
    // What was said of certificates says nothing of keys.
    await encryption.getByLabel('Credentials').selectOption('Shared keys (PSK)');
    await expect(encryption.getByLabel('File of keys')).toHaveAttribute('aria-invalid', 'false');
    await encryption.getByLabel('Credentials').selectOption('Certificates');
    await field.fill(pki.server);
    await field.press('Enter');
    await expect(card(page)).toBeVisible();
    expect(await peer('nbdinfo', await uriOf(page))).toContain('with TLS');
  });

  test('takes what the copied lines make', async ({ page }) => {
    const encryption = page.getByTestId('encryption');
    await encryption.getByLabel('Required').check();
    await encryption.getByLabel('Let in only clients').check();
    const directory = `${pki.directory}/new place`;
    const field = encryption.getByLabel('Directory of certificates');
    await field.fill(directory);
    const made = await shell(await commandFor(encryption, 'openssl'));
    expect(made.trim()).toBe(directory);
    await field.press('Enter');
    await expect(card(page)).toBeVisible();
    const client = encodeURIComponent(`${directory}/client`);
    expect(await peer('nbdinfo', `${await uriOf(page)}&tls-certificates=${client}`)).toContain('with TLS');

    await page.keyboard.press('KeyN');
    await encryption.getByLabel('Required').check();
    await encryption.getByLabel('Credentials').selectOption('Shared keys (PSK)');
    const file = encryption.getByLabel('File of keys');
    await file.fill((await shell(await commandFor(encryption, 'openssl'), pki.directory)).trim());
    await file.press('Enter');
    await expect(parts.dialog(page)).toBeHidden();
    await expect(card(page)).toContainText('with keys shared beforehand');
    expect(await peer('nbdinfo', await uriOf(page))).toContain('with TLS');
  });

  test('is in sight where it unfolds and where it is refused, however little room there is', async ({
    page,
  }) => {
    await page.setViewportSize({ width: 760, height: 480 });
    await page.getByLabel('Required').check();
    const making = page.getByTestId('encryption').getByRole('button', { name: /certtool/ });
    await expect(making).toBeInViewport({ ratio: 1 });
    const field = page.getByLabel('Directory of certificates');
    await field.fill('/nowhere');
    await page.getByLabel('Kind of disk').focus();
    await expect(field).not.toBeInViewport();
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(field).toBeFocused();
    await expect(field).toBeInViewport({ ratio: 1 });
    await expect(page.getByText('there is no directory /nowhere')).toBeInViewport({ ratio: 1 });
  });

  for (const scheme of ['dark', 'light'] as const) {
    test(`has nothing serious for axe to find, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.getByLabel('Required').check();
      await page.getByLabel('Directory of certificates').fill('/nowhere');
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(page.getByLabel('Directory of certificates')).toHaveAttribute('aria-invalid', 'true');
      await expectNothingSerious(page, 'certificates');
      await page.getByLabel('Credentials').selectOption('Shared keys (PSK)');
      await expectNothingSerious(page, 'keys');
    });
  }
});
