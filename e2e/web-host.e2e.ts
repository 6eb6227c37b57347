import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { RunningCommand } from '../web/testing/running-command.ts';
import { watchForErrors } from './support/window.ts';

/** The built command, its web host and a real browser: getting in, coming back, going away. */

let state: string;

test.beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'nbdscope-state-'));
});

test.afterEach(() => {
  rmSync(state, { recursive: true, force: true });
});

const start = (...args: string[]) =>
  new RunningCommand(['--no-open', ...args], { NBDSCOPE_STATE_DIR: state });

/** Opens the window and waits until its channel to the engine carries frames. */
async function openWindow(page: Page, url: string): Promise<void> {
  const connected = page.waitForEvent('websocket').then((socket) => socket.waitForEvent('framereceived'));
  await page.goto(url);
  await connected;
}

test('the printed link opens the window once, leaves no token in the address, and the policy blocks nothing of ours', async ({
  page,
}) => {
  await using command = start();
  const complaints = watchForErrors(page);
  await openWindow(page, await command.url());
  expect(new URL(page.url()).search).toBe('');
  await expect(page.locator('#root')).not.toBeEmpty();
  expect(complaints).toEqual([]);
});

test('a reload and a second tab get in by the cookie; another browser does not, and is told how', async ({
  page,
  context,
  browser,
}) => {
  await using command = start();
  const url = await command.url();
  await openWindow(page, url);
  const address = page.url();
  await openWindow(page, address);
  await openWindow(await context.newPage(), address);

  const stranger = await browser.newContext();
  const outside = await stranger.newPage();
  for (const tried of [address, url]) {
    const answer = await outside.goto(tried);
    expect(answer?.status()).toBe(403);
    await expect(outside.locator('body')).toContainText('To get in');
  }
  await stranger.close();
});

test('a page of another origin cannot reach the engine, even with the cookie in its browser', async ({
  page,
  context,
}) => {
  await using command = start();
  await openWindow(page, await command.url());
  const { port } = new URL(page.url());
  const elsewhere = await context.newPage();
  // Another port is another origin but the same site, so the browser does send the cookie.
  await elsewhere.route('http://127.0.0.1:9/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>elsewhere</title>' }),
  );
  await elsewhere.goto('http://127.0.0.1:9/');
  const outcome = await elsewhere.evaluate(async (enginePort) => {
    const socket = await new Promise<string>((resolve) => {
      const attempt = new WebSocket(`ws://127.0.0.1:${enginePort}/channel`);
      attempt.addEventListener('open', () => resolve('open'));
      attempt.addEventListener('error', () => resolve('refused'));
    });
    const read = await fetch(`http://127.0.0.1:${enginePort}/`, { credentials: 'include' }).then(
      () => 'read',
      () => 'refused',
    );
    return { socket, read };
  }, port);
  expect(outcome).toEqual({ socket: 'refused', read: 'refused' });
});

test('closing the last window ends the command; a reload does not', async ({ page }) => {
  await using command = start();
  await openWindow(page, await command.url());
  await page.reload();
  await page.waitForTimeout(3_000);
  expect(command.child.exitCode).toBeNull();
  await page.close();
  const ended = await command.ended;
  expect(ended.code).toBe(0);
});
