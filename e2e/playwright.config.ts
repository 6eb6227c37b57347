import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { electronTests } from '../scripts/electron-tests.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** As root Chromium has no sandbox to run in; the pages it is shown here are our own. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** Tests against the built app (`npm run build` first). Nothing is tried twice: what fails once is broken. */
export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: resolve(ROOT, 'test-results/e2e'),
  timeout: 90_000,
  expect: { timeout: 15_000 },
  globalTimeout: 18 * 60_000,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: resolve(ROOT, 'test-results/playwright.json') }]],
  use: {
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
  },
  projects: [
    {
      name: 'chromium',
      testMatch: '**/*.e2e.ts',
      testIgnore: 'electron/**',
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
          args: [
            ...asRoot,
            '--disable-background-networking',
            '--use-gl=angle',
            '--use-angle=swiftshader',
            '--enable-unsafe-swiftshader',
          ],
        },
      },
    },
    // Where these cannot run, scripts/test.ts says so.
    ...(electronTests(ROOT).run ? [{ name: 'electron', testMatch: 'electron/**/*.e2e.ts' }] : []),
  ],
});
