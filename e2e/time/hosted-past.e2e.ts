import { rmSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { HostingCommand } from '../support/hosted.ts';
import { gridColor, near, PageShot } from '../support/picture.ts';
import { expectCounts, parts, playAt, watchForErrors } from '../support/window.ts';

const BLOCK = 4096;

async function expectBlocks(page: Page, blocks: Readonly<Record<number, string>>): Promise<void> {
  for (const [block, name] of Object.entries(blocks)) {
    const wanted = await gridColor(page, name);
    await expect(async () => {
      const seen = (await PageShot.take(page)).block(Number(block));
      expect(near(seen, wanted), `block ${block} is to be ${name} (${wanted}): ${seen}`).toBe(true);
    }).toPass();
  }
}

/** Presses a key that steps, and waits until the window stands elsewhere. */
async function step(page: Page, key: 'Shift+Comma' | 'Shift+Period'): Promise<void> {
  const before = (await parts.picture(page).getAttribute('data-sequence')) ?? '';
  await page.keyboard.press(key);
  await expect(parts.picture(page)).not.toHaveAttribute('data-sequence', before);
}

test('two windows stand at different times while the disk goes on being written', async ({
  page,
  context,
}) => {
  const errors = watchForErrors(page);
  const hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M']);
  const write = async (...blocks: readonly number[]): Promise<void> => {
    const { code, printed } = await hosting.qemuIo(
      ...blocks.map((block) => `write -P 7 ${block * BLOCK} ${BLOCK}`),
    );
    expect(code, printed).toBe(0);
  };
  await page.goto(await hosting.windowUrl());
  await write(100, 5000, 9000);
  // The client flushes before it leaves.
  await expectCounts(page, { write: 3, flush: 1 });
  const live = await context.newPage();
  await live.goto(page.url());
  await expectCounts(live, { write: 3 });
  await page.bringToFront();

  const status = page.locator('.status-words');
  await expect(status).toHaveText('Hosting');
  // Back over the flush to the first write: it has arrived and was not answered yet.
  for (let i = 0; i < 4; i += 1) await step(page, 'Shift+Comma');
  await expect(status).toHaveText('Past');
  await expectCounts(page, { write: 1, inFlight: 1, flush: 0 });
  await step(page, 'Shift+Period');
  await expectCounts(page, { write: 2, inFlight: 1 });
  await expectBlocks(page, { 100: 'written', 9000: 'untouched' });

  await write(12_000);
  await live.bringToFront();
  await expectCounts(live, { write: 4 });
  await expectBlocks(live, { 100: 'written', 9000: 'written', 12000: 'written' });
  await page.bringToFront();
  await expectCounts(page, { write: 2 });
  await expectBlocks(page, { 100: 'written', 9000: 'untouched', 12000: 'untouched' });

  await page.keyboard.press('KeyL');
  await expect(status).toHaveText('Hosting');
  await expectCounts(page, { write: 4 });
  await expectBlocks(page, { 9000: 'written', 12000: 'written' });

  // Played from the start it comes to where rows are added, and shows what comes from there on.
  await page.keyboard.press('KeyR');
  await playAt(page, 'As fast as it goes');
  await expect(status).toHaveText('Hosting');
  await write(14_000);
  await expectCounts(page, { write: 5 });
  await expectBlocks(page, { 100: 'written', 14000: 'written' });
  expect(errors).toEqual([]);
  await hosting.stop();
  rmSync(hosting.runtimeFolder, { recursive: true, force: true });
});
