import { expect, type Locator, type Page } from '@playwright/test';
import { parts } from './window.ts';

/** The card of the hosted disk in hand. */
export const card = (page: Page): Locator => page.getByTestId('disk-card');

/** Fields of the dialog for a disk at full speed. */
export const FAST = { 'Read delay, ms': '0', 'Write delay, ms': '0' };

/** Hosts a disk as {@link hostByDialog}, with its changes kept apart. */
export async function hostApart(
  page: Page,
  kind: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await expect(parts.grid(page)).toBeVisible();
  await page.keyboard.press('KeyN');
  await page.getByLabel('Kind of disk').selectOption(kind);
  await page.getByLabel('Explore safely').check();
  await fillAndStart(page, fields);
}

/** Hosts a disk as a person does: with a key, by the dialog; on TCP where a port is given. `kind` is nbdkit's name. */
export async function hostByDialog(
  page: Page,
  fields: Readonly<Record<string, string>> = {},
  tcpPort: number | null = null,
  kind: string | null = null,
): Promise<void> {
  await expect(parts.grid(page)).toBeVisible();
  await page.keyboard.press('KeyN');
  if (kind !== null) await page.getByLabel('Kind of disk').selectOption(kind);
  if (tcpPort !== null) {
    await page.getByLabel('TCP on 127.0.0.1, port').check();
    await page.getByLabel('Port', { exact: true }).fill(String(tcpPort));
  }
  await fillAndStart(page, fields);
}

async function fillAndStart(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    await page.getByRole('textbox', { name: label }).fill(value);
  }
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(parts.dialog(page)).toBeHidden();
  await expect(card(page)).toBeVisible();
}

/** The disk's address, as the card shows it. */
export async function uriOf(page: Page): Promise<string> {
  return (await page.getByTestId('host-uri').textContent()) ?? '';
}
