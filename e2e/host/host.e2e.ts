import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { temporaryFolder } from '../support/app.ts';
import { HostingCommand } from '../support/hosted.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { gridColor, near, PageShot } from '../support/picture.ts';
import { expectCounts, parts } from '../support/window.ts';

const BLOCK = 4096;
const AT = { written: 10, trimmed: 1300, zeroed: 5000, read: 9000, untouched: 12_000 } as const;

async function expectBlock(page: Page, block: number, name: string, index = 0): Promise<void> {
  const wanted = await gridColor(page, name);
  await expect(async () => {
    const seen = (await PageShot.take(page, index)).block(block);
    expect(near(seen, wanted), `block ${block} is to be ${name} (${wanted}): ${seen}`).toBe(true);
  }).toPass();
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
    const reader = new NbdshClient(await hosting.uri(), `while True: h.pread(${BLOCK}, ${AT.read * BLOCK})`);
    const untouched = await gridColor(page, 'untouched');
    await expect(async () => {
      expect(near((await PageShot.take(page)).block(AT.read), untouched, 12)).toBe(false);
    }).toPass({ intervals: [20] });
    await reader.stop();
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
    const untouched = await gridColor(page, 'untouched');
    const written = await gridColor(page, 'written');
    await expect(async () => {
      const shot = await PageShot.take(page);
      const cells = Array.from({ length: 64 }, (_, i) => shot.block(AT.written + i));
      expect(cells.filter((cell) => near(cell, written)).length, 'nothing was written').toBe(0);
      expect(
        cells.some((cell) => !near(cell, untouched)),
        'the failure is marked',
      ).toBe(true);
    }).toPass();
  });
});

test('a disk that others on the network can reach is shown with a warning', async ({ page }) => {
  const hosting = new HostingCommand([
    ...['--browser', '--no-open', '-p', '0', '-i', '0.0.0.0', '--expose'],
    ...['memory', '64M'],
  ]);
  await page.goto(await hosting.windowUrl());
  const [, port = ''] = /:(\d+)$/.exec(await hosting.uri()) ?? [];
  const card = page.getByTestId('disk-card');
  await expect(card).toContainText(
    `Anyone on the network can read and write this disk, by this machine's address and port ${port}.`,
  );
  await expect(card.getByRole('button', { name: 'Copy the command for nbdinfo' })).toHaveAttribute(
    'data-command',
    `nbdinfo nbd://127.0.0.1:${port}`,
  );
  expect(await hosting.stop()).toBe(0);
  rmSync(hosting.runtimeFolder, { recursive: true });
});

test.describe('a hosted disk whose window is closed', () => {
  test('goes on serving, says where to see it again, and shows there all that happened meanwhile', async ({
    browser,
  }) => {
    const hosting = new HostingCommand(['--browser', '--no-open', 'memory', '64M']);
    const again = () => hosting.said.flatMap((line) => /still hosting; open (\S+)/.exec(line)?.[1] ?? []);
    let url = await hosting.windowUrl();
    for (const visit of [1, 2]) {
      // A context of its own: nothing of the window before is left, not even its cookie.
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(url);
      await expectCounts(page, { write: visit - 1 });
      await context.close();
      await expect.poll(() => again().length).toBe(visit);
      expect((await hosting.qemuIo(`write -P 7 ${visit * BLOCK} ${BLOCK}`)).code).toBe(0);
      url = again().at(-1) ?? '';
    }
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    await expectCounts(page, { write: 2, error: 0 });
    await expectBlock(page, 1, 'written');
    await expectBlock(page, 2, 'written');
    // Once the disk is stopped there is nothing left to stay for.
    await page.getByTestId('disk-card').getByRole('button', { name: 'Stop', exact: true }).click();
    await expect(parts.dialog(page)).toContainText('is in memory only and is lost, unless it is saved');
    await page.getByRole('button', { name: 'Stop and lose it' }).click();
    await expect(page.getByTestId('disk-card')).toBeHidden();
    await context.close();
    await expect.poll(() => hosting.process.exitCode).toBe(0);
    expect(await hosting.stop()).toBe(0);
    expect(readdirSync(hosting.runtimeFolder)).toEqual([]);
    rmSync(hosting.runtimeFolder, { recursive: true });
  });
});

test.describe('nbdscope host --no-window', () => {
  test('tells with -v how a client comes, what it negotiates and how it leaves', async () => {
    const hosting = new HostingCommand(['-v', '--no-window', '-e', 'scratch', 'memory', '64M']);
    expect((await hosting.qemuIo('write -P 7 0 64k', 'read -P 7 0 64k')).code).toBe(0);
    const said = () => hosting.said.join('\n');
    await expect.poll(said).toContain('client 1 (unix socket) left after ');
    expect(said()).toContain('nbdscope: client 1 (unix socket) connected\n');
    expect(said()).toContain(
      'client 1 (unix socket) uses export "scratch" with structured replies, base:allocation, no zeroes, fixed newstyle\n',
    );
    expect(said()).toMatch(/left after [2-9] requests in \d+\.\d s/);
    expect(await hosting.stop()).toBe(0);
    rmSync(hosting.runtimeFolder, { recursive: true });
  });

  test('says at start what a card would: here, what of a folder is on no disk', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    symlinkSync('/etc/hostname', join(folder, 'link'));
    const hosting = new HostingCommand(['--no-window', 'floppy', `dir=${folder}`]);
    await hosting.uri();
    await expect.poll(() => hosting.said).toEqual(['nbdscope: Left out 1 that is a symbolic link.']);
    expect(await hosting.stop()).toBe(0);
    for (const each of [folder, hosting.runtimeFolder]) rmSync(each, { recursive: true });
  });

  test('ends with 2 for what it cannot be asked for, with 1 for what cannot be had, in one line', async () => {
    const outcome = async (...args: string[]) => {
      const hosting = new HostingCommand(['--no-window', ...args]);
      const code = await hosting.ended;
      expect(hosting.said).toHaveLength(1);
      expect(hosting.lines).toEqual([]);
      rmSync(hosting.runtimeFolder, { recursive: true });
      return `${code} ${hosting.said[0]}`;
    };
    expect(await outcome('ssh', '64M')).toContain('2 nbdscope: unknown plugin "ssh"');
    expect(await outcome('--filter=gzip', 'memory', '64M')).toContain('2 nbdscope: unknown filter "gzip"');
    expect(await outcome('memory')).toContain('2 nbdscope: memory needs size=SIZE');
    expect(await outcome('memory', '64M', 'size=1M')).toContain('2 nbdscope: size=1M: the size is given');
    expect(await outcome('-i', '0.0.0.0', 'memory', '1M')).toContain('2 nbdscope: 0.0.0.0 is not a loopback');
    expect(await outcome('-U', '/nowhere/sock', 'memory', '1M')).toContain('1 nbdscope: ');
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
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
