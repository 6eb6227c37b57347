import { expect, type Page } from '@playwright/test';
import { recording } from '../support/app.ts';
import { FAST, hostByDialog, uriOf } from '../support/host-card.ts';
import { askNbdsh } from '../support/nbdsh-client.ts';
import { recordedCounts } from '../support/recorded-counts.ts';
import { expectNothingSerious, parts, watchForErrors } from '../support/window.ts';
import { test } from '../support/window-test.ts';

const LOG = 'ext4-blog-64M/log';
const drawer = (page: Page) => page.getByTestId('drawer');

test.describe('questions about a recording', () => {
  test.use({ logs: [recording(LOG)] });

  test('are answered in the drawer: totals as counted, hot blocks, plots that seek', async ({ page }) => {
    const errors = watchForErrors(page);
    await expect(parts.grid(page)).toBeVisible();
    await page.keyboard.press('Alt+KeyW');
    const counted = recordedCounts().find(({ log }) => log === LOG);
    for (const [op, count] of Object.entries(counted?.counts ?? {})) {
      await expect(page.getByTestId(`span-${op}`).locator('[data-requests]')).toHaveAttribute(
        'data-requests',
        String(count),
      );
    }
    await expectNothingSerious(page, 'the totals of a span');

    await test.step('a hot block is taken in hand, and its requests are listed', async () => {
      const hot = page.getByTestId('hot-range').first();
      const requests = await hot.locator('span').last().textContent();
      const block = await hot.locator('span').first().textContent();
      await hot.click();
      await page.keyboard.press('KeyW');
      await expect(page.getByTestId('asked-words')).toHaveText(new RegExp(`^${requests} on ${block} of `));
      await expectNothingSerious(page, 'the requests on a block');
      await page.getByTestId('asked-request').nth(2).click();
      await expect(page.getByTestId('asked-request').nth(2)).toHaveAttribute('aria-current', 'true');
    });

    await test.step('the seek plot outlines the block under the pointer, and seeks where it is clicked', async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Alt+KeyK');
      const plot = page.getByTestId('seek-plot');
      await expect(plot).toHaveAttribute('aria-label', /stretches were touched/);
      const box = await plot.boundingBox();
      if (box === null) throw new Error('the seek plot has no place');
      await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
      await expect(page.getByTestId('seek-words')).toHaveText(/MiB to .* MiB · \d+ reads?, \d+ writes?/);
      await expect(parts.readout(page)).toContainText(/Block [\d,]+/);
      const clock = await parts.picture(page).getAttribute('data-clock');
      await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
      await expect(parts.picture(page)).not.toHaveAttribute('data-clock', clock ?? '');
      await expectNothingSerious(page, 'the seek plot');
    });

    await test.step('the latency map says how slow the slowest was, and the drawer can be enlarged', async () => {
      await page.keyboard.press('Alt+KeyL');
      await expect(page.getByTestId('latency-plot')).toHaveAttribute('aria-label', /up to \d+/);
      await page.keyboard.press('Alt+KeyY');
      await expect(drawer(page)).toHaveAttribute('data-tall', 'true');
      await expectNothingSerious(page, 'the latency map');
      await page.keyboard.press('Alt+KeyL');
      await expect(drawer(page)).toBeHidden();
    });
    expect(errors).toEqual([]);
  });

  test('heat colours the grid and its legend, and goes back to state', async ({ page }) => {
    await expect(parts.grid(page)).toBeVisible();
    const legend = page.getByTestId('heat-legend');
    await page.keyboard.press('Alt+KeyX');
    await expect(legend).toHaveAttribute('data-heat', 'writes');
    await expect(legend.getByRole('listitem').first()).toHaveText('1');
    await expect(page.getByTestId('legend-read').getByRole('button')).toBeHidden();
    await expectNothingSerious(page, 'the scale of heat');
    await legend.getByLabel('Colours by').selectOption('state');
    await expect(page.getByTestId('legend-read').getByRole('button')).toBeVisible();
  });
});

test('a block tells what a client did to it while the session goes on', async ({ page }) => {
  await hostByDialog(page, { Size: '1M', ...FAST });
  const uri = await uriOf(page);
  await askNbdsh(
    uri,
    'h.pwrite(b"x" * 4096, 0); h.pread(8192, 0); h.pwrite(b"y" * 512, 4608); h.zero(4096, 8192)',
  );
  // The disk that was hosted last stands last.
  await parts.grid(page, 1).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.keyboard.press('KeyW');
  await expect(page.getByTestId('asked-words')).toHaveText(/^2 requests on block 1 of /);
  const listed = page.getByTestId('asked-request');
  await expect(listed.nth(0)).toHaveAttribute('title', /write of 512 B at 0x1200.*, ok;/);
  await expect(listed.nth(1)).toHaveAttribute('title', /read of 8 KiB at 0x0.*, ok;/);
  await askNbdsh(uri, 'h.trim(4096, 4096)');
  await expect(page.getByTestId('asked-words')).toHaveText(/^3 requests on block 1 of /);
  await expect(listed.nth(0)).toHaveAttribute('title', /trim of 4 KiB at 0x1000/);
});
