import { execFile } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Page, test } from '@playwright/test';
import { Pki } from '../../engine/nbd/testing/pki.ts';
import { card } from '../support/host-card.ts';
import { HostingCommand } from '../support/hosted.ts';

const run = promisify(execFile);

async function commandFor(page: Page, tool: string): Promise<string> {
  const button = card(page).getByRole('button', { name: `Copy the command for ${tool}` });
  return (await button.getAttribute('data-command')) ?? '';
}

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
  /** Gives a line to a shell as it stands. */
  const shell = async (line: string): Promise<string> => {
    const path = `${process.env['PATH']}:/usr/sbin`;
    const options = { cwd: pki.directory, timeout: 60_000, env: { ...process.env, PATH: path } };
    return (await run('sh', ['-c', line], options)).stdout;
  };
  const words = async (line: string): Promise<readonly string[]> =>
    (await shell(`printf '%s\\0' ${line}`)).split('\0').slice(0, -1);
  /** qemu's own reading of the drive and the credentials, as far as it goes without a machine. */
  const expectQemu = async (page: Page): Promise<void> => {
    const qemu = await words(await commandFor(page, 'qemu'));
    const drive = (qemu[qemu.indexOf('-drive') + 1] ?? '').replace(/,if=virtio$/, '');
    const object = qemu[qemu.indexOf('-object') + 1] ?? '';
    const { stdout } = await run('qemu-img', ['info', '--object', object, '--image-opts', drive]);
    expect(stdout).toContain('virtual size: 1 MiB');
  };

  for (const place of ['a Unix socket', 'TCP'] as const) {
    const listen = place === 'TCP' ? ['-p', '0'] : [];

    test(`reach it by ${place} with certificates`, async ({ page }) => {
      await show(page, ...listen, '--tls=require', `--tls-certificates=${pki.server}`);
      await expect(card(page)).toContainText('Encrypted by TLS, with certificates; nothing else is let in');
      const info = await shell(await commandFor(page, 'nbdinfo'));
      expect(info).toContain('with TLS');
      expect(info).toContain('export-size: 1048576');
      await shell(await commandFor(page, 'nbdcopy'));
      expect(statSync(join(pki.directory, 'disk.img')).size).toBe(1 << 20);
      await expectQemu(page);
      // What makes a device needs the kernel's module; listing needs only the same place and credentials.
      const client = (await words(await commandFor(page, 'nbd-client'))).slice(2);
      const { stdout } = await run('/usr/sbin/nbd-client', [
        '-l',
        ...client.filter((word) => word !== '/dev/nbd0'),
      ]);
      expect(stdout).toContain('1 MiB in memory');
      await expect(card(page).getByRole('button', { name: /^No command for guestfish/ })).toBeVisible();
    });

    test(`reach it by ${place} with keys shared beforehand`, async ({ page }) => {
      await show(page, ...listen, '-e', 'my disk', '--tls=require', `--tls-psk=${pki.pskFile}`);
      await expect(card(page)).toContainText('Encrypted by TLS, with keys shared beforehand');
      const info = await shell(await commandFor(page, 'nbdinfo'));
      expect(info).toContain('with TLS');
      expect(info).toContain('export="my disk"');
      await expectQemu(page);
      const unfit = card(page).getByRole('button', { name: /^No command for nbd-client/ });
      await unfit.focus();
      await expect(page.getByRole('tooltip')).toContainText('no keys shared beforehand');
    });
  }

  test('stay plain where TLS is offered and not required', async ({ page }) => {
    await show(page, '--tls=on', `--tls-psk=${pki.pskFile}`);
    await expect(card(page)).toContainText('TLS is offered, with keys shared beforehand');
    const info = await shell(await commandFor(page, 'nbdinfo'));
    expect(info).toContain('without TLS');
  });
});
