import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { countElectronTests, electronTests } from './electron-tests.ts';
import {
  type Failure,
  listFailures,
  listSkips,
  playwrightFailures,
  playwrightSkips,
  type Skip,
  vitestFailures,
  vitestSkips,
} from './failures.ts';
import { runStage, type StageResult } from './stage.ts';
import { STRAY_ERRORS } from './stray-errors.ts';
import { ensureSystemPackages } from './system-packages.ts';
import { addTallies, NO_TESTS, playwrightTally, type Tally, vitestTally } from './tally.ts';

const ROOT = resolve(import.meta.dirname, '..');
const REPORTS = resolve(ROOT, 'test-results');
const MINUTE_MS = 60_000;

/** Elsewhere than on Linux there is no nbdkit, no libnbd and no qemu to drive: only what needs none of them is tried. */
const PORTABLE_ONLY = process.platform !== 'linux';
const PORTABLE_TESTS = ['shared/', 'renderer/'];
const LEFT_OUT = `SKIPPED on ${process.platform}: every test in engine/, web/, electron/, scripts/, bench/, docs/, bin/ and e2e/ but
e2e/electron, for they drive nbdkit, libnbd, qemu and Linux itself. Only Linux runs them all.
`;

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /** Far above what it takes; a stage that hangs is ended and has failed. */
  readonly limitMs: number;
  /** Reads the numbers that the stage has left behind. */
  readonly tally?: () => Tally;
  /** Reads which of its tests failed, and what else went wrong in it. */
  readonly failures?: () => Failure[];
  /** Reads which of its tests did not run. */
  readonly skips?: () => Skip[];
  /** Later stages mean nothing when this one fails. */
  readonly gate?: boolean;
}

/** Run by this Node as they are: what npm puts in .bin is no program on Windows. */
const tool = (path: string) => [process.execPath, resolve(ROOT, 'node_modules', path)];
const script = (name: string) => [process.execPath, resolve(ROOT, 'scripts/run.mjs'), name];

/** The desktop shell needs a display; a machine without one gets a virtual one. */
function display(): string[] {
  const needed = electronTests(ROOT).run && process.platform === 'linux' && !process.env['DISPLAY'];
  return needed ? ['xvfb-run', '--auto-servernum'] : [];
}

function stages(): Stage[] {
  const vitestReport = resolve(REPORTS, 'vitest.json');
  const playwrightReport = resolve(REPORTS, 'playwright.json');
  const all: Stage[] = [
    {
      name: 'format and lint',
      command: [...tool('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
      limitMs: 5 * MINUTE_MS,
    },
    { name: 'types', command: script('typecheck'), limitMs: 10 * MINUTE_MS },
    { name: 'build', command: script('build'), limitMs: 10 * MINUTE_MS, gate: true },
    {
      name: 'unit and integration',
      command: [
        ...tool('vitest/vitest.mjs'),
        'run',
        ...(PORTABLE_ONLY ? PORTABLE_TESTS : []),
        '--reporter=default',
        '--reporter=json',
        `--reporter=${resolve(ROOT, 'scripts/stray-errors.ts')}`,
        `--outputFile.json=${vitestReport}`,
      ],
      limitMs: 20 * MINUTE_MS,
      tally: () => vitestTally(vitestReport),
      failures: () => vitestFailures(vitestReport, resolve(ROOT, STRAY_ERRORS), ROOT),
      skips: () => vitestSkips(vitestReport, ROOT),
    },
    {
      name: 'end to end',
      command: [
        ...display(),
        ...tool('@playwright/test/cli.js'),
        'test',
        '--config',
        resolve(ROOT, 'e2e/playwright.config.ts'),
        ...(PORTABLE_ONLY ? ['--project', 'electron'] : []),
      ],
      limitMs: 30 * MINUTE_MS,
      tally: () => playwrightTally(playwrightReport),
      failures: () => playwrightFailures(playwrightReport, ROOT),
      skips: () => playwrightSkips(playwrightReport, ROOT),
    },
  ];
  // Without the desktop shell nothing is left of the last one there.
  return PORTABLE_ONLY && !electronTests(ROOT).run ? all.slice(0, -1) : all;
}

/**
 * `npm test`: everything, ending with what failed, so that a log of which only the end is kept still tells it, and one
 * line alone that says how many passed, failed and were skipped.
 */
export async function run(): Promise<void> {
  if (PORTABLE_ONLY) {
    process.stdout.write(`\n${LEFT_OUT}`);
  } else if (!ensureSystemPackages()) {
    process.exitCode = 1;
    return;
  }
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  let total: Tally = NO_TESTS;
  const times: string[] = [];
  const failures: Failure[] = [];
  const skips: Skip[] = [];
  for (const stage of stages()) {
    process.stdout.write(`\n== ${stage.name}\n`);
    const result = await runStage(stage.command, { cwd: ROOT, limitMs: stage.limitMs });
    times.push(`${stage.name} ${(result.elapsedMs / 1000).toFixed(1)} s`);
    const { tally, problems } = settle(stage, result);
    total = addTallies(total, tally);
    failures.push(...problems);
    skips.push(...(stage.skips?.() ?? []));
    if (!result.ok && stage.gate === true) break;
  }
  const electron = electronTests(ROOT);
  if (!electron.run) {
    const skipped = countElectronTests(ROOT);
    total = addTallies(total, { ...NO_TESTS, skipped });
    process.stdout.write(`\nSKIPPED: the ${skipped} tests in e2e/electron, as ${electron.why}\n`);
  }
  if (PORTABLE_ONLY) process.stdout.write(`\n${LEFT_OUT}`);
  if (skips.length > 0) process.stdout.write(`\n${listSkips(skips)}`);
  process.stdout.write(`\n${times.join(', ')}\n`);
  if (failures.length > 0) process.stdout.write(`\n${listFailures(failures)}\n`);
  if (total.retried > 0) {
    process.stdout.write(`${total.retried} of those that passed FAILED AT FIRST: see above\n`);
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

/** What counts are tests; a stage that fails without a test that did counts as one, and is named like one. */
function settle(stage: Stage, result: StageResult): { tally: Tally; problems: Failure[] } {
  const tally = stage.tally?.() ?? NO_TESTS;
  const problems = stage.failures?.() ?? [];
  if (result.ok) return { tally, problems };
  const problem = result.timedOut ? `was ended after ${stage.limitMs / MINUTE_MS} min` : 'failed';
  process.stdout.write(`nbdscope: "${stage.name}" ${problem}\n`);
  if (tally.failed > 0 && !result.timedOut) return { tally, problems };
  const named = { file: '', title: `the stage "${stage.name}"`, message: `It ${problem}.` };
  return { tally: { ...tally, failed: Math.max(1, tally.failed) }, problems: [named, ...problems] };
}
