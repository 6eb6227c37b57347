import { expect, type Page, test } from '@playwright/test';
import { type RunningApp, startApp, temporaryFolder } from '../support/app.ts';
import { Nbdkit } from '../support/nbdkit.ts';
import { NbdshClient } from '../support/nbdsh-client.ts';
import { gridColor, near, PageShot, type Rgb } from '../support/picture.ts';

/** Colours of the theme that the page shows. */
async function palette(
  page: Page,
): Promise<Record<'untouched' | 'read' | 'written' | 'trimmed' | 'zeroed' | 'error', Rgb>> {
  const color = (name: string): Promise<Rgb> => gridColor(page, name);
  return {
    untouched: await color('untouched'),
    read: await color('read'),
    written: await color('written'),
    trimmed: await color('trimmed'),
    zeroed: await color('zeroed'),
    error: await color('error'),
  };
}

const BLOCK = 4096;
const AT = { written: 10, trimmed: 1300, zeroed: 5000, read: 9000, untouched: 12_000 } as const;

/** One of each: a write, a write that is then trimmed, write zeroes. */
const STORY = `
buf = b"x" * ${BLOCK}
h.pwrite(buf, ${AT.written} * ${BLOCK})
h.pwrite(buf, ${AT.trimmed} * ${BLOCK})
h.trim(${BLOCK}, ${AT.trimmed} * ${BLOCK})
h.zero(${BLOCK}, ${AT.zeroed} * ${BLOCK})
h.flush()
`;

async function expectStory(page: Page): Promise<void> {
  const colors = await palette(page);
  await expect(async () => {
    const shot = await PageShot.take(page);
    for (const name of ['written', 'trimmed', 'zeroed', 'untouched'] as const) {
      expect(near(shot.block(AT[name]), colors[name]), `${name}: ${shot.block(AT[name])}`).toBe(true);
    }
  }).toPass();
}

test.describe('a live nbdkit log', () => {
  let nbdkit: Nbdkit;
  let app: RunningApp;

  test.beforeEach(async () => {
    const folder = temporaryFolder();
    nbdkit = new Nbdkit(folder);
    app = await startApp([nbdkit.logPath], folder);
  });

  test.afterEach(async () => {
    await nbdkit.stop();
    await app.stop();
  });

  test('is waited for, then paints each operation in its colour at its block', async ({ page }) => {
    await page.goto(app.url);
    await expect(page.getByText(/waiting for .*log to appear/i).first()).toBeVisible();
    await nbdkit.start();
    await nbdkit.client(STORY);
    await expectStory(page);
  });

  test('flashes a read and lets it fade to what was there', async ({ page }) => {
    await nbdkit.start();
    await page.goto(app.url);
    await nbdkit.client(STORY);
    await expectStory(page);
    const colors = await palette(page);
    // A flash is over in a second, and a screenshot may take longer than that: a block that is read again stays lit.
    const reader = new NbdshClient(
      nbdkit.uri,
      `
import time
while True:
    h.pread(${BLOCK}, ${AT.read} * ${BLOCK})
    time.sleep(0.1)
`,
    );
    await expect(async () => {
      const lit = (await PageShot.take(page)).block(AT.read);
      expect(near(lit, colors.read, 12), `lit: ${lit}`).toBe(true);
    }).toPass({ intervals: [20] });
    await reader.stop();
    await expect(async () => {
      const faded = (await PageShot.take(page)).block(AT.read);
      expect(near(faded, colors.untouched), `faded: ${faded}`).toBe(true);
    }).toPass();
  });

  test('shows the same to a window opened late, after a reload and after the tab was hidden', async ({
    page,
    context,
  }) => {
    await nbdkit.start();
    await page.goto(app.url);
    await nbdkit.client(STORY);
    await expectStory(page);

    const late = await context.newPage();
    await late.goto(new URL(app.url).origin);
    await expectStory(late);
    await late.close();

    await page.reload();
    await expectStory(page);

    const setVisibility = (state: string): Promise<void> =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => value === 'hidden' });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await setVisibility('hidden');
    await nbdkit.client(
      `h.pwrite(b"y" * ${BLOCK}, ${AT.untouched} * ${BLOCK})\nh.trim(${BLOCK}, ${AT.written} * ${BLOCK})`,
    );
    await page.waitForTimeout(500);
    await setVisibility('visible');
    const colors = await palette(page);
    await expect(async () => {
      const shot = await PageShot.take(page);
      expect(near(shot.block(AT.untouched), colors.written)).toBe(true);
      expect(near(shot.block(AT.written), colors.trimmed)).toBe(true);
    }).toPass();
  });

  test('starts on an empty picture when nbdkit is started again on the same log', async ({ page }) => {
    await nbdkit.start();
    await page.goto(app.url);
    await nbdkit.client(STORY);
    await expectStory(page);
    await nbdkit.stop();
    await nbdkit.start();
    await nbdkit.client(`h.pwrite(b"z" * ${BLOCK}, ${AT.read} * ${BLOCK})`);
    const colors = await palette(page);
    await expect(async () => {
      const shot = await PageShot.take(page);
      expect(near(shot.block(AT.read), colors.written)).toBe(true);
      expect(near(shot.block(AT.written), colors.untouched)).toBe(true);
      expect(near(shot.block(AT.zeroed), colors.untouched)).toBe(true);
    }).toPass();
  });
});
