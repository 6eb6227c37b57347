import { expect, type Locator, type Page } from '@playwright/test';
import { pickItem } from './menus.ts';

/** What a hosted disk in hand is made to do, by a person in the window. */
export interface RuleFields {
  readonly name: string;
  /** Operations it holds for; those of a new rule where left out. */
  readonly ops?: readonly string[];
  /** First block, and the one after the last; everywhere where left out. */
  readonly blocks?: readonly [from: string, to: string];
  /** As the form words it. */
  readonly does?:
    | 'Fail with an error'
    | 'Answer late'
    | 'Never answer, until released'
    | 'Hang up on the client'
    | 'Refuse to be changed, as read-only';
  readonly error?: string;
  /** Other fields by their labels, as in `Only the first`. */
  readonly fields?: Readonly<Record<string, string>>;
}

export const faults = (page: Page): Locator => page.getByTestId('faults');

/** A rule's row, by what it is called. */
export const ruleRow = (page: Page, name: string): Locator =>
  page.getByTestId('rule').filter({ has: page.locator('.rule-name').getByText(name, { exact: true }) });

const form = (page: Page): Locator => page.getByTestId('rule-editor');

/** Fills the form and keeps the rule: a new one, or that of this name as it is from then on. */
export async function writeRule(page: Page, rule: RuleFields): Promise<void> {
  const row = ruleRow(page, rule.name);
  if ((await row.count()) === 0) await faults(page).getByRole('button', { name: 'Add a rule' }).click();
  else await row.getByRole('button', { name: /^Change the rule/ }).click();
  await form(page).getByLabel('Name', { exact: true }).fill(rule.name);
  if (rule.ops !== undefined) {
    for (const box of await form(page).locator('.rule-ops label').all()) {
      const op = (await box.textContent()) ?? '';
      await box.getByRole('checkbox').setChecked(rule.ops.includes(op));
    }
  }
  if (rule.blocks !== undefined) {
    await form(page).getByLabel('On these blocks').check();
    await form(page).getByLabel('From block').fill(rule.blocks[0]);
    await form(page).getByLabel('Up to, without').fill(rule.blocks[1]);
  }
  if (rule.does !== undefined) {
    await form(page).getByLabel('It makes the disk').selectOption({ label: rule.does });
  }
  if (rule.error !== undefined) {
    await form(page).getByLabel('Error', { exact: true }).selectOption(rule.error);
  }
  for (const [label, value] of Object.entries(rule.fields ?? {})) {
    await form(page).getByRole('textbox', { name: label, exact: true }).fill(value);
  }
  await form(page).locator('button[type=submit]').click();
  await expect(form(page)).toBeHidden();
  await expect(row).toBeVisible();
}

/** Turns a rule on or off by its switch. */
export async function turnRule(page: Page, name: string, on: boolean): Promise<void> {
  const own = page.getByRole('switch', { name: `Rule ${name}`, exact: true });
  await own.click();
  await expect(own).toHaveAttribute('aria-checked', String(on));
}

/** Adds the rules of a preset, by its name. */
export async function addPreset(page: Page, name: string): Promise<void> {
  await faults(page).getByRole('button', { name: 'Presets' }).click();
  await pickItem(page, new RegExp(`^${name}`));
}
