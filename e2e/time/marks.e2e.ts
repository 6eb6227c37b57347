import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { recording, temporaryFolder } from '../support/app.ts';
import { expectNothingSerious, legendCount, parts, watchForErrors } from '../support/window.ts';
import { test } from '../support/window-test.ts';

/** As many as a clock that goes on changes its words in, at any rate of a display. */
const FRAMES = 150;

test.describe('marks and captions of a recording', () => {
  test.use({ logs: [] });

  test('are named, changed, removed and put back; the caption is that of the moment shown', async ({
    page,
  }) => {
    const marks = page.getByTestId('marks');
    await expect(parts.caption(page)).toContainText('launch');
    await page.keyboard.press('Space');
    await expect(page.getByText('Replay paused')).toBeVisible();
    await page.keyboard.press('KeyK');
    await page.getByLabel('Name of the mark').fill('here it begins');
    await page.keyboard.press('Enter');
    await expect(marks).toContainText('1 mark, 12 captions');
    await marks.getByRole('button', { name: /^Change .*here it begins/ }).click();
    await page.getByLabel('Words').fill('there it began');
    await page.keyboard.press('Enter');
    await expect(marks.getByText('there it began')).toBeVisible();
    await marks.getByRole('button', { name: /^Remove .*there it began/ }).click();
    await expect(marks).toContainText(/^Marks\s*12 captions/);
    await marks.getByRole('button', { name: 'Undo' }).click();
    await expect(marks).toContainText('1 mark, 12 captions');
    await page.keyboard.press('Shift+PageDown');
    await expect(parts.caption(page)).toContainText('part-disk');
    await page.keyboard.press('Shift+PageUp');
    await expect(parts.caption(page)).toContainText('launch');
    // As quick as fingers are: each press goes on from where the one before leads.
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Shift+PageDown');
    await expect(parts.caption(page)).toContainText('tar-in');
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('Shift+PageUp');
    await expect(parts.caption(page)).toContainText('part-disk');
  });

  test('are read from a file that somebody chooses, its marks as marks, and its wrong lines are named', async ({
    page,
  }) => {
    const marks = page.getByTestId('marks');
    await expect(marks).toContainText('12 captions');
    // Captions belong to moments: before any is shown there is nothing to read them for.
    await expect(parts.caption(page)).toContainText('launch');
    const choosing = page.waitForEvent('filechooser');
    await page.keyboard.press('F9');
    const text = '+0.5 told by somebody else\nMARK 22:20:05 only a name\nsoon nothing\n';
    const chooser = await choosing;
    await chooser.setFiles({ name: 'talk.txt', mimeType: 'text/plain', buffer: Buffer.from(text) });
    await expect(marks).toContainText('1 mark, 13 captions');
    await expect(marks.getByRole('button', { name: /^mark .*only a name/ })).toBeAttached();
    await expect(page.getByText(/talk\.txt: 1 line left out: line 3: "soon" is no moment/)).toBeVisible();
    await marks.getByRole('button', { name: /^caption .*told by somebody else/ }).click();
    await expect(parts.caption(page)).toHaveText('told by somebody else');
  });

  test('are all that is left besides the picture in presenter mode', async ({ page }) => {
    await expect(parts.caption(page)).toContainText('launch');
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+KeyP');
    await expect(page.getByRole('banner')).toBeHidden();
    await expect(page.getByRole('complementary')).toBeHidden();
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'projector');
    await page.keyboard.press('PageDown');
    await expect(parts.caption(page)).toContainText('part-disk');
    await page.keyboard.press('PageUp');
    await expect(parts.caption(page)).toContainText('launch');
    await expectNothingSerious(page, 'presenter mode');
    // Frozen, the picture stays however long time goes on; the next caption lets it go.
    await page.keyboard.press('Space');
    await page.keyboard.press('KeyF');
    await expect(page.getByText('frozen')).toBeVisible();
    const frozenAt = (await page.getByTestId('clock').textContent()) ?? '';
    await page.evaluate(async (frames) => {
      for (let i = 0; i < frames; i += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
    }, FRAMES);
    await expect(page.getByTestId('clock')).toHaveText(frozenAt);
    await page.keyboard.press('PageDown');
    await expect(page.getByText('frozen')).toBeHidden();
    await expect(parts.caption(page)).toContainText('part-disk');
    while ((await page.locator('html').getAttribute('data-theme')) !== 'light') {
      const before = (await page.locator('html').getAttribute('data-theme')) ?? '';
      await page.keyboard.press('KeyT');
      await expect(page.locator('html')).not.toHaveAttribute('data-theme', before);
    }
    await expectNothingSerious(page, 'presenter mode in the light theme');
    await page.keyboard.press('KeyB');
    await expect(page.getByTestId('blank')).toBeVisible();
    await page.keyboard.press('KeyB');
    await expect(page.getByTestId('blank')).toBeHidden();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('banner')).toBeVisible();
  });
});

test.describe('captions from a file', () => {
  const folder = temporaryFolder();
  const captions = join(folder, 'captions.txt');
  writeFileSync(captions, '+0 it begins\n+8 the partition table\n');
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
  test.use({ logs: [recording('ext4-blog-64M/log'), '--captions', captions] });

  test('stand beside the log that they are for', async ({ page }) => {
    await expect(page.getByTestId('marks')).toContainText('2 captions');
    await expect(parts.caption(page)).toHaveText('the partition table');
  });
});

test.describe('two recordings in step', () => {
  test.use({ logs: [] });

  test('are asked for in the window, and played side by side with a clock of their own', async ({
    page,
    app,
  }) => {
    const errors = watchForErrors(page);
    const marks = page.getByTestId('marks');
    await expect(marks).toContainText('12 captions');
    await page.keyboard.press('Alt+KeyS');
    const capture = join(app.folder, 'ext4.nbdscope');
    await page.getByTestId('capture-dialog').getByLabel('Path').fill(capture);
    await page.getByTestId('capture-dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await expect(parts.dialog(page)).toBeHidden();

    await page.keyboard.press('Alt+KeyO');
    const dialog = page.getByTestId('compare-dialog');
    await expect(dialog.getByLabel('Recording A')).toHaveValue('ext4');
    await dialog.getByLabel('Recording A').fill(capture);
    await dialog.getByLabel('Recording B').fill(recording('ext4-blog-64M-40ms'));
    await dialog.getByLabel('Aligned at').fill('mkfs');
    await dialog.getByLabel('With B at').fill('no such step');
    await dialog.getByRole('button', { name: 'Compare' }).click();
    await expect(dialog).toContainText('"no such step" is no moment of it; its steps are launch, part-disk');
    await expectNothingSerious(page, 'the dialog that compares');
    await dialog.getByLabel('With B at').fill('');
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();

    await marks.getByRole('button', { name: /^mark .*B: mkfs/ }).click();
    await expect(parts.caption(page)).toContainText('mkfs');
    await page.keyboard.press('Shift+KeyG');
    await page.keyboard.type('+2.5s');
    await expect(parts.dialog(page)).toContainText('UTC');
    await page.keyboard.press('Enter');
    await expect(page.getByTestId('aligned-clock')).toHaveText(/^mkfs \+0:/);
    await expectNothingSerious(page, 'two recordings in step');
    await page.keyboard.press('KeyL');
    const panels = page.locator('section.panel');
    for (const [name, reads, writes] of [
      [/^A · /, 316, 189],
      [/^B · /, 350, 181],
    ] as const) {
      await panels.locator('.panel-name').filter({ hasText: name }).click();
      await expect.poll(() => legendCount(page, 'read')).toBe(reads);
      await expect.poll(() => legendCount(page, 'write')).toBe(writes);
    }
    expect(errors).toEqual([]);
  });
});
