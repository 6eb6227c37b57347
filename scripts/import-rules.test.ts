import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const RULES = ['lint/style/noRestrictedImports', 'lint/correctness/noNodejsModules'];

const Report = v.object({
  diagnostics: v.array(v.object({ category: v.string(), location: v.object({ path: v.string() }) })),
});

/** [file, what it must not import, what it may]; one row per room and border (docs/architecture.md, Rooms). */
const BORDERS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'shared/model/example.ts',
    [
      '#engine/engine.ts',
      '../../web/cli.ts',
      '../../renderer/main.tsx',
      'electron',
      'react',
      'ws',
      'node:fs',
    ],
    ['./page.ts', '../events/vocabulary.ts', 'valibot'],
  ],
  [
    'engine/session/example.ts',
    ['../../web/cli.ts', '../../electron/main.ts', '../../renderer/main.tsx', 'electron', 'react', 'zustand'],
    ['./source.ts', '#shared/events/event-batch.ts', 'node:fs', 'chokidar'],
  ],
  ['engine/session/reach.ts', ['../../shared/bytes/size.ts'], ['#shared/bytes/size.ts']],
  [
    'web/example.ts',
    ['../renderer/main.tsx', '../electron/main.ts', 'electron', 'react', '#engine/../renderer/main.tsx'],
    ['#engine/engine.ts', '#shared/bytes/size.ts', 'ws', 'node:http'],
  ],
  [
    'web/launch/example.ts',
    [
      '../../electron/main.ts',
      '../../renderer/main.tsx',
      '../../shared/bytes/size.ts',
      '../../engine/engine.ts',
    ],
    ['../web-host.ts', '#engine/engine.ts', './run-electron.ts'],
  ],
  [
    'bin/example.mjs',
    ['electron', '../renderer/main.tsx', '../electron/main.ts'],
    ['node:fs', '../dist/node/cli.js'],
  ],
  [
    'electron/example.ts',
    ['../web/cli.ts', '../renderer/main.tsx', 'react', '../shared/bytes/size.ts', '../engine/engine.ts'],
    ['electron', '#engine/engine.ts', '#shared/bytes/size.ts'],
  ],
  [
    'renderer/chrome/example.tsx',
    [
      '#engine/engine.ts',
      '../../web/cli.ts',
      '../../electron/main.ts',
      'electron',
      'ws',
      'chokidar',
      'node:fs',
    ],
    ['react', '#shared/bytes/size.ts', '../session/window-session.ts'],
  ],
];

/** A line of code in a file of a room. */
interface Snippet {
  readonly file: string;
  readonly source: string;
}

const importing = (file: string, module: string): Snippet => ({
  file,
  source: `import { x } from '${module}';\nx();\n`,
});

const FORBIDDEN: readonly Snippet[] = [
  ...BORDERS.flatMap(([file, forbidden]) => forbidden.map((module) => importing(file, module))),
  ...['shared', 'engine', 'web', 'renderer', 'scripts', 'bench', 'e2e'].map((room) =>
    importing(`${room}/only-the-shell.ts`, 'electron'),
  ),
  { file: 'web/re-export.ts', source: "export { x } from '../renderer/main.tsx';\n" },
  { file: 'web/dynamic.ts', source: "await import('../renderer/main.tsx');\n" },
];

const ALLOWED = BORDERS.flatMap(([file, , allowed]) => allowed.map((module) => importing(file, module)));

/** Runs the project's rules over the snippets, each as a file of its own; true where a rule spoke. */
function lint(snippets: readonly Snippet[]): boolean[] {
  const folder = mkdtempSync(join(tmpdir(), 'nbdscope-rules-'));
  try {
    const config: unknown = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
    writeFileSync(
      join(folder, 'biome.json'),
      JSON.stringify(Object.assign({}, config, { vcs: { enabled: false } })),
    );
    const files = snippets.map(({ file }, index) => file.replace(/\.(\w+)$/, `-${index}.$1`));
    snippets.forEach(({ source }, index) => {
      const path = join(folder, files[index] ?? '');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, source);
    });
    const { stdout } = spawnSync(
      resolve(ROOT, 'node_modules/.bin/biome'),
      ['lint', '--reporter=json', '--max-diagnostics=none'],
      { cwd: folder, encoding: 'utf8' },
    );
    const { diagnostics } = v.parse(Report, JSON.parse(stdout));
    const spoken = new Set(
      diagnostics.filter(({ category }) => RULES.includes(category)).map(({ location }) => location.path),
    );
    return files.map((file) => spoken.has(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the import rules', () => {
  const refused = lint(FORBIDDEN);
  const refusedWrongly = lint(ALLOWED);

  it.each(FORBIDDEN.map((snippet, index) => ({ ...snippet, index })))(
    'refuse in $file: $source',
    ({ index }) => {
      expect(refused[index]).toBe(true);
    },
  );

  it.each(ALLOWED.map((snippet, index) => ({ ...snippet, index })))(
    'allow in $file: $source',
    ({ index }) => {
      expect(refusedWrongly[index]).toBe(false);
    },
  );
});
