import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type JSHandle, type Page, test } from '@playwright/test';
import { type RunningApp, recording, startApp, temporaryFolder } from '../support/app.ts';
import { errorSwitch, panel } from '../support/disk-panels.ts';
import { PacedLogs } from '../support/paced-logs.ts';
import { legendCounts, recordedCounts } from '../support/recorded-counts.ts';
import { noteStates, type SaidState } from '../support/said-states.ts';
import { watchForErrors } from '../support/window.ts';

const SPEED = 8;
const DISKS = 5;

/** When a step of the recording began, as its `steps` has it. */
function stepTime(name: string, step: string): string {
  const steps = readFileSync(recording(`${name}/steps`), 'utf8');
  const time = new RegExp(`^STEP ${step} (\\S{15})`, 'm').exec(steps)?.[1];
  if (time === undefined) throw new Error(`${name} has no step ${step}`);
  return time;
}

/** Kernel times at which md had recovered, s: onto disk 4, then onto disk 5. */
function recoveriesEnd(name: string): readonly number[] {
  const kernel = readFileSync(recording(`${name}/guestfish.out`), 'utf8');
  return [...kernel.matchAll(/^\[ *([\d.]+)\] md: md127: recovery done/gm)].map(([, s]) => Number(s));
}

interface FirstSaid {
  readonly disk: string;
  readonly state: string;
  readonly atMs: number;
}

/** The states that disks were said to be in, without their numbers, each once per disk, as they first came. */
async function statesSaid(said: JSHandle<SaidState[]>): Promise<readonly FirstSaid[]> {
  const first = new Map<string, FirstSaid>();
  for (const { disk, words, atMs } of await said.jsonValue()) {
    const states = [words.split(/[,;:]/)[0] ?? ''];
    if (/, rebuilt \d+ s ago/.test(words)) states.push('rebuilt');
    if (words.endsWith('; array degraded')) states.push('degraded');
    for (const state of states) {
      const key = `${disk}: ${state}`;
      if (!first.has(key)) first.set(key, { disk, state, atMs });
    }
  }
  return [...first.values()];
}

/** Every disk's counts, as the legend has them once its panel is in hand. */
async function expectRecordedCounts(page: Page, name: string): Promise<void> {
  const expected = recordedCounts().filter(({ log }) => log.startsWith(`${name}/`));
  expect(expected).toHaveLength(DISKS);
  for (const { log, counts, errors } of expected) {
    await panel(page, log.slice(name.length + 1).replace('log', 'disk '))
      .locator('.panel-name')
      .click();
    const nothingElse = { read: 0, write: 0, trim: 0, zero: 0 };
    await expect
      .poll(() => legendCounts(page), log)
      .toEqual({ ...nothingElse, ...counts, error: errors, inFlight: expect.any(Number) });
  }
}

test.describe('the logs of an array, as they grow', () => {
  let app: RunningApp;
  let writer: PacedLogs | null;
  let said: JSHandle<SaidState[]>;
  let errors: readonly string[];

  test.beforeEach(async ({ page }) => {
    const folder = temporaryFolder();
    writer = null;
    errors = watchForErrors(page);
    app = await startApp(['raid', '5', '64M', join(folder, 'log%d'), join(folder, 'error%d')], folder);
    await page.goto(app.url);
    await expect(page.getByRole('button', { name: /^disk \d waiting$/ })).toHaveCount(DISKS);
    said = await noteStates(page);
  });

  test.afterEach(async () => {
    await writer?.stop();
    await app.stop();
  });

  for (const [name, seesErrors] of [
    ['raid5-blog-5x64M', false],
    ['raid5-logfirst-5x64M', true],
  ] as const) {
    test(`of ${name} are told as they go and counted to the last request`, async ({ page }) => {
      const errorFiles = [3, 4].map((disk) => ({
        path: join(app.folder, `error${disk}`),
        at: stepTime(name, `error${disk}`),
      }));
      // The second rebuild takes its own two seconds, in which even a busy machine shows it once.
      const rebuild = { from: stepTime(name, 'error3'), to: stepTime(name, 'write-during-rebuild') };
      writer = new PacedLogs(name, DISKS, app.folder, SPEED, errorFiles, rebuild);
      await expect(panel(page, 'disk 1')).toBeVisible();
      await expect(errorSwitch(page, 'disk 3')).toHaveAttribute('aria-checked', 'false');
      await expect(errorSwitch(page, 'disk 3'), 'its file appears').toHaveAttribute('aria-checked', 'true');
      await expect(errorSwitch(page, 'disk 4')).toHaveAttribute('aria-checked', 'false');
      expect(await writer.ended).toBe(0);
      await expect(errorSwitch(page, 'disk 4')).toHaveAttribute('aria-checked', 'true');
      await expectRecordedCounts(page, name);
      const hint = panel(page, 'disk 3').getByRole('button', { name: 'Note about disk 3' });
      await expect(hint, 'failures that the log does not hold are missed').toHaveCount(seesErrors ? 0 : 1);

      const states = await statesSaid(said);
      await test.info().attach('what was said', { body: JSON.stringify(await said.jsonValue()) });
      const when = (disk: number, state: string): number => {
        const found = states.find((one) => one.disk === `disk ${disk}` && one.state === state);
        expect(found, `disk ${disk} was said to be ${state}`).toBeDefined();
        return found?.atMs ?? Number.NaN;
      };
      // The first is over in a third of a second, which a busy machine may look past: it is told of afterwards, too.
      const goesOn = states.filter(({ state }) => state === 'being rebuilt');
      expect(goesOn.map(({ disk }) => disk).filter((disk) => !/^disk [45]$/.test(disk))).toEqual([]);
      expect(goesOn.length, 'a rebuild is told while it goes on').toBeGreaterThan(0);
      const rebuilt = [when(4, 'rebuilt'), when(5, 'rebuilt')] as const;
      const story = [rebuilt[0], when(3, 'failed'), rebuilt[1], when(4, 'failed')];
      expect(story).toEqual(story.toSorted((a, b) => a - b));
      for (const disk of [1, 2, 5]) expect(when(disk, 'degraded')).not.toBeNaN();
      const failed = states.filter(({ state }) => state === 'failed').map(({ disk }) => disk);
      expect(failed).toEqual(['disk 3', 'disk 4']);
      const [first = 0, second = 0] = recoveriesEnd(name);
      const betweenMs = rebuilt[1] - rebuilt[0];
      // A window that tells the story at its end tells both at once.
      expect(betweenMs, 'the window kept up').toBeGreaterThan(((second - first) * 1000) / SPEED / 2);
      expect(betweenMs, 'the window kept up').toBeLessThan((second - first) * 1000);
      for (const disk of [1, 2, 5]) {
        await expect(panel(page, `disk ${disk}`).getByTestId('disk-state')).toContainText('degraded');
      }
      expect(errors).toEqual([]);
    });
  }
});
