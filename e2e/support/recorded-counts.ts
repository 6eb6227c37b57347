import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { recording } from './app.ts';

/** What the recordings' README states of one log. */
export interface RecordedCounts {
  /** Its path under assets/recordings. */
  readonly log: string;
  /** Requests by operation, as the legend names them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly errors: number;
}

/** The letters of the README's "by kind" column. */
const LETTERS: Readonly<Record<string, string>> = {
  R: 'read',
  W: 'write',
  T: 'trim',
  Z: 'zero',
  F: 'flush',
  C: 'cache',
  X: 'extents',
};

/** The rows of the table "What each log holds". */
export function recordedCounts(): RecordedCounts[] {
  const text = readFileSync(recording('README.md'), 'utf8');
  return text.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [log = '', , , , kinds = ''] = cells;
    if (cells.length !== 11 || !/^[A-Z]:\d/.test(kinds)) return [];
    const counts = Object.fromEntries(
      kinds.split(' ').map((kind) => [LETTERS[kind[0] ?? ''] ?? kind, Number(kind.slice(2))]),
    );
    return [{ log, counts, errors: Number(cells[10]) }];
  });
}

/** All that the legend counts, by its layers and operations. */
export async function legendCounts(page: Page): Promise<Record<string, number>> {
  const rows = await page
    .locator('[data-testid^="legend-"]')
    .evaluateAll((elements) =>
      elements.map((element): [string, number] => [
        (element as HTMLElement).dataset['testid']?.slice('legend-'.length) ?? '',
        Number(element.querySelector<HTMLElement>('[data-count]')?.dataset['count']),
      ]),
    );
  return Object.fromEntries(rows);
}
