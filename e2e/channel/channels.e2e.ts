import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { build } from 'vite';
import { CHANNEL_CASES, serveSuitePeer } from '#shared/channel/channel-suite.ts';
import { WebHost } from '../../web/web-host.ts';

/** The channel suite in Chromium: over a MessageChannel with a worker, and over the real web host's WebSocket. */

let folder: string;
let host: WebHost;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-channels-'));
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    worker: { format: 'es' },
    build: { outDir: folder, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  // Each page connects twice: the channel under test, then a witness that is closed when that one's far end has closed.
  let farClosed: Promise<void> | null = null;
  host = await WebHost.listen({
    port: 0,
    rendererDir: folder,
    attach: (channel) => {
      if (farClosed === null) {
        farClosed = new Promise((resolve) => {
          serveSuitePeer(channel, resolve);
        });
      } else {
        void farClosed.then(() => channel.close());
        farClosed = null;
      }
    },
  });
});

test.afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

for (const kind of ['port', 'socket']) {
  CHANNEL_CASES.forEach(({ promise }, index) => {
    test(`over a ${kind} in Chromium: ${promise}`, async ({ page }) => {
      await page.goto(host.mintUrl());
      await page.goto(`${host.origin}/index.html#${kind}/${index}`);
      await expect(page).toHaveTitle(/held|broken/, { timeout: 60_000 });
      expect(await page.title()).toBe('held');
    });
  });
}
