import { expect, type Locator, type Page } from '@playwright/test';
import { parts } from './window.ts';

/** The card of the hosted disk in hand. */
export const card = (page: Page): Locator => page.getByTestId('disk-card');

/** Hosts a disk as a person does: with a key, by the dialog; on TCP where a port is given. */
export async function hostByDialog(
  page: Page,
  fields: Readonly<Record<string, string>> = {},
  tcpPort: number | null = null,
): Promise<void> {
  await expect(parts.grid(page)).toBeVisible();
  await page.keyboard.press('KeyN');
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
  if (tcpPort !== null) {
    await page.getByLabel('TCP on 127.0.0.1, port').check();
    await page.getByLabel('Port', { exact: true }).fill(String(tcpPort));
  }
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(parts.dialog(page)).toBeHidden();
  await expect(card(page)).toBeVisible();
}

/** The disk's address, as the card shows it. */
export async function uriOf(page: Page): Promise<string> {
  return (await page.getByTestId('host-uri').textContent()) ?? '';
}
