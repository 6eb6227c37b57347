import { existsSync, readdirSync, rmSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { HostingCommand } from '../support/hosted.ts';
import { near, PageShot, type Rgb, rgbOf } from '../support/picture.ts';
import { expectCounts } from '../support/window.ts';

const BLOCK = 4096;
const AT = { written: 10, trimmed: 1300, zeroed: 5000, read: 9000, untouched: 12_000 } as const;

async function color(page: Page, name: string): Promise<Rgb> {
  const property = `--grid-${name}`;
  return rgbOf(
    await page.evaluate(
      (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim(),
      property,
    ),
  );
}

async function expectBlock(page: Page, block: number, name: string, index = 0): Promise<void> {
  const wanted = await color(page, name);
  await expect(async () => {
    const seen = (await PageShot.take(page, index)).block(block);
    expect(near(seen, wanted), `block ${block} is to be ${name} (${wanted}): ${seen}`).toBe(true);
  }).toPass({ timeout: 15_000 });
}

test.describe('a hosted disk in the browser', () => {
  let hosting: HostingCommand;

  test.afterEach(async () => {
    expect(await hosting.stop()).toBe(0);
    expect(readdirSync(hosting.runtimeFolder)).toEqual([]);
    rmSync(hosting.runtimeFolder, { recursive: true, force: true });
  });

  test('shows what a client writes, zeroes, trims and reads, at its blocks', async ({ page }) => {
    hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M']);
    await page.goto(await hosting.windowUrl());
    expect(hosting.lines[0]).toBe(await hosting.uri());
    const { code, printed } = await hosting.qemuIo(
      `write -P 7 ${AT.written * BLOCK} ${BLOCK}`,
      `write -P 8 ${AT.trimmed * BLOCK} ${BLOCK}`,
      `discard ${AT.trimmed * BLOCK} ${BLOCK}`,
      `write -z ${AT.zeroed * BLOCK} ${BLOCK}`,
      `read -P 7 ${AT.written * BLOCK} ${BLOCK}`,
      `read -P 0 ${AT.trimmed * BLOCK} ${BLOCK}`,
    );
    expect(code, printed).toBe(0);
    for (const name of ['written', 'trimmed', 'zeroed', 'untouched'] as const) {
      await expectBlock(page, AT[name], name);
    }
    await expectCounts(page, { write: 2, trim: 1, zero: 1, read: 2, error: 0 });
  });

  test('lights what is read while it is read, and lets it fade', async ({ page }) => {
    hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M', 'rdelay=40ms']);
    await page.goto(await hosting.windowUrl());
    await expectBlock(page, AT.read, 'untouched');
    const reading = hosting.qemuIo(...Array<string>(200).fill(`read ${AT.read * BLOCK} ${BLOCK}`));
    const untouched = await color(page, 'untouched');
    await expect(async () => {
      expect(near((await PageShot.take(page)).block(AT.read), untouched, 12)).toBe(false);
    }).toPass({ timeout: 10_000, intervals: [20] });
    expect((await reading).code).toBe(0);
    await expectBlock(page, AT.read, 'untouched');
  });

  test('marks what failed, as the client was told', async ({ page }) => {
    hosting = new HostingCommand([
      '--browser',
      '--no-open',
      'memory',
      '64M',
      'error=EIO',
      'error-pwrite-rate=100%',
    ]);
    await page.goto(await hosting.windowUrl());
    const { printed } = await hosting.qemuIo(`write -P 7 ${AT.written * BLOCK} ${64 * BLOCK}`);
    expect(printed).toContain('write failed: Input/output error');
    const untouched = await color(page, 'untouched');
    const written = await color(page, 'written');
    await expect(async () => {
      const shot = await PageShot.take(page);
      const cells = Array.from({ length: 64 }, (_, i) => shot.block(AT.written + i));
      expect(cells.filter((cell) => near(cell, written)).length, 'nothing was written').toBe(0);
      expect(
        cells.some((cell) => !near(cell, untouched)),
        'the failure is marked',
      ).toBe(true);
    }).toPass({ timeout: 15_000 });
  });
});

test.describe('nbdscope host --no-window', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`prints its address first, serves, and on ${signal} ends and leaves nothing behind`, async () => {
      const hosting = new HostingCommand(['--no-window', 'memory', '64M']);
      const uri = await hosting.uri();
      const socket = new URL(uri).searchParams.get('socket') ?? '';
      expect(existsSync(socket)).toBe(true);
      expect((await hosting.qemuIo('write -P 7 0 64k', 'read -P 7 0 64k')).code).toBe(0);
      expect(await hosting.stop(signal)).toBe(0);
      expect(hosting.lines).toEqual([uri]);
      expect(readdirSync(hosting.runtimeFolder)).toEqual([]);
      rmSync(hosting.runtimeFolder, { recursive: true });
    });
  }
});
