import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ElectronApplication, _electron as electron, expect, test } from '@playwright/test';
import { encodeLaunchRequest, LAUNCH_VARIABLE } from '#engine/cli/launch-request.ts';

/** The desktop shell, wherever Electron's runtime is installed (as root it would have no sandbox, so it is not run). */

const ROOT = resolve(import.meta.dirname, '../..');

let app: ElectronApplication;
let state: string;

test.beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'nbdscope-shell-'));
  app = await electron.launch({
    args: [ROOT],
    env: {
      PATH: process.env['PATH'] ?? '',
      DISPLAY: process.env['DISPLAY'] ?? '',
      HOME: state,
      NBDSCOPE_STATE_DIR: state,
      [LAUNCH_VARIABLE]: encodeLaunchRequest({
        logs: [],
        captions: null,
        compare: null,
        stdin: false,
        sizeBytes: null,
        set: null,
        images: [],
        record: null,
      }),
    },
  });
});

test.afterEach(async () => {
  await app.close();
  rmSync(state, { recursive: true, force: true });
});

test('opens the window on app:// and connects it to the engine', async () => {
  const page = await app.firstWindow();
  await expect(page).toHaveURL('app://nbdscope/');
  await expect(page.locator('#root')).not.toBeEmpty();
  expect(await page.evaluate(() => typeof Reflect.get(globalThis, 'require'))).toBe('undefined');
});

test('goes nowhere else and opens no further window', async () => {
  const page = await app.firstWindow();
  await page.evaluate(() => {
    location.href = 'https://example.org/';
  });
  await page.evaluate(() => window.open('https://example.org/'));
  await page.waitForTimeout(500);
  expect(page.url()).toBe('app://nbdscope/');
  expect(app.windows()).toHaveLength(1);
});

test('denies every permission', async () => {
  const page = await app.firstWindow();
  const state = await page.evaluate(() =>
    navigator.permissions.query({ name: 'geolocation' }).then((p) => p.state),
  );
  expect(state).toBe('denied');
});
