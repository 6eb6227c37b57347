import { expect, type Locator, type Page } from '@playwright/test';
import { parts } from './window.ts';

/** The panel of a disk, by the name it has now. */
export const panel = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: `Disk ${name}`, exact: true });

/** A disk's Error switch in its header. */
export const errorSwitch = (page: Page, name: string): Locator =>
  panel(page, name).getByRole('switch', { name: `Error on ${name}` });

/** Names of the panels in the order in which they stand. */
export async function panelNames(page: Page): Promise<readonly string[]> {
  const labels = await page.locator('section.panel').evaluateAll((panels) =>
    panels
      .map((one) => ({ name: one.getAttribute('aria-label') ?? '', box: one.getBoundingClientRect() }))
      .toSorted((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
      .map(({ name }) => name),
  );
  return labels.map((label) => label.replace(/^Disk /, ''));
}

/** Hosts a set as a person does: with a key, by the dialog. */
export async function hostSetByDialog(page: Page, count: number, size = '64M', delay = '0'): Promise<void> {
  await expect(parts.grid(page)).toBeVisible();
  await page.keyboard.press('Shift+KeyN');
  await page.getByLabel('Disks', { exact: true }).fill(String(count));
  await page.getByLabel('Size of each').fill(size);
  await page.getByLabel('Read delay, ms').fill(delay);
  await page.getByLabel('Write delay, ms').fill(delay);
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(parts.dialog(page)).toBeHidden();
  await expect(page.locator('section.panel')).toHaveCount(count);
}
