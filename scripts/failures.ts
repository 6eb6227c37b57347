import { stripVTControlCharacters } from 'node:util';
import * as v from 'valibot';
import { readReport } from './read-report.ts';

/** One thing that went wrong in a stage: a failed test, or an error outside of any. */
export interface Failure {
  /** The test's file under the repository's root; empty for an error that no file is known of. */
  readonly file: string;
  /** The test's full title; empty for an error outside of any test. */
  readonly title: string;
  readonly message: string;
  /** Whether it passed when it was tried again. */
  readonly passedAgain?: true;
}

/** As much of each message, and as many failures, as still fit the end of a log that keeps little. */
const MESSAGE_CHARACTERS = 600;
const MOST_LISTED = 20;

const VitestReport = v.object({
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.string(),
      assertionResults: v.array(
        v.object({
          ancestorTitles: v.array(v.string()),
          title: v.string(),
          status: v.string(),
          failureMessages: v.array(v.string()),
        }),
      ),
    }),
  ),
});

const StrayErrors = v.array(v.object({ file: v.string(), message: v.string() }));

/**
 * The failed tests of vitest's JSON report, and the errors outside of tests that `stray-errors.ts` wrote at
 * `strayErrors`. `root` is what files are told relative to.
 */
export function vitestFailures(report: string, strayErrors: string, root: string): Failure[] {
  const failures: Failure[] = [];
  for (const { file, message } of readReport(strayErrors, StrayErrors) ?? []) {
    failures.push({ file: under(root, file), title: '', message });
  }
  for (const module of readReport(report, VitestReport)?.testResults ?? []) {
    const file = under(root, module.name);
    const before = failures.length;
    for (const test of module.assertionResults) {
      if (test.status !== 'failed') continue;
      const title = [...test.ancestorTitles, test.title].filter((part) => part !== '').join(' > ');
      failures.push({ file, title, message: test.failureMessages[0] ?? '' });
    }
    const told = failures.length > before || failures.some((one) => one.file === file);
    if (module.status === 'failed' && !told) failures.push({ file, title: '', message: module.message });
  }
  return failures;
}

const PlaywrightError = v.object({ message: v.optional(v.string(), '') });
const PlaywrightSpec = v.object({
  title: v.string(),
  file: v.string(),
  tests: v.array(
    v.object({
      projectName: v.string(),
      status: v.string(),
      results: v.array(v.object({ status: v.string(), errors: v.array(PlaywrightError) })),
    }),
  ),
});

interface PlaywrightSuite {
  readonly title: string;
  readonly specs: v.InferOutput<typeof PlaywrightSpec>[];
  readonly suites?: PlaywrightSuite[] | undefined;
}

const PlaywrightSuite: v.GenericSchema<unknown, PlaywrightSuite> = v.object({
  title: v.string(),
  specs: v.array(PlaywrightSpec),
  suites: v.optional(v.array(v.lazy(() => PlaywrightSuite))),
});

const PlaywrightReport = v.object({
  config: v.object({ rootDir: v.string() }),
  suites: v.array(PlaywrightSuite),
  errors: v.array(PlaywrightError),
});

/** The failed tests of Playwright's JSON report, a flaky one among them, and its errors outside of tests. */
export function playwrightFailures(report: string, root: string): Failure[] {
  const read = readReport(report, PlaywrightReport);
  if (read === null) return [];
  const failures: Failure[] = read.errors.map(({ message }) => ({ file: '', title: '', message }));
  const walk = (suite: PlaywrightSuite, titles: readonly string[]): void => {
    for (const spec of suite.specs) {
      for (const test of spec.tests) {
        if (test.status !== 'unexpected' && test.status !== 'flaky') continue;
        const failed = test.results.find(({ status }) => status !== 'passed');
        failures.push({
          file: under(root, `${read.config.rootDir}/${spec.file}`),
          title: [`[${test.projectName}]`, ...titles, spec.title].join(' > '),
          message: failed?.errors.map(({ message }) => message).join('\n') || (failed?.status ?? test.status),
          ...(test.status === 'flaky' ? { passedAgain: true } : {}),
        });
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, [...titles, inner.title]);
  };
  // The outermost suites are the files, which are told already.
  for (const file of read.suites) walk(file, []);
  return failures;
}

function under(root: string, file: string): string {
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}

/** What the failures are, for the end of a log: the first 20, each with the first lines of its message. */
export function listFailures(failures: readonly Failure[]): string {
  const lines = failures.slice(0, MOST_LISTED).map(({ file, title, message, passedAgain }) => {
    const what = [file, title].filter((part) => part !== '').join(' > ') || 'outside of any test';
    return `${passedAgain ? 'FAILED AT FIRST, then passed' : 'FAILED'}: ${what}\n${indent(shorten(message))}`;
  });
  const more = failures.length - lines.length;
  if (more > 0) lines.push(`and ${more} more\n`);
  return lines.join('');
}

/** The first lines of a message: without colours, and without the stack's frames that are not ours. */
function shorten(message: string): string {
  const text = plain(message)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at .*(node_modules|node:)/.test(line))
    .join('\n');
  return text.length > MESSAGE_CHARACTERS ? `${text.slice(0, MESSAGE_CHARACTERS)}…` : text;
}

function indent(text: string): string {
  return text === '' ? '' : `${text.replaceAll(/^/gm, '    ')}\n`;
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\r', '');
}
