import { expect, type Page, test } from '@playwright/test';
import { ImageServer } from '../../engine/nbd/curl/testing/image-server.ts';
import { Pki } from '../../engine/nbd/testing/pki.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { FAST, uriOf } from '../support/host-card.ts';
import { qemuIo } from '../support/hosted.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { parts } from '../support/window.ts';

/** An image with the sevens that are looked for in its second MiB. */
const IMAGE = Buffer.alloc(2 << 20, 1).fill(7, 1 << 20);

const start = (page: Page) => page.getByRole('button', { name: 'Start' });
const address = (page: Page) => page.getByRole('textbox', { name: 'Address' });

test.describe('an image on a web server', () => {
  let app: RunningApp;
  let server: ImageServer;
  let pki: Pki;

  test.beforeEach(async ({ page }) => {
    pki = new Pki();
    app = await startApp([]);
    await page.goto(app.url);
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('KeyN');
    await page.getByLabel('Kind of disk').selectOption('curl');
    for (const [label, value] of Object.entries(FAST)) await page.getByLabel(label).fill(value);
  });

  test.afterEach(async () => {
    await app.stop();
    await server.close();
    pki.remove();
  });

  test('is hosted with a header, a cookie and a login, read piece by piece', async ({ page }) => {
    server = await ImageServer.start(IMAGE);
    await address(page).fill(server.url('/gone.img'));
    server.answer = ({ url }, reply) => {
      if (url !== '/gone.img') return false;
      reply.writeHead(404).end();
      return true;
    };
    await start(page).click();
    await expect(address(page)).toHaveAccessibleDescription(/404/);
    await expect(address(page)).toHaveAttribute('aria-invalid', 'true');

    await address(page).fill(server.url());
    await page.getByLabel('Header').fill('X-Class: storage');
    await expect(page.getByLabel('Cookie')).toHaveAttribute('type', 'password');
    await page.getByLabel('Cookie').fill('session=secret');
    await page.getByLabel('User').fill('alice');
    await page.getByLabel('Password').fill('open sesame');
    await expect(page.getByLabel('Read-only')).toBeChecked();
    await start(page).click();
    await expect(page.getByTestId('host-words')).toContainText(server.url());
    await expect(page.getByTestId('disk-card')).not.toContainText('secret');
    await expect(page.getByTestId('disk-card')).not.toContainText('sesame');
    const reader = new NbdshClient(await uriOf(page), 'assert h.pread(512, 1 << 20) == b"\\x07" * 512');
    expect(await reader.ended).toBe(0);
    expect(server.asked.at(-1)?.headers).toMatchObject({
      'x-class': 'storage',
      cookie: 'session=secret',
      authorization: `Basic ${Buffer.from('alice:open sesame').toString('base64')}`,
      range: expect.stringMatching(/^bytes=/),
    });
  });

  test('with a certificate that nobody vouches for is refused, unless any is accepted', async ({ page }) => {
    server = await ImageServer.start(IMAGE, pki.server);
    await address(page).fill(server.url());
    await start(page).click();
    await expect(address(page)).toHaveAccessibleDescription(/certificate/);
    await page.getByLabel('Accept any certificate').check();
    await page.getByLabel('Explore safely').check();
    await start(page).click();
    await expect(page.getByTestId('host-words')).toContainText(server.url());
    const { code, printed } = await qemuIo(await uriOf(page), 'read -P 1 0 64k', 'write -P 9 0 64k');
    expect(code, printed).toBe(0);
    await expect(page.getByTestId('host-written')).toContainText('not committed');
  });

  test('that does not answer keeps nobody waiting: another disk is hosted meanwhile', async ({ page }) => {
    server = await ImageServer.start(IMAGE);
    server.answer = () => true;
    await address(page).fill(server.url());
    await start(page).click();
    await expect(parts.dialog(page)).toContainText('Starting; it goes on when this is closed');
    await expect(start(page)).toBeDisabled();
    await page.keyboard.press('Escape');
    await page.keyboard.press('KeyN');
    await page.getByLabel('Kind of disk').selectOption('memory');
    await start(page).click();
    await expect(page.getByTestId('host-words')).toContainText('in memory');
    await server.close();
    await expect(page.getByText(/^http:.*disk\.img: /), 'a notice, as the dialog is closed').toBeVisible();
  });
});
