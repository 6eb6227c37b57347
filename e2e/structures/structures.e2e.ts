import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test as base, expect, type Page } from '@playwright/test';
import { PNG } from 'pngjs';
import { THEMES } from '../../shared/theme/palettes.ts';
import { STRUCTURE_COLORS } from '../../shared/theme/structures.ts';
import { recording, startApp, temporaryFolder } from '../support/app.ts';
import { HostingCommand } from '../support/hosted.ts';
import { type MadeDisk, makeDisk } from '../support/made-disk.ts';
import { pickItem } from '../support/menus.ts';
import { gridFacts, near, type Rgb, rgbOf } from '../support/picture.ts';
import { expectNothingSerious, parts, watchForErrors } from '../support/window.ts';

const run = promisify(execFile);

/** A disk hosted in memory that an image with ext4 on a GPT was copied to by nbdcopy, and the window on it. */
const test = base.extend<{ readonly disk: MadeDisk; readonly hosting: HostingCommand }>({
  disk: async ({ baseURL: _ }, use) => {
    const folder = temporaryFolder();
    await use(await makeDisk(folder));
    rmSync(folder, { recursive: true, force: true });
  },
  hosting: async ({ page, disk }, use) => {
    const hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M']);
    await page.goto(await hosting.windowUrl());
    await run('nbdcopy', ['--flush', disk.path, await hosting.uri()]);
    await expect(page.getByTestId('structures-state')).toContainText('ext4 on partition 1');
    await use(hosting);
    await hosting.stop();
  },
});

test.use({ colorScheme: 'dark' });

async function goToBlock(page: Page, block: number): Promise<void> {
  await page.keyboard.press('KeyG');
  await parts.dialog(page).getByRole('textbox').fill(String(block));
  await page.keyboard.press('Enter');
  await expect(parts.dialog(page)).toBeHidden();
}

async function expectBelongsTo(page: Page, block: number, words: string | RegExp): Promise<void> {
  await goToBlock(page, block);
  const told = page.getByTestId('block-structures');
  await expect(told).toHaveAttribute('data-block', String(block));
  await expect(told).toContainText(words);
}

/** Px of the page left of a block's cell, where the line between it and the block before lies, and in its middle. */
async function pixels(page: Page, block: number): Promise<{ readonly line: Rgb; readonly middle: Rgb }> {
  const facts = await gridFacts(page);
  const png = PNG.sync.read(await page.screenshot());
  const { canvasX, canvasY, xPx, yPx, originXPx, originYPx, cellPx, rowCells } = facts;
  const left = canvasX + xPx - originXPx + (block % rowCells) * cellPx;
  const top = canvasY + yPx - originYPx + Math.floor(block / rowCells) * cellPx;
  const at = (x: number, y: number): Rgb => {
    const place = (Math.round(y) * png.width + Math.round(x)) * 4;
    return [png.data[place] ?? 0, png.data[place + 1] ?? 0, png.data[place + 2] ?? 0];
  };
  const half = Math.floor(cellPx / 2);
  return { line: at(left - 1, top + half), middle: at(left + half, top + half) };
}

test('outlines, names and the tree tell what lies on a hosted disk', async ({ page, disk, hosting }) => {
  const errors = watchForErrors(page);
  const overlay = page.getByTestId('structures-overlay');
  await expect(overlay).toHaveAttribute('data-families', /inodes.*journal.*files/);
  await expect(overlay).toHaveAttribute('data-labels', /journal/);
  const legend = page.getByTestId('structure-legend');
  await expect(legend.locator('[data-family="journal"]')).toBeVisible();
  await expect(legend.locator('[data-family="swap"]')).toHaveCount(0);

  // What is told of a block is what debugfs says.
  const [firstOfFile = -1] = disk.hello;
  const [firstOfJournal = -1] = disk.journal;
  await expectBelongsTo(page, firstOfFile + 1, '/docs/hello.txt, bytes 4,096 to 8,191 · ext4 on partition 1');
  await expectBelongsTo(page, firstOfJournal, /journal.* · ext4 on partition 1/);

  // Its outline lies in the line before it, until it is turned off.
  await page.keyboard.press('Equal');
  await page.keyboard.press('Equal');
  await expect.poll(async () => (await gridFacts(page)).cellPx).toBeGreaterThanOrEqual(6);
  await page.keyboard.press('Escape');
  const ink = rgbOf(STRUCTURE_COLORS.dark.journal);
  const ground = rgbOf(THEMES.dark.grid.ground);
  await expect.poll(async () => near((await pixels(page, firstOfJournal)).line, ink, 24)).toBe(true);
  const tinted = (await pixels(page, firstOfJournal)).middle;
  await page.keyboard.press('KeyZ');
  await expect.poll(async () => near((await pixels(page, firstOfJournal)).line, ground)).toBe(true);
  expect(near((await pixels(page, firstOfJournal)).middle, tinted, 1)).toBe(false);
  await expect(legend).toBeHidden();
  await page.keyboard.press('KeyZ');
  await page.keyboard.press('KeyF');

  // The tree, by keys alone.
  await page.keyboard.press('Shift+KeyY');
  const tree = page.getByRole('tree', { name: 'What lies on the disks' });
  await expect(tree).toBeFocused();
  const walk = async (letters: string, name: RegExp): Promise<void> => {
    await expect(page.getByRole('treeitem', { name })).toBeVisible();
    await page.keyboard.type(letters);
    const item = page.getByRole('treeitem', { name });
    const id = await item.getAttribute('id');
    await expect(tree).toHaveAttribute('aria-activedescendant', id ?? 'none');
  };
  await walk('guid', /^GUID partition table/);
  await page.keyboard.press('ArrowRight');
  await walk('partition', /^partition 1/);
  await page.keyboard.press('ArrowRight');
  await walk('ext', /^ext4/);
  await page.keyboard.press('ArrowRight');
  await walk('journal', /^journal/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('treeitem', { name: /^journal/ })).toHaveAttribute('aria-selected', 'true');
  const picked = page.getByTestId('picked-structure');
  await expect(picked).toContainText(/4 MiB( in \d+ pieces)?; [1-9]\d* requests?\./);
  await expect(page.locator('canvas[data-picked]')).toHaveAttribute('data-picked', /^[1-9]/);
  const within = disk.journal[40] ?? -1;
  const lit = (await pixels(page, within)).middle;
  await page.keyboard.press('Escape');
  await expect(parts.grid(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(picked).toBeHidden();
  await expect.poll(async () => near((await pixels(page, within)).middle, lit)).toBe(false);

  // From a block of the file to the file, and on to the directory that it is in.
  await goToBlock(page, firstOfFile);
  await page.keyboard.press('Alt+KeyP');
  await expect(picked.getByRole('heading')).toHaveText('/docs/hello.txt');
  await expect(page.getByRole('treeitem', { name: /^hello\.txt/ })).toHaveAttribute('aria-selected', 'true');
  await tree.focus();
  await page.keyboard.press('Shift+KeyY');
  await expect(tree).toBeHidden();
  expect(hosting.said.join('\n')).not.toContain('Error');
  expect(errors).toEqual([]);
});

test('the past is told as it was known then, and a span in sentences that lead to it', async ({
  page,
  disk,
  hosting,
}) => {
  const [firstOfFile = -1] = disk.hello;
  const [firstOfJournal = -1] = disk.journal;
  await expectBelongsTo(page, firstOfFile, '/docs/hello.txt');
  // What each request touched stands beside it.
  await hosting.qemuIo(`write -P 9 ${firstOfJournal * 4096} 4096`);
  const latest = page.getByRole('region', { name: 'Latest requests' });
  await expect(latest.getByTestId('request-name').filter({ hasText: 'journal' }).first()).toBeVisible();

  await page.keyboard.press('Alt+KeyW');
  const account = page.getByTestId('account');
  const sentence = account.getByRole('button', { name: /journal/i }).first();
  await expect(sentence).toBeVisible();

  const before = Number(await parts.picture(page).getAttribute('data-sequence'));

  // It leads to its first request, and lights up what that touched.
  await sentence.click();
  await expect(page.getByTestId('picked-structure')).toContainText('journal');
  await page.keyboard.press('KeyL');
  const status = page.locator('.status-words');
  await expect(status).toHaveText('Hosting');

  // The partition table goes: nothing is known any more of what lay behind it.
  const { code, printed } = await hosting.qemuIo('write -z 0 1M', 'write -z 63M 1M');
  expect(code, printed).toBe(0);
  await expect(page.getByTestId('structures-state')).not.toContainText('ext4');
  const told = page.getByTestId('block-structures');
  await expect(told).not.toContainText('hello.txt');
  // Back to when it was there, request by request.
  for (;;) {
    const at = (await parts.picture(page).getAttribute('data-sequence')) ?? '';
    if (Number(at) <= before) break;
    await page.keyboard.press('Shift+Comma');
    await expect(parts.picture(page)).not.toHaveAttribute('data-sequence', at);
  }
  await expect(told).toContainText('/docs/hello.txt');
  await page.keyboard.press('KeyL');
  await expect(told).not.toContainText('hello.txt');
});

test('a recording is explained by an image of its disk, and axe finds nothing serious', async ({
  page,
  disk,
}) => {
  const errors = watchForErrors(page);
  const app = await startApp([recording('ext4-blog-64M/log')]);
  await page.goto(app.url);
  const state = page.getByTestId('structures-state');
  await expect(state).toHaveAttribute('data-state', 'nowhere');

  // A refusal stands where it was asked.
  await page.keyboard.press('Alt+KeyI');
  const dialog = parts.dialog(page);
  const field = dialog.getByRole('textbox');
  await field.fill(join(app.folder, 'nowhere.img'));
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status').first()).toContainText('nowhere.img');
  await expectNothingSerious(page, 'the dialog of the image');
  await field.fill(disk.path);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(state).toContainText('ext4 on partition 1');

  await page.keyboard.press('Shift+KeyY');
  await page.getByRole('treeitem', { name: /^GUID partition table/ }).click();
  await expect(page.getByTestId('picked-structure')).toBeVisible();
  for (const name of ['dark', 'light', 'projector', 'classic'] as const) {
    await page.getByRole('button', { name: 'Theme' }).click();
    await pickItem(page, THEMES[name].label, 'menuitemradio');
    await expect(page.locator('html')).toHaveAttribute('data-theme', name);
    await expect(page.getByRole('button', { name: 'Theme' })).toBeFocused();
    await expectNothingSerious(page, `${name}, the tree`);
  }

  // Nothing is read that nobody wants to know.
  await page.getByRole('button', { name: 'Stop reading' }).click();
  await expect(state).toHaveAttribute('data-state', 'off');
  await expect(page.getByTestId('structures-overlay')).toHaveAttribute('data-families', '');
  expect(errors).toEqual([]);
  await app.stop();
});
