import AxeBuilder from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { pickItem } from './menus.ts';

/** The window's parts, by what a person would call them. */
export const parts = {
  picture: (page: Page): Locator => page.getByTestId('picture'),
  grid: (page: Page, index = 0): Locator => page.getByTestId('grid').nth(index),
  readout: (page: Page): Locator => page.getByTestId('readout'),
  caption: (page: Page): Locator => page.getByTestId('caption'),
  dialog: (page: Page): Locator => page.getByRole('dialog'),
  timeline: (page: Page): Locator => page.getByRole('slider', { name: 'Moment shown' }),
};

/** Plays the past at a speed of the speed menu: `8x`, `1/10x`, `As fast as it goes`. */
export async function playAt(page: Page, speed: string): Promise<void> {
  await page.getByRole('button', { name: /^Speed / }).click();
  await pickItem(page, speed, 'menuitemradio');
}

/** How many requests the legend counts on a layer. */
export async function legendCount(page: Page, layer: string): Promise<number> {
  const text = await page.getByTestId(`legend-${layer}`).locator('[data-count]').getAttribute('data-count');
  return Number(text);
}

/** Waits until the legend counts exactly this. */
export async function expectCounts(page: Page, counts: Readonly<Record<string, number>>): Promise<void> {
  await expect
    .poll(async () => {
      const seen: Record<string, number> = {};
      for (const layer of Object.keys(counts)) seen[layer] = await legendCount(page, layer);
      return seen;
    })
    .toEqual(counts);
}

/**
 * Asks axe; fails on anything serious or critical, with what and where. What still fades in is waited for: half of a
 * colour is no contrast.
 */
export async function expectNothingSerious(page: Page, what: string): Promise<void> {
  await page.evaluate(() =>
    Promise.allSettled(document.getAnimations().map((animation) => animation.finished)),
  );
  // The page has no frames: so nothing is to be put together from several, which axe does in a page that it opens each time.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  const serious = violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map(
      (violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
  expect(serious, what).toEqual([]);
}

/** Collects what the page reports as errors, Content-Security-Policy refusals among them. */
export function watchForErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
