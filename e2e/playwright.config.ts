import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';
import { electronTests } from '../scripts/electron-tests.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** As root Chromium has no sandbox to run in; the pages it is shown here are our own. */
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

const CHROMIUM = {
  browserName: 'chromium' as const,
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
};

/** Runs when nothing else does. */
const ALONE = 'live/raid-story.e2e.ts';

/**
 * Tests against the built app (`npm run build` first). A browser and real clients on a small, busy machine can trip a test that
 * promises something true: it is tried a second time, and `npm test` lists it with what went wrong, for that is to be mended.
 */
export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: resolve(ROOT, 'test-results/e2e'),
  // Limits are there to end what hangs, never to measure: a busy machine may take its time.
  timeout: 180_000,
  expect: { timeout: 45_000, toPass: { timeout: 45_000 } },
  globalTimeout: 28 * 60_000,
  workers: 2,
  retries: 1,
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: resolve(ROOT, 'test-results/playwright.json') }]],
  use: {
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    actionTimeout: 45_000,
    navigationTimeout: 60_000,
  },
  projects: [
    {
      name: 'chromium',
      testMatch: '**/*.e2e.ts',
      testIgnore: ['electron/**', 'stories/**', ALONE],
      use: CHROMIUM,
    },
    // It keeps to a clock of its own, which two windows at once on two cores do not leave time for.
    { name: 'chromium, alone', testMatch: ALONE, dependencies: ['chromium'], use: CHROMIUM },
    // They boot a machine: `npm run stories` runs them, `npm test` does not.
    ...(process.env['NBDSCOPE_STORIES'] === '1'
      ? [{ name: 'stories', testMatch: 'stories/**/*.e2e.ts', use: CHROMIUM }]
      : []),
    // Where these cannot run, scripts/test.ts says so.
    ...(electronTests(ROOT).run ? [{ name: 'electron', testMatch: 'electron/**/*.e2e.ts' }] : []),
  ],
});
