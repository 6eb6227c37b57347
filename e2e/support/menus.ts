import { expect, type Page } from '@playwright/test';

/**
 * Picks an item of the menu that is open. Until the menu is gone keys are its own, and a press of its button closes it:
 * what comes next waits for that.
 */
export async function pickItem(
  page: Page,
  name: string | RegExp,
  role: 'menuitem' | 'menuitemradio' = 'menuitem',
): Promise<void> {
  await page.getByRole(role, { name, exact: typeof name === 'string' }).click();
  await expect(page.getByRole('menu')).toHaveCount(0);
}
