import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { THEME_NAMES } from '#shared/theme/theme.ts';
import { HostingCommand } from '../e2e/support/hosted.ts';
import { makeDisk } from '../e2e/support/made-disk.ts';
import { RunningCommand } from '../web/testing/running-command.ts';

const FOLDER = resolve(import.meta.dirname, '../docs/screenshots');

/** The moment shown: a file system has been made and filled, nothing has been deleted yet. */
const MOMENT = /^sync/;

/**
 * `npm run screenshots`: makes the pictures in docs/screenshots: one for each theme, from the built-in recording at the
 * moment when the file system is full, and one of a hosted disk with ext4 and what lies on it. Run it when the window's looks have changed, and look at them.
 */
export async function run(): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'nbdscope-screenshots-'));
  await using command = new RunningCommand(['--browser', '--no-open'], { NBDSCOPE_STATE_DIR: stateDir });
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [...asRoot, '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 2,
      colorScheme: 'dark',
    });
    await page.goto(await command.url());
    await playTo(page, MOMENT);
    for (const theme of THEME_NAMES) {
      const root = page.locator(`html[data-theme="${theme}"]`);
      // The first press leaves the system's choice, which may be this theme already.
      do await page.keyboard.press('KeyT');
      while ((await root.count()) === 0);
      // What fades has faded, and the last counters have come.
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(FOLDER, `${theme}.png`) });
    }
    await explainDisk(browser);
  } finally {
    await browser.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function playTo(page: Page, moment: RegExp): Promise<void> {
  await page.keyboard.press('Period');
  await page.getByTestId('caption').filter({ hasText: moment }).waitFor();
  // Half of the pause that the person at the shell made here: the kernel has written what it had.
  await page.waitForTimeout(600);
  await page.getByRole('region', { name: 'Timeline' }).getByRole('button', { name: 'Pause' }).click();
}

/** A disk with ext4, as copied in by nbdcopy, with its tree open and its journal picked. */
async function explainDisk(browser: Browser): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-screenshots-'));
  const hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M']);
  try {
    const { path } = await makeDisk(folder);
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      deviceScaleFactor: 2,
      colorScheme: 'dark',
    });
    await page.goto(await hosting.windowUrl());
    execFileSync('nbdcopy', ['--flush', path, await hosting.uri()]);
    await page.getByTestId('structures-state').filter({ hasText: 'ext4' }).waitFor();
    await page.getByTestId('host-strip').getByRole('button', { name: 'Close this hint' }).click();
    await page.keyboard.press('Shift+KeyY');
    for (const name of [/^GUID/, /^partition 1/, /^ext4/]) {
      await page.getByRole('treeitem', { name }).click();
      await page.keyboard.press('ArrowRight');
    }
    await page.getByRole('treeitem', { name: /^superblock/ }).waitFor();
    await page.keyboard.type('journal');
    await page.keyboard.press('Enter');
    await page.getByTestId('picked-structure').filter({ hasText: 'journal' }).waitFor();
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(FOLDER, 'structures.png') });
  } finally {
    await hosting.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
