import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { THEMES } from '../../shared/theme/palettes.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { card, FAST, hostApart, hostByDialog, uriOf } from '../support/host-card.ts';
import { qemuIo } from '../support/hosted.ts';
import { pickItem } from '../support/menus.ts';
import { Nbdkit } from '../support/nbdkit.ts';
import { expectNothingSerious, parts, watchForErrors } from '../support/window.ts';

const SIZE = 1 << 20;
/** One block of 64 KiB, and what keeps its place. */
const HELD = /^6\d(\.\d)? KiB$/;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fileSha = (path: string): string => sha256(readFileSync(path));

/** A megabyte with those bytes at those places. */
function disk(...runs: readonly (readonly [byte: number, at: number, length: number])[]): Buffer {
  const bytes = Buffer.alloc(SIZE);
  for (const [byte, at, length] of runs) bytes.fill(byte, at, at + length);
  return bytes;
}

async function io(page: Page, ...commands: readonly string[]): Promise<void> {
  const { code, printed } = await qemuIo(await uriOf(page), ...commands);
  expect(code, printed).toBe(0);
  expect(printed).not.toContain('Pattern verification failed');
}

const stop = (page: Page) => card(page).getByRole('button', { name: 'Stop', exact: true });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

test.describe('what was written to a hosted disk', () => {
  let app: RunningApp;
  let nbdkit: Nbdkit | null = null;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
  });

  test.afterEach(async () => {
    await app.stop();
    await nbdkit?.stop();
    nbdkit = null;
  });

  test('is not lost with a disk in memory: it is asked about, kept, and saved', async ({ page }) => {
    const errors = watchForErrors(page);
    await hostByDialog(page, { Size: '1M', ...FAST });
    await expect(page.getByTestId('host-written')).toBeHidden();
    await io(page, 'write -P 7 4096 8192', `write -P 9 ${SIZE - 4096} 4k`);
    await expect(page.getByTestId('host-written')).toContainText('not saved');

    await stop(page).click();
    await expect(parts.dialog(page)).toContainText('in memory only and is lost, unless it is saved');
    await press(page, 'Keep it');
    await expect(card(page)).toBeVisible();
    await page.getByRole('button', { name: /^Close memory/ }).click();
    await expect(parts.dialog(page)).toContainText('Stop hosting memory?');
    await page.keyboard.press('Escape');
    await io(page, 'read -P 7 4096 8192');

    await stop(page).click();
    await press(page, 'Save as image…');
    const image = join(app.folder, 'kept.img');
    writeFileSync(image, 'precious');
    await page.getByLabel('Path').fill(image);
    await page.keyboard.press('Enter');
    await expect(page.getByLabel('Path')).toHaveAccessibleDescription(/is there already/);
    expect(readFileSync(image, 'utf8')).toBe('precious');
    await press(page, 'Replace what is there');
    await expect(card(page), 'stopped, since all of it is saved').toBeHidden();
    await expect(page.getByTestId('empty')).toBeVisible();
    expect(fileSha(image)).toBe(sha256(disk([7, 4096, 8192], [9, SIZE - 4096, 4096])));
    expect(errors).toEqual([]);
  });

  test('is saved while the disk goes on, with its zeroes left out or not', async ({ page }) => {
    await hostByDialog(page, { Size: '1M', ...FAST });
    await io(page, 'write -P 5 65536 65536');
    for (const sparse of [true, false]) {
      const image = join(app.folder, `sparse-${sparse}.img`);
      await press(page, 'Save as image…');
      await page.getByLabel('Path').fill(image);
      await page.getByLabel('Leave zeroes out').setChecked(sparse);
      await press(page, 'Save');
      await expect(parts.dialog(page)).toBeHidden();
      await expect(page.getByText(`Saved memory as ${image}`, { exact: false })).toBeVisible();
      await expect(page.getByTestId('host-written'), 'nothing that is not saved').toBeHidden();
      expect(fileSha(image)).toBe(sha256(disk([5, 65_536, 65_536])));
      const allocated = statSync(image).blocks * 512;
      if (sparse) expect(allocated).toBeLessThan(SIZE / 2);
      else expect(allocated).toBeGreaterThanOrEqual(SIZE);
    }
    await stop(page).click();
    await expect(card(page), 'nothing is lost, so nothing is asked').toBeHidden();
  });

  test('is kept apart from an image, until it is discarded or committed', async ({ page }) => {
    const image = join(app.folder, 'precious.img');
    writeFileSync(image, disk([1, 0, SIZE]));
    const before = fileSha(image);
    await hostApart(page, 'file', { Path: image, ...FAST });
    await expect(page.getByTestId('host-words')).toContainText(`in the file ${image}`);
    await expect(page.getByTestId('overlay-used')).toHaveText('0 B');

    await io(page, 'write -P 7 0 65536', 'read -P 7 0 65536');
    await expect(page.getByTestId('overlay-used')).toHaveText(HELD);
    expect(fileSha(image)).toBe(before);
    await stop(page).click();
    await expect(parts.dialog(page)).toContainText('kept apart, not committed');
    await press(page, 'Keep it');
    await press(page, 'Discard…');
    await expect(parts.dialog(page)).toContainText('All of them are lost');
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await expect(page.getByTestId('overlay-used')).toHaveText('0 B');
    await io(page, 'read -P 1 0 65536');
    expect(fileSha(image)).toBe(before);

    await io(page, 'write -P 8 4096 65536');
    await press(page, 'Commit…');
    await expect(parts.dialog(page)).toContainText(image);
    await press(page, 'Keep them apart');
    expect(fileSha(image)).toBe(before);
    await press(page, 'Commit…');
    await press(page, 'Commit');
    await expect(page.getByText(/^Committed .* to 1 MiB in the file/)).toBeVisible();
    await expect(page.getByTestId('overlay-used')).toHaveText('0 B');
    expect(fileSha(image)).toBe(sha256(disk([1, 0, SIZE], [8, 4096, 65_536])));
    await stop(page).click();
    await expect(card(page)).toBeHidden();
  });

  test('is copied over another disk, once that is chosen and can hold it', async ({ page }) => {
    await hostByDialog(page, { Size: '512K', 'Export name': 'small', ...FAST });
    await hostByDialog(page, { Size: '2M', 'Export name': 'large', ...FAST });
    const large = await uriOf(page);
    await hostByDialog(page, { Size: '1M', 'Export name': 'first', ...FAST });
    await io(page, 'write -P 3 0 131072');
    await press(page, 'Copy to a disk…');
    await expect(page.getByRole('radio', { name: /^small/ })).toBeDisabled();
    await expect(page.getByRole('button', { name: 'Copy', exact: true })).toBeDisabled();
    await page.getByRole('radio', { name: /^large/ }).check();
    await press(page, 'Overwrite large');
    await expect(parts.dialog(page)).toBeHidden();
    await expect(page.getByText(/^Copied first to large/)).toBeVisible();
    const { code, printed } = await qemuIo(large, 'read -P 3 0 131072', 'read -P 0 131072 131072');
    expect(code, printed).toBe(0);
    expect(printed).not.toContain('Pattern verification failed');
  });

  test('a save that takes long shows how far it is, and can be broken off with nothing left behind', async ({
    page,
  }) => {
    // Read so slowly that the save is under way whatever the machine does meanwhile.
    nbdkit = new Nbdkit(app.folder, ['delay'], ['rdelay=2']);
    await nbdkit.start();
    expect((await qemuIo(nbdkit.uri, 'write -P 3 0 64M')).code).toBe(0);
    await hostApart(page, 'remote', { Address: nbdkit.uri, ...FAST });
    await io(page, 'write -P 7 0 65536');
    const image = join(app.folder, 'large.img');
    await press(page, 'Save as image…');
    await page.getByLabel('Path').fill(image);
    await press(page, 'Save');
    await expect(card(page).getByRole('progressbar', { name: `Saving as ${image}` })).toBeVisible();
    await stop(page).click();
    await expect(parts.dialog(page)).toContainText('is lost, unless it is committed or saved first');
    await expect(parts.dialog(page)).toContainText(`The save to ${image} is broken off.`);
    await press(page, 'Keep it');
    await press(page, 'Break off the save');
    await expect(page.getByRole('button', { name: 'Save as image…' })).toBeVisible();
    await expect(page.getByTestId('host-written')).toContainText('not committed');
    expect(() => statSync(image)).toThrow('ENOENT');
  });
});

test.describe('the host dialog', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('KeyN');
  });

  test.afterEach(() => app.stop());

  test('says at the path what is wrong with it, and forgets that for another kind', async ({ page }) => {
    await page.getByLabel('Kind of disk').selectOption('file');
    const start = page.getByRole('button', { name: 'Start' });
    await expect(start).toBeDisabled();
    const missing = join(app.folder, 'missing.img');
    await page.getByLabel('Path').fill(missing);
    await start.click();
    await expect(page.getByLabel('Path')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Path')).toHaveAccessibleDescription(new RegExp(missing));
    await page.getByLabel('Kind of disk').selectOption('floppy');
    await expect(page.getByLabel('Directory')).toHaveAttribute('aria-invalid', 'false');
    await page.getByLabel('Directory').fill(app.folder);
    await expect(page.getByLabel('Read-only')).toBeChecked();
    await expect(page.getByLabel('Read-only')).toBeDisabled();
    await start.click();
    await expect(page.getByTestId('host-words')).toContainText('as a FAT disk of');
    await expect(page.getByTestId('host-words')).toContainText('read-only');
  });

  test('asks before the contents of a disk take in a file', async ({ page }) => {
    const file = join(app.folder, 'boot.bin');
    writeFileSync(file, 'nbdscope boot');
    await page.getByLabel('Kind of disk').selectOption('data');
    await page.getByLabel('Contents').fill(`<${file}`);
    await page.getByLabel('Size').fill('64K');
    await press(page, 'Start');
    await expect(parts.dialog(page)).toContainText(`The contents take in the file ${file}`);
    await expect(card(page)).toBeHidden();
    // Other contents are asked about anew.
    await page.getByLabel('Contents').fill(`<${file} 0`);
    await expect(page.getByRole('button', { name: 'Let them read files, and start' })).toBeHidden();
    await press(page, 'Start');
    await press(page, 'Let them read files, and start');
    await expect(card(page)).toBeVisible();
    const { printed } = await qemuIo(await uriOf(page), 'read -v 0 512');
    expect(printed).toContain('nbdscope.boot');
  });

  test('hosts the disk of another server, and tells it from one of its own', async ({ page }) => {
    await page.keyboard.press('Escape');
    await hostByDialog(page, { Size: '1M', 'Export name': 'inner', ...FAST });
    const inner = await uriOf(page);
    await page.keyboard.press('KeyN');
    await page.getByLabel('Kind of disk').selectOption('remote');
    await page.getByRole('textbox', { name: 'Address' }).fill('nbd://127.0.0.1:1/nothing');
    await press(page, 'Start');
    await expect(page.getByRole('textbox', { name: 'Address' })).toHaveAccessibleDescription(/ECONNREFUSED/);
    await page.getByRole('textbox', { name: 'Address' }).fill(inner);
    await page.getByLabel('Export name').fill('outer');
    await press(page, 'Start');
    await expect(page.getByTestId('host-words')).toContainText(`of ${inner}`);
    await io(page, 'write -P 6 0 4096', 'read -P 6 0 4096');
    await expect(page.getByTestId('host-written')).toHaveText('Written to');
    await stop(page).click();
    await expect(page.getByTestId('host-uri')).toHaveText(inner);
  });

  for (const theme of ['dark', 'light', 'projector', 'classic'] as const) {
    test(`has nothing that axe finds serious, for any kind and in its questions, ${theme}`, async ({
      page,
    }) => {
      await page.setViewportSize({ width: 900, height: 600 });
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Theme' }).click();
      await pickItem(page, THEMES[theme].label, 'menuitemradio');
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await parts.grid(page).focus();
      await page.keyboard.press('KeyN');
      for (const kind of await page.getByLabel('Kind of disk').locator('option').all()) {
        await page.getByLabel('Kind of disk').selectOption(await kind.getAttribute('value'));
        await expectNothingSerious(page, `the dialog for ${await kind.textContent()}`);
      }
      await page.getByLabel('Kind of disk').selectOption('data');
      await page.getByLabel('Contents').fill('1 2 3');
      await page.getByLabel('Explore safely').check();
      await page.getByLabel('Size').fill('1M');
      const start = page.getByRole('button', { name: 'Start' });
      await start.scrollIntoViewIfNeeded();
      await expect(start).toBeInViewport({ ratio: 1 });
      await start.click();
      await io(page, 'write -P 6 0 4096');
      await expect(page.getByTestId('overlay-used')).toHaveText(HELD);
      await expectNothingSerious(page, 'the card');
      for (const name of ['Commit…', 'Discard…', 'Save as image…', 'Copy to a disk…', 'Stop']) {
        await press(page, name);
        await expect(parts.dialog(page)).toBeVisible();
        await expectNothingSerious(page, name);
        await page.keyboard.press('Escape');
        await expect(parts.dialog(page)).toBeHidden();
      }
    });
  }
});
