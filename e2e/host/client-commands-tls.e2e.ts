import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { Pki } from '../../engine/nbd/testing/pki.ts';
import { commandFor, drivesSeenByQemu, listedByNbdClient, shell } from '../support/copied-command.ts';
import { card } from '../support/host-card.ts';
import { HostingCommand } from '../support/hosted.ts';

test.describe('the commands to copy for a disk that requires TLS', () => {
  let pki: Pki;
  let hosting: HostingCommand;

  test.beforeEach(() => {
    pki = new Pki();
  });

  test.afterEach(async () => {
    expect(await hosting.stop()).toBe(0);
    rmSync(hosting.runtimeFolder, { recursive: true });
    pki.remove();
  });

  const show = async (page: Page, ...args: readonly string[]): Promise<void> => {
    hosting = new HostingCommand(['--browser', '--no-open', ...args, 'memory', '1M']);
    await page.goto(await hosting.windowUrl());
  };
  const line = (page: Page, tool: string): Promise<string> => commandFor(card(page), tool);
  const expectQemu = async (page: Page): Promise<void> => {
    expect(await drivesSeenByQemu(await line(page, 'qemu'))).toEqual([
      expect.stringContaining('virtual size: 1 MiB'),
    ]);
  };

  for (const place of ['a Unix socket', 'TCP'] as const) {
    const listen = place === 'TCP' ? ['-p', '0'] : [];

    test(`reach it by ${place} with certificates`, async ({ page }) => {
      await show(page, ...listen, '--tls=require', `--tls-certificates=${pki.server}`);
      await expect(card(page)).toContainText('Encrypted by TLS, with certificates; nothing else is let in');
      const info = await shell(await line(page, 'nbdinfo'));
      expect(info).toContain('with TLS');
      expect(info).toContain('export-size: 1048576');
      await shell(await line(page, 'nbdcopy'), pki.directory);
      expect(statSync(join(pki.directory, 'disk.img')).size).toBe(1 << 20);
      await expectQemu(page);
      expect(await listedByNbdClient(await line(page, 'nbd-client'))).toContain('1 MiB in memory');
      await expect(card(page).getByRole('button', { name: /^No command for guestfish/ })).toBeVisible();
    });

    test(`reach it by ${place} with keys shared beforehand`, async ({ page }) => {
      await show(page, ...listen, '-e', 'my disk', '--tls=require', `--tls-psk=${pki.pskFile}`);
      await expect(card(page)).toContainText('Encrypted by TLS, with keys shared beforehand');
      const info = await shell(await line(page, 'nbdinfo'));
      expect(info).toContain('with TLS');
      expect(info).toContain('export="my disk"');
      await expectQemu(page);
      const unfit = card(page).getByRole('button', { name: /^No command for nbd-client/ });
      await unfit.focus();
      await expect(page.getByRole('tooltip')).toContainText('no keys shared beforehand');
      // Cards that grow and shrink scroll what lies around it, and the words stay.
      await page.setViewportSize({ width: 1280, height: 560 });
      await page.getByRole('complementary', { name: /^Numbers/ }).evaluate(
        (side) =>
          new Promise((resolve) => {
            side.addEventListener('scroll', () => requestAnimationFrame(resolve), { once: true });
            side.scrollTop += side.scrollTop > 0 ? -4 : 4;
          }),
      );
      await expect(unfit).toBeFocused();
      await expect(page.getByRole('tooltip')).toContainText('no keys shared beforehand');
    });
  }

  test('stay plain where TLS is offered and not required', async ({ page }) => {
    await show(page, '--tls=on', `--tls-psk=${pki.pskFile}`);
    await expect(card(page)).toContainText('TLS is offered, with keys shared beforehand');
    const info = await shell(await line(page, 'nbdinfo'));
    expect(info).toContain('without TLS');
  });
});
