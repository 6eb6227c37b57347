import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addTallies, NO_TESTS, playwrightTally, vitestTally } from './tally.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-tally-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function report(content: unknown): string {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

it('reads what vitest reports', () => {
  const path = report({
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [],
  });
  expect(vitestTally(path)).toEqual({ passed: 5, retried: 0, failed: 1, skipped: 3 });
});

it('reads what Playwright reports, and counts what passed at the second try', () => {
  const path = report({ stats: { expected: 5, unexpected: 1, flaky: 1, skipped: 2 } });
  expect(playwrightTally(path)).toEqual({ passed: 6, retried: 1, failed: 1, skipped: 2 });
});

it('counts nothing where no report was written', () => {
  expect(vitestTally(join(folder, 'none.json'))).toEqual(NO_TESTS);
  expect(addTallies(NO_TESTS, { passed: 1, retried: 1, failed: 2, skipped: 3 })).toEqual({
    passed: 1,
    retried: 1,
    failed: 2,
    skipped: 3,
  });
});
