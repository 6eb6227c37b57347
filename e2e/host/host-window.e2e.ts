import { createServer } from 'node:net';
import { expect, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { card, hostByDialog, uriOf } from '../support/host-card.ts';
import { pickItem } from '../support/menus.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { expectNothingSerious, legendCount, parts, watchForErrors } from '../support/window.ts';

const STAY = 'import sys\nh.pwrite(b"x" * 4096, 0)\nsys.stdin.read()';
/** Asks again and again, until the connection is gone. */
const KEEP_ASKING = 'import time\nwhile True:\n  h.pread(512, 0)\n  time.sleep(0.05)';

test.describe('a disk hosted from the window', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(() => app.stop());

  test('is tried out: counts rise, progress is shown, and it can be stopped', async ({ page }) => {
    const errors = watchForErrors(page);
    await hostByDialog(page, { 'Export name': 'class', 'Write delay, ms': '5' });
    await expect(page.getByText('Nobody has used this disk yet')).toBeVisible();
    expect(await legendCount(page, 'write')).toBe(0);
    await card(page).getByRole('button', { name: 'Try it' }).click();
    const before = await parts.grid(page).boundingBox();
    await pickItem(page, /Write at random/);
    await expect.poll(() => legendCount(page, 'write')).toBeGreaterThan(20);
    expect(await parts.grid(page).boundingBox(), 'the picture stays where it is').toEqual(before);
    await expect(card(page).getByRole('progressbar')).toBeVisible();
    await expect(card(page).getByTestId('client')).toContainText('Try it, this window');
    await card(page).getByRole('button', { name: 'Stop: Write at random' }).click();
    await expect(card(page).getByRole('progressbar')).toBeHidden();
    await expect(card(page).getByTestId('client-count')).toHaveText('0');
    expect(errors).toEqual([]);
  });

  test('changes while a client is connected: a delay, a failing write, read-only', async ({ page }) => {
    await hostByDialog(page, { 'Read delay, ms': '0', 'Write delay, ms': '0' });
    const client = new NbdshClient(
      await uriOf(page),
      'import time\nwhile True:\n  try:\n    h.pwrite(b"x" * 4096, 0)\n  except nbd.Error:\n    pass\n  time.sleep(0.02)',
    );
    await expect.poll(() => legendCount(page, 'write')).toBeGreaterThan(5);
    const delay = page.getByLabel('Write delay');
    await delay.fill('120');
    await expect(delay).toHaveAttribute('data-in-force', '120');
    await expect(page.getByRole('region', { name: 'Latency' })).toContainText(/\d{3} ms/);
    await delay.press('ArrowDown');
    await expect(delay).toHaveAttribute('data-in-force', '110');
    await delay.fill('0');
    await page.getByLabel('Error sent').selectOption('ENOSPC');
    await page.getByLabel('Errors').fill('100');
    await expect.poll(() => legendCount(page, 'error')).toBeGreaterThan(3);
    await expect(page.getByText('ENOSPC').last()).toBeVisible();
    await page.getByLabel('Read-only').click();
    await expect(page.getByLabel('Read-only')).toBeChecked();
    await card(page).getByRole('button', { name: 'Try it' }).click();
    await expect(page.getByRole('menuitem', { name: /Write in order/ })).toHaveAttribute('data-disabled', '');
    await expect(page.getByText('The disk is read-only', { exact: false })).toBeVisible();
    await expect(page.getByRole('menuitem', { name: /Read in order/ })).not.toHaveAttribute(
      'data-disabled',
      '',
    );
    await client.stop();
  });

  test('hangs up on one client, and asks before it leaves another without its disk', async ({ page }) => {
    await hostByDialog(page);
    const uri = await uriOf(page);
    const first = new NbdshClient(uri, KEEP_ASKING);
    await expect(card(page).getByTestId('client')).toHaveCount(1);
    await page.getByRole('button', { name: /^Disconnect client/ }).click();
    expect(await first.ended, 'the client meets the end of its connection').not.toBe(0);
    await expect(card(page).getByTestId('client')).toHaveCount(0);

    const second = new NbdshClient(uri, STAY);
    await expect(page.locator('.badge', { hasText: 'hosting · 1 client' })).toBeVisible();
    await card(page).getByRole('button', { name: 'Stop', exact: true }).click();
    await expect(parts.dialog(page)).toContainText('1 client uses it now');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await expect(card(page).getByTestId('client')).toHaveCount(1);
    await page.getByRole('button', { name: /^Close memory/ }).click();
    await expect(parts.dialog(page)).toContainText('in memory only and is lost');
    await page.getByRole('button', { name: 'Stop and lose it' }).click();
    await expect(card(page)).toBeHidden();
    await expect(page.getByTestId('empty')).toBeVisible();
    await second.stop();
  });

  test('shows each client live: what it negotiated, what it waits for, and that it was sent away', async ({
    page,
  }) => {
    await hostByDialog(page, { 'Read delay, ms': '60000', 'Write delay, ms': '0' });
    const uri = await uriOf(page);
    const clients = card(page).getByTestId('client');
    const plain = new NbdshClient(uri, STAY);
    await expect(clients).toHaveCount(1);
    await expect(clients.nth(0)).toContainText('structured replies, no zeroes, fixed newstyle');
    await expect(clients.nth(0)).toContainText('0 in flight');
    const waiting = new NbdshClient(
      uri,
      'import sys\nfor i in range(3):\n  h.aio_pread(nbd.Buffer(512), 512 * i)\nsys.stdin.read()',
    );
    await expect(clients).toHaveCount(2);
    await expect(clients.nth(1)).toContainText('3 in flight');
    await expect(clients.nth(0)).toContainText('0 in flight');
    await clients.nth(1).getByRole('button', { name: 'Disconnect client 2' }).click();
    await expect(clients).toHaveCount(1);
    await expect(clients.nth(0)).toContainText('structured replies');
    await expect(page.getByTestId('legend-inFlight').locator('[data-count]')).toHaveAttribute(
      'data-count',
      '0',
    );
    await waiting.stop();
    await plain.stop();
    await expect(clients).toHaveCount(0);
  });

  test('says when memory is full, to the client and in the window, and until something is given back', async ({
    page,
  }) => {
    await hostByDialog(page, { Size: '4G', 'Write delay, ms': '0' });
    const full = card(page).getByText('Full: what needs more memory gets ENOSPC', { exact: false });
    await expect(full).toBeHidden();
    const errno = 'import sys, errno\nsys.exit(0 if e.errno == "ENOSPC" else 1)';
    // Zeroes that must not be holes take what they promise, and nothing else.
    const filling = new NbdshClient(
      await uriOf(page),
      `try:\n  for i in range(3):\n    h.zero(1 << 30, i << 30, nbd.CMD_FLAG_NO_HOLE)\nexcept nbd.Error as e:\n  ${errno.replaceAll('\n', '\n  ')}`,
    );
    expect(await filling.ended, 'the client was told ENOSPC').toBe(0);
    await expect(full).toBeVisible();
    await expect(page.getByText('A client of memory got ENOSPC', { exact: false })).toBeVisible();
    await expect(page.getByTestId('host-memory')).toHaveText('2 GiB of 2 GiB');
    const trimming = new NbdshClient(await uriOf(page), 'h.trim(1 << 30, 0)');
    expect(await trimming.ended).toBe(0);
    await expect(full).toBeHidden();
    await expect(page.getByTestId('host-memory')).toHaveText('1 GiB of 2 GiB');
  });

  test('says at a live field what is wrong with it, and leaves the keys to the window after a checkbox', async ({
    page,
  }) => {
    await hostByDialog(page);
    const delay = page.getByLabel('Write delay');
    await delay.fill('abc');
    await expect(delay).toHaveAccessibleDescription('"abc": use whole ms, from 0 to 60000');
    await expect(card(page).getByText('"abc": use whole ms')).toBeVisible();
    await delay.press('Escape');
    await expect(delay).toHaveValue('40');
    await expect(card(page).getByText('"abc": use whole ms')).toBeHidden();
    await page.getByLabel('Read-only').press('Space');
    await expect(page.getByLabel('Read-only')).toBeChecked();
    await page.getByLabel('Read-only').press('KeyN');
    await expect(parts.dialog(page)).toContainText('Host a disk');
    // One group: the arrow keys choose.
    await page.getByLabel('a Unix socket that only you can open').press('ArrowDown');
    await expect(page.getByLabel('TCP on 127.0.0.1, port')).toBeChecked();
  });

  test('stops without a word when nobody is connected', async ({ page }) => {
    await hostByDialog(page);
    await page.keyboard.press('KeyQ');
    await expect(card(page)).toBeHidden();
    await expect(page.getByTestId('empty').getByRole('button', { name: 'Host a disk…' })).toBeVisible();
  });

  test('says at the field what was refused', async ({ page }) => {
    const taken = createServer();
    const port = await new Promise<number>((done) =>
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('KeyN');
    await page.getByLabel('Size').fill('64Q');
    await expect(page.getByText('unknown size suffix "Q"', { exact: false })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
    await page.getByLabel('Size').fill('1M');
    await page.getByLabel('TCP on 127.0.0.1, port').check();
    const field = page.getByLabel('Port', { exact: true });
    await field.fill(String(port));
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await field.fill('');
    await page.getByRole('button', { name: 'Start' }).click();
    await expect(page.getByTestId('host-uri')).toHaveText(/^nbd:\/\/127\.0\.0\.1:\d+/);
    taken.close();
  });

  for (const scheme of ['dark', 'light'] as const) {
    test(`axe finds nothing serious in the dialog and the card, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await expect(parts.grid(page)).toBeVisible();
      await page.keyboard.press('KeyN');
      await expect(parts.dialog(page)).toBeVisible();
      await expectNothingSerious(page, 'the dialog');
      await page.getByRole('button', { name: 'Start' }).click();
      await expect(card(page)).toBeVisible();
      const client = new NbdshClient(await uriOf(page), STAY);
      await page.keyboard.press('Shift+Digit4');
      await expect(card(page).getByTestId('client')).toHaveCount(2);
      await expectNothingSerious(page, 'the card');
      await card(page).getByRole('button', { name: 'Stop', exact: true }).click();
      await expect(parts.dialog(page)).toBeVisible();
      await expectNothingSerious(page, 'the question');
      await client.stop();
    });
  }
});
