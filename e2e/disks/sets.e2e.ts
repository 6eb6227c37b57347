import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { errorSwitch, hostSetByDialog, panel } from '../support/disk-panels.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { expectNothingSerious, legendCount, parts } from '../support/window.ts';

const setCard = (page: Page) => page.getByTestId('set-card');

test.describe('a set of disks', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(() => app.stop());

  test('is hosted in one step, and every disk has an address of its own', async ({ page }) => {
    await hostSetByDialog(page, 5);
    const uris = await setCard(page).getByTestId('set-uri').allTextContents();
    expect(new Set(uris).size).toBe(5);
    for (const uri of uris) {
      expect(await new NbdshClient(uri, 'assert h.get_size() == 64 << 20').ended).toBe(0);
    }
    await errorSwitch(page, 'disk3').click();
    await expect(errorSwitch(page, 'disk3')).toHaveAttribute('aria-checked', 'true');
    expect(await new NbdshClient(uris[2] ?? '', 'h.pread(512, 0)').ended, 'the third fails').not.toBe(0);
    expect(await new NbdshClient(uris[3] ?? '', 'h.pread(512, 0)').ended, 'the fourth does not').toBe(0);
    const client = new NbdshClient(uris[0] ?? '', 'import sys\nh.pread(512, 0)\nsys.stdin.read()');
    await panel(page, 'disk1').locator('.panel-name').click();
    await expect.poll(() => legendCount(page, 'read')).toBe(1);
    await setCard(page).getByRole('button', { name: 'Stop all' }).click();
    await expect(parts.dialog(page)).toContainText('1 client uses them now');
    await page.getByRole('button', { name: 'Stop them' }).click();
    await expect(page.getByTestId('empty')).toBeVisible();
    await client.stop();
  });

  test('is not stopped before it is told that what was written is lost', async ({ page }) => {
    await hostSetByDialog(page, 3);
    const uris = await setCard(page).getByTestId('set-uri').allTextContents();
    expect(await new NbdshClient(uris[1] ?? '', 'h.pwrite(b"x" * 512, 0)').ended).toBe(0);
    await panel(page, 'disk2').locator('.panel-name').click();
    await expect(page.getByTestId('host-written')).toContainText('not saved');
    await setCard(page).getByRole('button', { name: 'Stop all' }).click();
    await expect(parts.dialog(page)).toContainText('1 disk was written to and not saved');
    await expect(page.getByRole('list', { name: 'Not saved' }).getByRole('listitem')).toHaveText([/^disk2/]);
    await page.getByRole('button', { name: 'Go on hosting' }).click();
    await expect(setCard(page)).toBeVisible();
    expect(await new NbdshClient(uris[1] ?? '', 'assert h.pread(1, 0) == b"x"').ended).toBe(0);
    await setCard(page).getByRole('button', { name: 'Stop all' }).click();
    await page.getByRole('button', { name: 'Stop and lose them' }).click();
    await expect(page.getByTestId('empty')).toBeVisible();
  });

  test('is asked about once, and saved disk by disk from there', async ({ page }) => {
    await hostSetByDialog(page, 3, '1M');
    const uris = await setCard(page).getByTestId('set-uri').allTextContents();
    for (const uri of uris.slice(1)) {
      expect(await new NbdshClient(uri, 'h.pwrite(b"x" * 512, 0)').ended).toBe(0);
    }
    // Until the window knows, those not written to are stopped unasked.
    for (const name of ['disk2', 'disk3']) {
      await panel(page, name).locator('.panel-name').click();
      await expect(page.getByTestId('host-written')).toContainText('not saved');
    }
    const unsaved = page.getByRole('list', { name: 'Not saved' });
    await page.keyboard.press('Shift+KeyQ');
    await expect(unsaved.getByRole('listitem')).toHaveCount(2);
    await expectNothingSerious(page, 'the question about a set');
    for (const name of ['disk2', 'disk3']) {
      await page.getByRole('button', { name: `Save as image… ${name}` }).click();
      await page.getByLabel('Path').fill(join(app.folder, `${name}.img`));
      await page.keyboard.press('Enter');
      await expect(parts.dialog(page)).toContainText('Stop hosting');
      await expect(unsaved.getByText(name)).toBeHidden();
      expect(readFileSync(join(app.folder, `${name}.img`)).subarray(0, 512)).toEqual(Buffer.alloc(512, 'x'));
    }
    await expect(parts.dialog(page)).toContainText('Stop hosting 1 disk?');
    await page.getByRole('button', { name: 'Stop them' }).click();
    await expect(page.getByTestId('empty')).toBeVisible();
  });

  test('is asked about when the window does not know yet that it was written to', async ({ page }) => {
    const late: (() => void)[] = [];
    let holds = false;
    await page.routeWebSocket(/.*/, (socket) => {
      const engine = socket.connectToServer();
      engine.onMessage((message) => {
        if (holds) late.push(() => socket.send(message));
        else socket.send(message);
      });
    });
    await page.reload();
    await hostSetByDialog(page, 3, '1M');
    const uris = await setCard(page).getByTestId('set-uri').allTextContents();
    holds = true;
    for (const uri of uris.slice(1)) {
      expect(await new NbdshClient(uri, 'h.pwrite(b"x" * 512, 0)').ended).toBe(0);
    }
    await setCard(page).getByRole('button', { name: 'Stop all' }).click();
    await expect(parts.dialog(page)).toBeHidden();
    holds = false;
    for (const send of late) send();
    await expect(parts.dialog(page)).toContainText('Stop hosting 2 disks?');
    await expect(page.getByRole('list', { name: 'Not saved' }).getByRole('listitem')).toHaveCount(2);
    await expect(page.getByTestId('notice')).toBeHidden();
    for (const uri of uris.slice(1)) {
      expect(await new NbdshClient(uri, 'assert h.pread(1, 0) == b"x"').ended).toBe(0);
    }
  });
});
