import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp } from '../support/app.ts';
import { faults, ruleRow, turnRule, writeRule } from '../support/fault-rules.ts';
import { card, hostByDialog, uriOf } from '../support/host-card.ts';
import { askNbdsh, NbdshClient } from '../support/nbdsh-client.ts';
import { expectHatched, gridColor, near, PageShot } from '../support/picture.ts';
import { noteTexts } from '../support/said-states.ts';
import { legendCount } from '../support/window.ts';

const BLOCK = 4096;
/** The errors that a rule can answer with; Linux has one number for ENOTSUP and EOPNOTSUPP. */
const ERRORS = ['EPERM', 'EIO', 'ENOMEM', 'EINVAL', 'ENOSPC', 'EOVERFLOW', 'ENOTSUP', 'ESHUTDOWN'];

const ask = async (page: Page, script: string): Promise<string> => askNbdsh(await uriOf(page), script);

/** How the client fared that read each of these blocks. */
const reads = (page: Page, ...blocks: readonly number[]): Promise<string> =>
  ask(page, `print(*[attempt(lambda: h.pread(${BLOCK}, at * ${BLOCK})) for at in [${blocks}]])`);

const latencyOf = (page: Page, operation: string) =>
  page.getByRole('region', { name: 'Latency' }).getByRole('row').filter({ hasText: operation });

test.describe('a rule written in the window, as a real client meets it:', () => {
  let app: RunningApp;

  test.beforeEach(async ({ page }) => {
    app = await startApp([]);
    await page.goto(app.url);
    await hostByDialog(page, { Size: '1M', 'Read delay, ms': '0', 'Write delay, ms': '0' });
  });

  test.afterEach(() => app.stop());

  test('each error is the one it asks for, and hatches the block that was read', async ({ page }) => {
    const blocks: number[] = [];
    for (const [i, error] of ERRORS.entries()) {
      await writeRule(page, { name: 'refuses', ops: ['read'], error });
      const block = 10 + 3 * i;
      blocks.push(block);
      const seen = await reads(page, block);
      expect(seen.replace('EOPNOTSUPP', 'ENOTSUP'), error).toBe(error);
      await expect(ruleRow(page, 'refuses')).toContainText('in force · 1 hit');
    }
    const others = blocks.flatMap((block) => [block - 1, block + 1]);
    await expectHatched(page, blocks, others);
    await expect.poll(() => legendCount(page, 'error')).toBe(ERRORS.length);
    expect(await ask(page, `print(attempt(lambda: h.pwrite(bytes(${BLOCK}), 10 * ${BLOCK})))`)).toBe('ok');
    await expectHatched(page, blocks.slice(1), [10]);
  });

  test('a range is hatched where it lies, and ends at its bytes', async ({ page }) => {
    await writeRule(page, { name: 'scratch', blocks: ['100', '103'] });
    await expectHatched(page, [100, 101, 102], [99, 103]);
    const places = '[(-1, 1), (-1, 2), (0, 1), (3 * 4096 - 1, 1), (3 * 4096 - 1, 2), (3 * 4096, 1)]';
    const seen = await ask(
      page,
      `print(*[attempt(lambda: h.pread(n, 100 * ${BLOCK} + at)) for at, n in ${places}])`,
    );
    expect(seen).toBe('ok EIO EIO EIO EIO ok');
    await expect(ruleRow(page, 'scratch')).toContainText('in force · 4 hits');
    await turnRule(page, 'scratch', false);
    expect(await ask(page, `print(attempt(lambda: h.pread(5 * ${BLOCK}, 99 * ${BLOCK})))`)).toBe('ok');
    await expectHatched(page, [], [99, 100, 101, 102, 103]);
  });

  test('a delay is as long as it says for what it names, and stands under Latency', async ({ page }) => {
    await writeRule(page, {
      name: 'late',
      ops: ['read'],
      does: 'Answer late',
      fields: { 'So much later': '4s' },
    });
    const [overtaken, read] = (
      await ask(
        page,
        `start = time.monotonic()
late = h.aio_pread(nbd.Buffer(512), 0)
h.pwrite(bytes(512), 0)
print(h.aio_command_completed(late))
while not h.aio_command_completed(late): h.poll(-1)
print(time.monotonic() - start)`,
      )
    ).split('\n');
    expect(overtaken, 'a write does not wait for the read').toBe('False');
    expect(Number(read)).toBeGreaterThan(3.999);
    await expect(latencyOf(page, 'read')).toContainText(/[4-9](\.\d+)? s/);
    await expect(latencyOf(page, 'write')).toContainText(/\d/);
    await expect(latencyOf(page, 'write')).not.toContainText(/[4-9](\.\d+)? s/);
  });

  test('what is frozen waits until it is released, and is carried out then', async ({ page }) => {
    await writeRule(page, { name: 'stuck', ops: ['write'], does: 'Never answer, until released' });
    const writing = ask(
      page,
      `print(attempt(lambda: h.pwrite(b"x" * ${BLOCK}, 7 * ${BLOCK})), h.pread(1, 7 * ${BLOCK}))`,
    );
    await expect(ruleRow(page, 'stuck')).toContainText('1 request held');
    await expect.poll(() => legendCount(page, 'inFlight')).toBe(1);
    expect(await reads(page, 7), 'others are answered').toBe('ok');
    await ruleRow(page, 'stuck').getByRole('button', { name: 'Release' }).click();
    expect(await writing).toBe("ok bytearray(b'x')");
    await expect.poll(() => legendCount(page, 'inFlight')).toBe(0);
    const written = await gridColor(page, 'written');
    await expect(async () => {
      expect(near((await PageShot.take(page)).block(7), written)).toBe(true);
    }).toPass();
  });

  test('who asks for what it names is hung up on, and whoever else asks is not', async ({ page }) => {
    await writeRule(page, { name: 'cable', ops: ['trim'], does: 'Hang up on the client' });
    const other = new NbdshClient(await uriOf(page), 'import sys\nsys.stdin.read()');
    await expect(card(page).getByTestId('client')).toHaveCount(1);
    const seen = await ask(
      page,
      'print(attempt(lambda: h.pread(512, 0)), attempt(lambda: h.trim(512, 0)), attempt(lambda: h.pread(512, 0)))',
    );
    expect(seen).toMatch(/^ok (lost|ENOTCONN|ESHUTDOWN) \w+$/);
    expect(seen).not.toMatch(/ok$/);
    await expect(ruleRow(page, 'cable')).toContainText('1 hit');
    await expect(card(page).getByTestId('client')).toHaveCount(1);
    await other.stop();
  });

  test('once is once, the first three are three, and a share is about its share', async ({ page }) => {
    await writeRule(page, { name: 'once', ops: ['read'], fields: { 'Only the first': '1' } });
    expect(await reads(page, 20, 21, 22)).toBe('EIO ok ok');
    await expect(ruleRow(page, 'once')).toContainText('over · 1 hit');
    await expectHatched(page, [20], [21, 22]);
    await writeRule(page, { name: 'three', ops: ['read'], fields: { 'Only the first': '3' } });
    expect(await reads(page, 30, 31, 32, 33)).toBe('EIO EIO EIO ok');
    await expect(ruleRow(page, 'three')).toContainText('over · 3 hits');
    await writeRule(page, { name: 'share', ops: ['read'], fields: { Percent: '25' } });
    const failed = Number(
      await ask(page, 'print(sum(attempt(lambda: h.pread(512, 0)) == "EIO" for _ in range(800)))'),
    );
    // 800 draws at 0.25: mean 200, standard deviation 12; six of them.
    expect(Math.abs(failed - 200)).toBeLessThan(75);
    await expect(ruleRow(page, 'share')).toContainText(`in force · ${failed} hits`);
    await expect.poll(() => legendCount(page, 'error')).toBe(4 + failed);
  });

  test('it waits for its time, and is over after it', async ({ page }) => {
    const asking = ask(
      page,
      `seen = ""
while not (seen.endswith("o" * 5) and "E" in seen):
  seen += "o" if attempt(lambda: h.pread(512, 0)) == "ok" else "E"
  time.sleep(0.05)
print(seen)`,
    );
    // Its time begins with the rule: a client that comes later could miss it.
    await expect.poll(() => legendCount(page, 'read')).toBeGreaterThan(0);
    const said = await noteTexts(faults(page));
    await writeRule(page, { name: 'spell', ops: ['read'], fields: { 'Begins after': '2s', Lasts: '2s' } });
    await expect(ruleRow(page, 'spell')).toContainText('over');
    const states = (await said.jsonValue()).flatMap(
      (text) => /(waiting|in force|over) · \d+ hits?/.exec(text ?? '')?.[1] ?? [],
    );
    expect(states.filter((state, i) => state !== states[i - 1])).toEqual(['waiting', 'in force', 'over']);
    expect(await asking).toMatch(/^o+E{3,}o+$/);
  });

  test('a disk that turns read-only refuses what changes it while the rule is on', async ({ page }) => {
    await writeRule(page, {
      name: 'worn out',
      does: 'Refuse to be changed, as read-only',
      blocks: ['60', '62'],
    });
    await expect(ruleRow(page, 'worn out')).toContainText('Writes, trims and zeroes');
    const script = `print(*[attempt(f) for f in (
      lambda: h.pread(512, 60 * ${BLOCK}), lambda: h.pwrite(bytes(${BLOCK}), 60 * ${BLOCK}),
      lambda: h.trim(${BLOCK}, 61 * ${BLOCK}), lambda: h.pwrite(bytes(${BLOCK}), 62 * ${BLOCK}))])`;
    expect(await ask(page, script)).toBe('ok EPERM EPERM ok');
    await expect(ruleRow(page, 'worn out')).toContainText('in force · 2 hits');
    await turnRule(page, 'worn out', false);
    await expectHatched(page, [60, 61], [59, 62]);
    expect(await ask(page, script)).toBe('ok ok ok ok');
  });

  test('a disk that is read-only refuses to be written, and can be read', async ({ page }) => {
    await card(page).getByLabel('Read-only').click();
    await expect(card(page).getByLabel('Read-only')).toBeChecked();
    const seen = await ask(
      page,
      `h.set_strict_mode(0)
print(h.is_read_only(), attempt(lambda: h.pwrite(bytes(${BLOCK}), 50 * ${BLOCK})), attempt(lambda: h.pread(512, 0)))`,
    );
    expect(seen).toBe('True EPERM ok');
    await expectHatched(page, [50], [49, 51]);
  });
});
