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

/** One test that did not run. */
export interface Skip {
  readonly file: string;
  readonly title: string;
  /** The reason that the test itself told; empty when it told none, or was never come to. */
  readonly why: string;
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
          meta: v.optional(v.object({ skippedAs: v.optional(v.string(), '') })),
        }),
      ),
    }),
  ),
});

/** The tests that vitest's JSON report says were left out, with the reason where they noted one (`task.meta.skippedAs`). */
export function vitestSkips(report: string, root: string): Skip[] {
  return (readReport(report, VitestReport)?.testResults ?? []).flatMap((module) =>
    module.assertionResults
      .filter(({ status }) => status === 'skipped' || status === 'pending')
      .map((test) => ({
        file: under(root, module.name),
        title: fullTitle(test),
        why: test.meta?.skippedAs ?? '',
      })),
  );
}

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
      failures.push({ file, title: fullTitle(test), message: test.failureMessages[0] ?? '' });
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
      annotations: v.array(v.object({ type: v.string(), description: v.optional(v.string(), '') })),
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
  for (const { file, title, test } of playwrightTests(read, root)) {
    if (test.status !== 'unexpected' && test.status !== 'flaky') continue;
    const failed = test.results.find(({ status }) => status !== 'passed');
    const message =
      failed?.errors.map((error) => error.message).join('\n') || (failed?.status ?? test.status);
    failures.push({ file, title, message, ...(test.status === 'flaky' ? { passedAgain: true } : {}) });
  }
  return failures;
}

/** The tests that Playwright's JSON report says did not run, each with the reason it gave. */
export function playwrightSkips(report: string, root: string): Skip[] {
  const read = readReport(report, PlaywrightReport);
  if (read === null) return [];
  return [...playwrightTests(read, root)]
    .filter(({ test }) => test.status === 'skipped')
    .map(({ file, title, test }) => {
      const why = test.annotations.find(({ type }) => type === 'skip')?.description ?? '';
      return { file, title, why };
    });
}

type PlaywrightTest = v.InferOutput<typeof PlaywrightSpec>['tests'][number];

/** Every test of a report, once for each project. */
function* playwrightTests(
  read: v.InferOutput<typeof PlaywrightReport>,
  root: string,
): Generator<{ file: string; title: string; test: PlaywrightTest }> {
  function* walk(suite: PlaywrightSuite, titles: readonly string[]): ReturnType<typeof playwrightTests> {
    for (const spec of suite.specs) {
      for (const test of spec.tests) {
        const title = [`[${test.projectName}]`, ...titles, spec.title].join(' > ');
        yield { file: under(root, `${read.config.rootDir}/${spec.file}`), title, test };
      }
    }
    for (const inner of suite.suites ?? []) yield* walk(inner, [...titles, inner.title]);
  }
  // The outermost suites are the files, which are told already.
  for (const file of read.suites) yield* walk(file, []);
}

function fullTitle(test: { readonly ancestorTitles: readonly string[]; readonly title: string }): string {
  return [...test.ancestorTitles, test.title].filter((part) => part !== '').join(' > ');
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

/** What did not run and why, for the end of a log: every test, as none may be missed. */
export function listSkips(skips: readonly Skip[]): string {
  return skips
    .map(({ file, title, why }) => `SKIPPED: ${file} > ${title}${why === '' ? '' : `, as ${shorten(why)}`}\n`)
    .join('');
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
