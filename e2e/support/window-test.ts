import { test as base } from '@playwright/test';
import { type RunningApp, recording, startApp } from './app.ts';

/** Playwright's `test`, with the built product running on `logs` and its window open in `page`. */
export const test = base.extend<{ readonly logs: readonly string[]; readonly app: RunningApp }>({
  logs: [[recording('ext4-blog-64M/log')], { option: true }],
  app: [
    async ({ logs, page }, use) => {
      const app = await startApp(logs);
      await page.goto(app.url);
      await use(app);
      await app.stop();
    },
    { auto: true },
  ],
});
