import * as v from 'valibot';
import { readReport } from './read-report.ts';

/** How many tests there were, by outcome. */
export interface Tally {
  readonly passed: number;
  /** How many of those that passed failed at first. */
  readonly retried: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: Tally = { passed: 0, retried: 0, failed: 0, skipped: 0 };

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    retried: a.retried + b.retried,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

const VitestReport = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
});

const PlaywrightReport = v.object({
  stats: v.object({ expected: v.number(), unexpected: v.number(), flaky: v.number(), skipped: v.number() }),
});

/** What vitest's JSON reporter wrote; nothing when it did not come to write it. */
export function vitestTally(path: string): Tally {
  const report = readReport(path, VitestReport);
  if (report === null) return NO_TESTS;
  return {
    passed: report.numPassedTests,
    retried: 0,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** What Playwright's JSON reporter wrote; a test that needed a second try has passed, and is counted as such. */
export function playwrightTally(path: string): Tally {
  const report = readReport(path, PlaywrightReport);
  if (report === null) return NO_TESTS;
  const { stats } = report;
  return {
    passed: stats.expected + stats.flaky,
    retried: stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  };
}
