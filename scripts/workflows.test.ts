import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import config from '../forge.config.ts';

const ROOT = resolve(import.meta.dirname, '..');
const { load } = createRequire(import.meta.url)('js-yaml');

/** What is read of a workflow; a job that lacks a time limit does not parse. */
const WORKFLOW = v.looseObject({
  on: v.record(v.string(), v.unknown()),
  permissions: v.record(v.string(), v.string()),
  jobs: v.record(
    v.string(),
    v.looseObject({
      'runs-on': v.string(),
      'timeout-minutes': v.pipe(v.number(), v.maxValue(90)),
      permissions: v.optional(v.record(v.string(), v.string()), {}),
      needs: v.optional(v.array(v.string()), []),
      strategy: v.optional(v.looseObject({ matrix: v.object({ os: v.array(v.string()) }) })),
      steps: v.array(
        v.looseObject({
          uses: v.optional(v.string()),
          run: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown()), {}),
        }),
      ),
    }),
  ),
});

const FILES = globSync('.github/workflows/*.{yml,yaml}', { cwd: ROOT });
const read = (file: string) => v.parse(WORKFLOW, load(readFileSync(join(ROOT, file), 'utf8')));
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const jobs = (file: string) => Object.entries(read(file).jobs);

/** Every line that a job gives to a shell. */
function lines(file: string): string[] {
  return jobs(file).flatMap(([, { steps }]) => steps.flatMap(({ run = '' }) => run.split('\n')));
}

it('there are two', () => {
  expect(FILES.toSorted()).toEqual(['.github/workflows/ci.yml', '.github/workflows/package.yml']);
});

describe.each(FILES)('%s', (file) => {
  it('may read and no more, but for the job that attaches', () => {
    expect(read(file).permissions).toEqual({ contents: 'read' });
    const writing = jobs(file).filter(([, { permissions }]) => Object.values(permissions).includes('write'));
    expect(writing.map(([name]) => name)).toEqual(file.endsWith('package.yml') ? ['attach'] : []);
    for (const [name, { steps }] of writing)
      expect(steps.map(({ run = '' }) => run).join('\n'), name).not.toMatch(/npm|node /);
  });

  it('pins every action to a commit, says its version, and leaves no token in a clone', () => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const uses = jobs(file).flatMap(([, { steps }]) => steps.filter((step) => step.uses !== undefined));
    expect(uses.length).toBeGreaterThan(4);
    for (const { uses: action = '' } of uses) {
      expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
      expect(text).toMatch(new RegExp(`${action} # v\\d+\\.\\d+\\.\\d+$`, 'm'));
    }
    // One version of each everywhere.
    const versions = new Set(
      FILES.flatMap((one) => readFileSync(join(ROOT, one), 'utf8').match(/actions\/\S+@\S+/g) ?? []),
    );
    expect(versions.size).toBe(new Set([...versions].map((one) => one.split('@')[0])).size);
    for (const step of uses.filter(({ uses: action }) => action?.includes('/checkout@')))
      expect(step.with['persist-credentials']).toBe(false);
  });

  it('runs scripts that are there', () => {
    const told = lines(file).join('\n');
    const scripts = [...told.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
    const paths = [...told.matchAll(/node ((?:scripts|node_modules)\/\S+)/g)].map(([, path]) => path ?? '');
    expect(paths.length + scripts.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const own = [...told.matchAll(/scripts\/run\.mjs ([\w-]+)/g)].map(([, name]) => `scripts/${name}.ts`);
    expect(own.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('uses a Node that nbdscope accepts, and waits only for jobs that it has', () => {
    for (const [, { steps, needs }] of jobs(file)) {
      for (const step of steps.filter(({ uses }) => uses?.includes('/setup-node@'))) {
        expect(step.with['node-version']).toBeGreaterThanOrEqual(
          Number(/\d+/.exec(manifest.engines.node)?.[0]),
        );
        expect(step.with['cache']).toBe('npm');
      }
      expect(needs.filter((name) => !(name in read(file).jobs))).toEqual([]);
    }
  });
});

it('tests and packs on each of the three systems', () => {
  const systems = (file: string) =>
    jobs(file)
      .flatMap(([, job]) => job.strategy?.matrix.os ?? [job['runs-on']])
      .join(' ');
  for (const system of ['ubuntu', 'macos', 'windows']) {
    expect(systems('.github/workflows/ci.yml')).toContain(system);
    expect(systems('.github/workflows/package.yml')).toContain(system);
  }
  for (const [, job] of jobs('.github/workflows/ci.yml')) {
    const told = job.steps.map(({ run = '' }) => run);
    expect(told.some((run) => /\bnpm test$/.test(run))).toBe(true);
    expect(told).toContain('node node_modules/electron/install.js');
  }
});

it('keeps every kind of package that is made', () => {
  const text = readFileSync(join(ROOT, '.github/workflows/package.yml'), 'utf8');
  const kinds = [config.linux?.target, config.mac?.target, config.win?.target].flat().map(String);
  for (const kind of kinds) expect(text).toContain(`release/*.${kind === 'nsis' ? 'exe' : kind}`);
});
