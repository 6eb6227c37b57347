import { rmSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { peer, runPeer } from '../../engine/nbd/testing/peers.ts';
import { Pki } from '../../engine/nbd/testing/pki.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import {
  commandFor,
  drivesSeenByQemu,
  listedByNbdClient,
  shell,
  shellWords,
} from '../support/copied-command.ts';
import { panel } from '../support/disk-panels.ts';
import { card } from '../support/host-card.ts';
import { HostingCommand } from '../support/hosted.ts';
import { parts } from '../support/window.ts';

const setCard = (page: Page) => page.getByTestId('set-card');

/** Uses every address and command that the window has for a set of two disks of 1 MiB, as it is copied. */
async function useEverything(page: Page): Promise<void> {
  const uris = await setCard(page).getByTestId('set-uri').allTextContents();
  expect(uris).toHaveLength(2);
  for (const [i, uri] of uris.entries()) {
    expect(uri).toMatch(/^nbds/);
    const info = await peer('nbdinfo', uri);
    expect(info).toContain('with TLS');
    expect(info).toContain(`export="disk${i + 1}"`);
    await panel(page, `disk${i + 1}`)
      .locator('.panel-name')
      .click();
    await expect(card(page).getByTestId('host-uri')).toHaveText(uri);
    expect(await shell(await commandFor(card(page), 'nbdinfo'))).toContain('with TLS');
  }
  const seen = await drivesSeenByQemu(await commandFor(setCard(page), 'qemu'));
  expect(seen).toHaveLength(2);
  for (const drive of seen) expect(drive).toContain('virtual size: 1 MiB');
}

test.describe('a set of disks that requires TLS', () => {
  let pki: Pki;
  test.beforeEach(() => {
    pki = new Pki();
  });
  test.afterEach(() => pki.remove());

  for (const [place, listen] of [
    ['Unix sockets', []],
    ['TCP', ['-p', '0']],
  ] as const) {
    test(`is reached by ${place} with certificates, by what its card has to copy`, async ({ page }) => {
      const tls = ['--tls=require', `--tls-certificates=${pki.server}`];
      const hosting = new HostingCommand([
        ...['--browser', '--no-open', '--disks', '2'],
        ...[...listen, ...tls, 'memory', '1M'],
      ]);
      await page.goto(await hosting.windowUrl());
      await expect(setCard(page)).toContainText(
        'Encrypted by TLS, with certificates; nothing else is let in',
      );
      await useEverything(page);
      const shown = await setCard(page).getByTestId('set-uri').allTextContents();
      expect(hosting.lines.filter((line) => line.startsWith('nbds'))).toEqual(shown);
      for (const uri of shown) {
        const plain = uri.replace(/^nbds/, 'nbd').replace(/[?&]tls-certificates=.*/, '');
        expect((await runPeer('nbdinfo', [plain])).code).not.toBe(0);
      }
      const line = await commandFor(setCard(page), 'nbd-client');
      const devices = line.split(' && ').filter((step) => step.startsWith('sudo nbd-client '));
      expect(devices).toHaveLength(2);
      for (const device of devices) expect(await listedByNbdClient(device)).toContain('1 MiB in memory');
      const unfit = setCard(page).getByRole('button', { name: /^No command for guestfish/ });
      await unfit.focus();
      await expect(page.getByRole('tooltip')).toContainText('use nbdfuse for each disk');
      expect(await hosting.stop()).toBe(0);
      rmSync(hosting.runtimeFolder, { recursive: true });
    });
  }

  test.describe('from the window', () => {
    let app: RunningApp;
    test.beforeEach(async ({ page }) => {
      app = await startApp([]);
      await page.goto(app.url);
    });
    test.afterEach(() => app.stop());

    test('is asked for with keys in its dialog, which says at the field what will not do', async ({
      page,
    }) => {
      await expect(parts.grid(page)).toBeVisible();
      await page.keyboard.press('Shift+KeyN');
      await page.getByLabel('Disks', { exact: true }).fill('2');
      await page.getByLabel('Size of each').fill('1M');
      await page.getByLabel('Required').check();
      await page.getByLabel('Credentials').selectOption('Shared keys (PSK)');
      const field = page.getByLabel('File of keys');
      await field.fill(`${pki.directory}/nowhere`);
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field).toHaveAccessibleDescription(`there is no file ${pki.directory}/nowhere`);
      await field.fill(pki.pskFile);
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(parts.dialog(page)).toBeHidden();
      await expect(setCard(page)).toContainText('Encrypted by TLS, with keys shared beforehand');
      await useEverything(page);
      const qemu = await shellWords(await commandFor(setCard(page), 'qemu'));
      expect(qemu.filter((word) => word.startsWith('tls-creds-psk,'))).toHaveLength(1);
    });
  });
});
