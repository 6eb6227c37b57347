import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { addPreset, faults, ruleRow } from '../support/fault-rules.ts';
import { card, hostByDialog, uriOf } from '../support/host-card.ts';
import { askNbdsh, NbdshClient } from '../support/nbdsh-client.ts';
import { expectHatched, gridColor, near, PageShot } from '../support/picture.ts';
import { legendCount } from '../support/window.ts';

const BLOCK = 4096;
/** The block that holds the middle of a disk of 1 MiB. */
const MIDDLE = 128;

const ask = async (page: Page, script: string): Promise<string> => askNbdsh(await uriOf(page), script);

const state = (page: Page) => page.getByTestId('disk-state');

test.describe('a preset, as a real client meets it:', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await hostByDialog(page, { Size: '1M', 'Read delay, ms': '0', 'Write delay, ms': '0' });
  });

  test.afterEach(() => app.stop());

  test('a bad sector is marked where it lies, and is all that cannot be read', async ({ page }) => {
    await addPreset(page, 'Bad sector');
    await expect(ruleRow(page, 'bad sector')).toContainText('Reads and prefetches that touch 4K at 512K');
    await expectHatched(page, [MIDDLE], [MIDDLE - 1, MIDDLE + 1]);
    const seen = await ask(
      page,
      `print([attempt(lambda: h.pread(${BLOCK}, at * ${BLOCK})) for at in range(256)].count("ok"),
  attempt(lambda: h.pread(${BLOCK}, ${MIDDLE} * ${BLOCK})), attempt(lambda: h.pwrite(bytes(512), ${MIDDLE} * ${BLOCK})))`,
    );
    expect(seen).toBe('255 EIO ok');
    await expect(ruleRow(page, 'bad sector')).toContainText('in force · 2 hits');
    await expect.poll(() => legendCount(page, 'error')).toBe(2);
    await expect(state(page)).toContainText(/failing: 2 of \d+ reads came back with errors, the last EIO/);
  });

  test('a slow disk takes 40 ms and more for everything, and fails nothing', async ({ page }) => {
    await addPreset(page, 'One slow disk');
    await expect(ruleRow(page, 'slow')).toContainText('in force');
    const seen = await ask(
      page,
      `least = 9
for f in [lambda: h.pread(512, 0), lambda: h.pwrite(bytes(512), 0), lambda: h.flush(), lambda: h.trim(512, 0)]:
  start = time.monotonic()
  f()
  least = min(least, time.monotonic() - start)
print(least)`,
    );
    expect(Number(seen)).toBeGreaterThan(0.0399);
    const latency = page.getByRole('region', { name: 'Latency' });
    for (const operation of ['read', 'write', 'flush', 'trim']) {
      await expect(latency.getByRole('row').filter({ hasText: operation })).toContainText(
        /([4-9]\d|\d\d\d) ms/,
      );
    }
    await expect(ruleRow(page, 'slow')).toContainText('4 hits');
    expect(await legendCount(page, 'error')).toBe(0);
  });

  test('a full disk takes nothing more, and says so', async ({ page }) => {
    await ask(page, `h.pwrite(b"x" * ${BLOCK}, 10 * ${BLOCK})`);
    await addPreset(page, 'Full disk');
    await expect(ruleRow(page, 'full')).toContainText('in force');
    const seen = await ask(
      page,
      `print(attempt(lambda: h.pwrite(bytes(${BLOCK}), 20 * ${BLOCK})), attempt(lambda: h.zero(${BLOCK}, 30 * ${BLOCK})),
  attempt(lambda: h.pread(512, 0)), attempt(lambda: h.trim(${BLOCK}, 10 * ${BLOCK})))`,
    );
    expect(seen).toBe('ENOSPC ENOSPC ok ok');
    await expectHatched(page, [20, 30], [10, 21, 31]);
    await expect(state(page)).toContainText('the last ENOSPC');
    await expect(state(page)).toContainText('full');
    const [trimmed, written] = [await gridColor(page, 'trimmed'), await gridColor(page, 'written')];
    await expect(async () => {
      const shot = await PageShot.take(page);
      expect(near(shot.block(10), trimmed), 'what is trimmed is given back').toBe(true);
      expect(shot.share(20, written), 'what failed was not written').toBe(0);
    }).toPass();
  });

  test('a disk pulled out answers nobody, also who comes back', async ({ page }) => {
    const asking = new NbdshClient(
      await uriOf(page),
      'import time\nwhile True:\n  h.pread(512, 0)\n  time.sleep(0.05)',
    );
    await expect(card(page).getByTestId('client')).toHaveCount(1);
    await addPreset(page, 'Disk pulled out');
    expect(await asking.ended, 'its client meets the end of the connection').not.toBe(0);
    await expect(card(page).getByTestId('client')).toHaveCount(0);
    await expect(ruleRow(page, 'pulled out')).toContainText('in force · 1 hit');
    const again = new NbdshClient(await uriOf(page), 'h.pread(512, 0)');
    expect(await again.ended).not.toBe(0);
    await expect(ruleRow(page, 'pulled out')).toContainText('in force · 2 hits');
  });

  test('a dying disk begins by being a little slow, with the rest still to come', async ({ page }) => {
    await addPreset(page, 'Dying disk');
    await expect(page.getByTestId('rule')).toHaveCount(6);
    // Before a client comes: on a busy machine their time may come while it asks.
    for (const later of ['long retries', 'many errors', 'dead']) {
      await expect(ruleRow(page, later)).toContainText('waiting · 0 hits');
    }
    const seen = await ask(
      page,
      `start = time.monotonic()
print(*[attempt(lambda: h.pread(512, 0)) for _ in range(10)], (time.monotonic() - start) >= 0.05)`,
    );
    expect(seen).toBe(`${'ok '.repeat(10)}True`);
    await expect(ruleRow(page, 'a little slow')).toContainText('in force · 10 hits');
    await expect(faults(page).getByRole('button', { name: /^Faults/ })).toContainText('in force');
  });
});
