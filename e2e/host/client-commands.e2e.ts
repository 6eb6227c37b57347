import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { card, hostByDialog } from '../support/host-card.ts';

const run = promisify(execFile);
const SIZE_BYTES = 1 << 20;
/** Everything that a shell, a URI, guestfish and qemu have a meaning of their own for. */
const ODD = `it's "my" disk, größe=1:2/3 $HOME %41 磁盤`;
const DISKS = [
  { exportName: '', tcp: false },
  { exportName: ODD, tcp: false },
  { exportName: ODD, tcp: true },
  { exportName: '-dash', tcp: true },
] as const;
const TOOLS = ['guestfish', 'qemu', 'nbd-client', 'nbdcopy', 'nbdinfo', 'nbdfuse'] as const;

/** What a press on the card's button puts on the clipboard. */
async function copied(page: Page, tool: (typeof TOOLS)[number]): Promise<string> {
  await card(page)
    .getByRole('button', { name: `Copy the command for ${tool}` })
    .click();
  await expect(card(page).getByText(`The command for ${tool} is copied`)).toBeAttached();
  return page.evaluate(() => navigator.clipboard.readText());
}

test.describe('the commands that the card has to copy', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(() => app.stop());

  /** Gives a line to a shell as it stands; what it prints, or the error with all that it said. */
  const shell = async (line: string): Promise<string> => {
    const path = `${process.env['PATH']}:/usr/sbin`;
    const options = { cwd: app.folder, timeout: 60_000, env: { ...process.env, PATH: path } };
    return (await run('sh', ['-c', line], options)).stdout;
  };
  /** The words that a shell makes of a line without running it. */
  const words = async (line: string): Promise<readonly string[]> =>
    (await shell(`printf '%s\\0' ${line.replace('&&', '')}`)).split('\0').slice(0, -1);

  for (const { exportName, tcp } of DISKS) {
    test(`reach the export "${exportName}" by ${tcp ? 'TCP' : 'a Unix socket'}`, async ({ page }) => {
      const fields = { Size: '1M', 'Export name': exportName, 'Read delay, ms': '0' };
      await hostByDialog(page, fields, tcp ? 0 : null);

      const info = await shell(`${await copied(page, 'nbdinfo')} && echo done`);
      expect(info).toContain(`export="${exportName.replaceAll('"', '\\"')}":`);
      expect(info).toContain('done');

      await shell(await copied(page, 'nbdcopy'));
      expect(statSync(join(app.folder, 'disk.img')).size).toBe(SIZE_BYTES);

      // qemu's own parser of drives, as far as it goes without a machine.
      const drive = (await words(await copied(page, 'qemu'))).at(-1) ?? '';
      expect(drive).toMatch(/,if=virtio$/);
      const opened = await run('qemu-img', ['info', '--image-opts', drive.replace(/,if=virtio$/, '')]);
      expect(opened.stdout).toContain('virtual size: 1 MiB');

      // What makes a device needs the kernel's module; listing needs only the same place.
      const client = (await words(await copied(page, 'nbd-client'))).slice(1);
      expect(client.slice(client.indexOf('/dev/nbd0') + 1)).toEqual(
        exportName === '' ? [] : ['-N', exportName],
      );
      const place = client.slice(1, client.indexOf('/dev/nbd0'));
      const { stdout: listed } = await run('/usr/sbin/nbd-client', ['-l', ...place]);
      expect(listed).toContain('1 MiB in memory');
      expect(listed).toContain(exportName);

      const guestfish = await words(await copied(page, 'guestfish'));
      expect(guestfish).toContain('discard:enable');
      expect(guestfish[guestfish.indexOf('add') + 1]).toBe(exportName);
      const fuse = await words(await copied(page, 'nbdfuse'));
      expect(fuse.slice(0, 5)).toEqual(['mkdir', '-p', 'nbd', 'nbdfuse', 'nbd']);
      const uri = await page.getByTestId('host-uri').textContent();
      expect(fuse.at(-1)).toBe(uri);
    });
  }
});
