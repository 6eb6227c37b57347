import { execFile } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, type Page, test } from '@playwright/test';
import { FuseFile, whyNoFuse } from '../support/fuse.ts';
import { HostingCommand } from '../support/hosted.ts';
import { gridColor, gridFacts, near, PageShot, type Rgb } from '../support/picture.ts';
import { expectCounts, parts } from '../support/window.ts';

const DISK = resolve(import.meta.dirname, '../../assets/disks/seven-exabytes.data');
const SIZE = 7n << 60n;
const LAST_BLOCK = (SIZE >> 12n) - 1n;
const PROGRAMS = { ...process.env, PATH: `/usr/bin:/usr/sbin:/bin:/sbin:${process.env['PATH'] ?? ''}` };
const run = promisify(execFile);

/** Reads both copies of the table and holds their checksums against each other and against what they sum up. */
const BOTH_ENDS = `
import struct, zlib
size = h.get_size()
def header(at):
    block = bytearray(h.pread(512, at))
    assert block[:8] == b'EFI PART', block[:8]
    (crc,) = struct.unpack_from('<I', block, 16)
    struct.pack_into('<I', block, 16, 0)
    assert zlib.crc32(bytes(block[:92])) == crc
    mine, other, first, last = struct.unpack_from('<QQQQ', block, 24)
    assert mine * 512 == at
    entries, count, each, sum = struct.unpack_from('<QIII', block, 72)
    table = h.pread(count * each, entries * 512)
    assert zlib.crc32(bytes(table)) == sum
    return other * 512, struct.unpack_from('<QQ', table, 32)
second, partition = header(512)
assert second == size - 512, second
assert header(second) == (512, partition)
print(size, *partition)
`;

async function goTo(page: Page, place: string): Promise<void> {
  await page.keyboard.press('KeyG');
  await page.keyboard.type(place);
  await page.keyboard.press('Enter');
  await expect(parts.dialog(page)).toBeHidden();
}

test.describe('a disk of seven exabytes with a partition table, told in a kilobyte', () => {
  let hosting: HostingCommand;

  const host = (...options: string[]): HostingCommand => {
    const data = readFileSync(DISK, 'utf8');
    hosting = new HostingCommand([...options, 'data', `data=${data}`, 'size=7E']);
    return hosting;
  };

  test.afterEach(async () => {
    expect(await hosting.stop()).toBe(0);
    rmSync(hosting.runtimeFolder, { recursive: true, force: true });
  });

  test('is whole for every client that looks: its size, both tables, and the partition', async () => {
    const uri = await host('--no-window').uri();
    expect((await run('nbdinfo', ['--size', uri])).stdout).toBe(`${SIZE}\n`);
    const { stdout } = await run('nbdsh', ['-u', uri, '-c', BOTH_ENDS], { env: PROGRAMS });
    expect(stdout).toBe(`${SIZE} 128 15762598695796608\n`);
  });

  test('is read by sgdisk as a file, and found in order', async () => {
    const uri = await host('--no-window').uri();
    const why = await whyNoFuse();
    test.skip(why !== null, `nbdfuse cannot mount anything here: ${why}`);
    const file = await FuseFile.mount(uri);
    try {
      expect(statSync(file.path, { bigint: true }).size).toBe(SIZE);
      const { stdout: table } = await run('sgdisk', ['--print', file.path], { env: PROGRAMS });
      expect(table).toContain('15762598695796736 sectors, 7.0 EiB');
      expect(table).toMatch(/ 1 +128 +15762598695796608 +7\.0 EiB +8300 +p1/);
      const { stdout: verified } = await run('sgdisk', ['--verify', file.path], { env: PROGRAMS });
      expect(verified).toContain('No problems found');
    } finally {
      await file.unmount();
    }
  });

  test('is shown whole and at both ends', async ({ page }) => {
    host('--browser', '--no-open');
    await page.goto(await hosting.windowUrl());
    const uri = await hosting.uri();
    const script = 'size = h.get_size()\nfor at in (1 << 20, size - (1 << 20)): h.pwrite(b"x" * 4096, at)';
    await run('nbdsh', ['-u', uri, '-c', script], { env: PROGRAMS });
    await expectCounts(page, { write: 2, error: 0 });

    // What clients did is looked at alone: the partition table is outlined and tinted otherwise.
    await page.keyboard.press('KeyZ');
    await expect(page.getByTestId('structures-overlay')).toHaveAttribute('data-families', '');
    await page.keyboard.press('KeyF');
    const { rowCells } = await gridFacts(page);
    const level = Number(await parts.grid(page).getAttribute('data-level'));
    const side = 2 ** level;
    const column = rowCells / side - 1;
    const row = Math.floor(Number(LAST_BLOCK) / rowCells / side);
    expect(column).toBeLessThan(1000);
    const cell = async (x: number, y: number): Promise<Rgb> =>
      (await PageShot.take(page)).block(x + y * rowCells);
    for (const [x, y, name] of [
      [0, 0, 'written'],
      [1, 0, 'untouched'],
      [column >> 1, row >> 1, 'untouched'],
      [column - 1, row, 'untouched'],
      [column, row, 'written'],
    ] as const) {
      const wanted = await gridColor(page, name);
      await expect
        .poll(async () => near(await cell(x, y), wanted), { message: `cell ${x}, ${y} is to be ${name}` })
        .toBe(true);
    }

    for (const [block, shows] of [
      [255n, 'untouched'],
      [256n, 'written'],
      [LAST_BLOCK - 255n, 'written'],
      [LAST_BLOCK, 'untouched'],
    ] as const) {
      await goTo(page, String(block));
      await expect(parts.readout(page)).toContainText(`Block ${block.toLocaleString('en')}`);
      await expect(parts.readout(page)).toContainText(`shows${shows}`);
      await expect(parts.grid(page)).toHaveAttribute('data-cursor-block', String(block));
    }
  });
});
