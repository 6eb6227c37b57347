import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, recording, startApp, temporaryFolder } from '../support/app.ts';
import { pickItem } from '../support/menus.ts';
import { expectCounts, expectNothingSerious, legendCount, parts } from '../support/window.ts';

/** Requests in the first 400 lines of the recording ext4-blog-64M. */
const COPIED = { read: 188, write: 6 } as const;

/** Read requests in the two runs of the recording bad/appended-restart.log. */
const READS = { first: 139, second: 188 } as const;

/** Drops a file that has no path and no handle, as a browser without handles gives it. */
async function drop(page: Page, name: string, contents: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text ?? ''], fileName ?? '', { type: 'text/plain' }));
      return data;
    },
    [name, contents],
  );
  await page.locator('.window').dispatchEvent('dragover', { dataTransfer: transfer });
  await page.locator('.window').dispatchEvent('drop', { dataTransfer: transfer });
}

test.describe('logs in the window', () => {
  let app: RunningApp | null = null;

  test.afterEach(async () => {
    await app?.stop();
    app = null;
  });

  test('one that is dropped is shown as a copy, and followed live once its path is given', async ({
    page,
  }) => {
    const folder = temporaryFolder();
    const path = join(folder, 'mine.log');
    const whole = readFileSync(recording('ext4-blog-64M/log'), 'utf8');
    const lines = whole.split('\n');
    writeFileSync(path, `${lines.slice(0, 400).join('\n')}\n`);
    app = await startApp([], folder);
    await page.goto(app.url);
    await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
    await drop(page, 'mine.log', readFileSync(path, 'utf8'));
    const notice = page.getByTestId('notice').filter({ hasText: 'a copy, not live' });
    await expect(notice).toBeVisible();
    await expect(page.getByRole('region', { name: 'Disk mine.log' })).toBeVisible();
    await expectCounts(page, COPIED);
    await notice.getByLabel(/give its path/).fill(path);
    await notice.getByRole('button', { name: 'Follow' }).click();
    await expect(page.getByRole('banner').getByText('Live', { exact: true })).toBeVisible();
    await expectCounts(page, COPIED);
    appendFileSync(path, `${lines.slice(400).join('\n')}`);
    await expectCounts(page, { read: 316, write: 189, trim: 13, zero: 12 });
  });

  test('one that is dropped with a file handle is followed as it grows and when it starts anew', async ({
    page,
  }) => {
    const lines = readFileSync(recording('ext4-blog-64M/log'), 'utf8').split('\n');
    const [head, tail] = [`${lines.slice(0, 400).join('\n')}\n`, lines.slice(400).join('\n')];
    app = await startApp([]);
    // A drop made by a script has no handle of its own, so it is given a real one from the page's private files.
    await page.addInitScript(() => {
      Object.defineProperty(DataTransferItem.prototype, 'getAsFileSystemHandle', {
        configurable: true,
        value: async () =>
          (await navigator.storage.getDirectory()).getFileHandle('live.log', { create: true }),
      });
    });
    await page.goto(app.url);
    await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
    const write = (text: string, keep: boolean): Promise<void> =>
      page.evaluate(
        async ([contents, append]) => {
          const directory = await navigator.storage.getDirectory();
          const file = await directory.getFileHandle('live.log', { create: true });
          const stream = await file.createWritable({ keepExistingData: append === 'yes' });
          if (append === 'yes') await stream.seek((await file.getFile()).size);
          await stream.write(contents ?? '');
          await stream.close();
        },
        [text, keep ? 'yes' : 'no'],
      );
    await write(head, false);
    await drop(page, 'live.log', '');
    await expect(page.getByRole('region', { name: 'Disk live.log' })).toBeVisible();
    await expectCounts(page, COPIED);
    await expect(page.getByText('a copy, not live')).toBeHidden();
    await write(tail, true);
    await expectCounts(page, { read: 316, write: 189, trim: 13, zero: 12 });
    await write(head, false);
    await expect(async () => {
      const reads = await legendCount(page, 'read');
      expect([COPIED.read, 316 + COPIED.read]).toContain(reads);
    }).toPass();
  });

  test('one without a Connect line asks for the size of its disk', async ({ page }) => {
    const folder = temporaryFolder();
    const path = join(folder, 'headless.log');
    const lines = readFileSync(recording('ext4-blog-64M/log'), 'utf8').split('\n');
    writeFileSync(path, lines.filter((line) => !line.includes('Connect')).join('\n'));
    app = await startApp([path], folder);
    await page.goto(app.url);
    const question = page.getByTestId('size-question');
    await expect(question.getByRole('textbox')).toHaveValue('64M');
    await expectNothingSerious(page, 'the size question');
    await question.getByRole('textbox').fill('64X');
    await expect(question).toContainText('unknown size suffix "X"');
    await expect(question.getByRole('button', { name: 'Show it' })).toBeDisabled();
    await question.getByRole('textbox').fill('128M');
    await page.keyboard.press('Enter');
    await expect(parts.grid(page)).toHaveAttribute('data-row-cells', /\d/);
    await expect(page.getByText('128 MiB', { exact: true })).toBeVisible();
  });

  test('one of several runs can be looked at by itself', async ({ page }) => {
    app = await startApp([recording('bad/appended-restart.log')]);
    await page.goto(app.url);
    await expect(parts.grid(page)).toHaveAttribute('data-cell-px', /\d/);
    await expect.poll(() => legendCount(page, 'read')).toBe(READS.first + READS.second);
    await expect(page.getByText('2 runs')).toBeVisible();
    await page.getByRole('button', { name: /^More for/ }).click();
    await pickItem(page, /^Run 1/, 'menuitemradio');
    await expect(page.getByText('run 1 of 2')).toBeVisible();
    await expect.poll(() => legendCount(page, 'read')).toBe(READS.first);
    await page.getByRole('button', { name: /^More for/ }).click();
    await pickItem(page, /^Run 2/, 'menuitemradio');
    await expect.poll(() => legendCount(page, 'read')).toBe(READS.second);
  });

  test('one that is not there yet is waited for, with the command that makes it', async ({ page }) => {
    const folder = temporaryFolder();
    const path = join(folder, 'later.log');
    app = await startApp([path], folder);
    await page.goto(app.url);
    await expect(page.getByRole('heading', { name: `Waiting for ${path} to appear` })).toBeVisible();
    await expect(page.getByTestId('empty')).toContainText(
      `nbdkit -fv --filter=log memory 64M logfile=${path}`,
    );
    await expectNothingSerious(page, 'waiting for a log');
    copyFileSync(recording('ext4-blog-64M/log'), path);
    await expectCounts(page, { read: 316 });
  });

  test('several tile in one window, each with a name, and the side panel speaks of the one in hand', async ({
    page,
  }) => {
    app = await startApp([1, 2, 3, 4, 5].map((n) => recording(`raid5-blog-5x64M/log${n}`)));
    await page.goto(app.url);
    await expect(page.getByTestId('grid')).toHaveCount(5);
    await expectCounts(page, { read: 791, write: 578, trim: 106 });
    await expectNothingSerious(page, 'five disks');
    await page.keyboard.press('BracketRight');
    await expectCounts(page, { read: 669, write: 567, trim: 106 });
    await parts.grid(page, 4).click();
    await expectCounts(page, { read: 322, write: 405, trim: 0 });
  });

  test('what cannot be opened says so, and a size is checked while it is typed', async ({ page }) => {
    app = await startApp(['/etc', recording('ext4-blog-64M/log')]);
    await page.goto(app.url);
    await expectCounts(page, { read: 316 });
    await expect(page.getByText(/is a directory/).first()).toBeVisible();
    await page.keyboard.press('KeyO');
    await page.getByLabel(/Size of the disk/).fill('12Q');
    await expect(parts.dialog(page)).toContainText('unknown size suffix "Q"');
  });

  test('the engine that goes is missed and said so', async ({ page }) => {
    const running = await startApp([recording('ext4-blog-64M/log')]);
    await page.goto(running.url);
    await expectCounts(page, { read: 316 });
    await running.stop();
    await expect(page.getByTestId('link-lost')).toContainText('The engine has gone; reconnecting');
    await expect(page.getByText('Reconnecting', { exact: true })).toBeVisible();
    await expectCounts(page, { read: 316 });
  });
});
