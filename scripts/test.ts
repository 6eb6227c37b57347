import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { countElectronTests, electronTests } from './electron-tests.ts';
import { runStage, type StageResult } from './stage.ts';
import { ensureSystemPackages } from './system-packages.ts';
import { addTallies, NO_TESTS, playwrightTally, type Tally, vitestTally } from './tally.ts';

const ROOT = resolve(import.meta.dirname, '..');
const REPORTS = resolve(ROOT, 'test-results');
const MINUTE_MS = 60_000;

interface Stage {
  readonly name: string;
  readonly command: readonly string[];
  /** Far above what it takes; a stage that hangs is ended and has failed. */
  readonly limitMs: number;
  /** Reads the numbers that the stage has left behind. */
  readonly tally?: () => Tally;
  /** Later stages mean nothing when this one fails. */
  readonly gate?: boolean;
}

const bin = (name: string) => resolve(ROOT, 'node_modules/.bin', name);
const script = (name: string) => [process.execPath, resolve(ROOT, 'scripts/run.mjs'), name];

/** The desktop shell needs a display; a machine without one gets a virtual one. */
function display(): string[] {
  const needed = electronTests(ROOT).run && process.platform === 'linux' && !process.env['DISPLAY'];
  return needed ? ['xvfb-run', '--auto-servernum'] : [];
}

function stages(): Stage[] {
  const vitestReport = resolve(REPORTS, 'vitest.json');
  const playwrightReport = resolve(REPORTS, 'playwright.json');
  return [
    {
      name: 'format and lint',
      command: [bin('biome'), 'check', '--error-on-warnings'],
      limitMs: 2 * MINUTE_MS,
    },
    { name: 'types', command: script('typecheck'), limitMs: 4 * MINUTE_MS },
    { name: 'build', command: script('build'), limitMs: 3 * MINUTE_MS, gate: true },
    {
      name: 'unit and integration',
      command: [
        bin('vitest'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${vitestReport}`,
      ],
      limitMs: 8 * MINUTE_MS,
      tally: () => vitestTally(vitestReport),
    },
    {
      name: 'end to end',
      command: [
        ...display(),
        bin('playwright'),
        'test',
        '--config',
        resolve(ROOT, 'e2e/playwright.config.ts'),
      ],
      limitMs: 12 * MINUTE_MS,
      tally: () => playwrightTally(playwrightReport),
    },
  ];
}

/** `npm test`: everything, ending with one line alone that says how many passed, failed and were skipped. */
export async function run(): Promise<void> {
  if (!ensureSystemPackages()) {
    process.exitCode = 1;
    return;
  }
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  let total: Tally = NO_TESTS;
  const times: string[] = [];
  for (const stage of stages()) {
    process.stdout.write(`\n== ${stage.name}\n`);
    const result = await runStage(stage.command, { cwd: ROOT, limitMs: stage.limitMs });
    times.push(`${stage.name} ${(result.elapsedMs / 1000).toFixed(1)} s`);
    total = addTallies(total, settle(stage, result));
    if (!result.ok && stage.gate === true) break;
  }
  const electron = electronTests(ROOT);
  if (!electron.run) {
    const skipped = countElectronTests(ROOT);
    total = addTallies(total, { ...NO_TESTS, skipped });
    process.stdout.write(`\nSKIPPED: the ${skipped} tests in e2e/electron, as ${electron.why}\n`);
  }
  process.stdout.write(`\n${times.join(', ')}\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

/** What counts are tests; a stage that fails without a test that did counts as one. */
function settle(stage: Stage, result: StageResult): Tally {
  const own = stage.tally?.() ?? NO_TESTS;
  const problem = result.timedOut ? `was ended after ${stage.limitMs / MINUTE_MS} min` : 'failed';
  if (!result.ok) process.stdout.write(`nbdscope: "${stage.name}" ${problem}\n`);
  return !result.ok && own.failed === 0 ? { ...own, failed: 1 } : own;
}
