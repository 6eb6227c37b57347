import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { build, type InlineConfig } from 'vite';
import { BUILT_STAMP, isBuildStale } from './stale.ts';

const ROOT = resolve(import.meta.dirname, '..');

/** What is installed beside the product, by its package.json. */
function dependencies(): string[] {
  const manifest: unknown = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  return Object.keys(
    v.parse(v.object({ dependencies: v.record(v.string(), v.string()) }), manifest).dependencies,
  );
}

/** A bundle for Node or Electron. What package.json calls a dependency stays an import; everything else goes in. */
function nodeBundle(
  outDir: string,
  entries: Readonly<Record<string, string>>,
  format: 'es' | 'cjs',
): InlineConfig {
  return {
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    ssr: { noExternal: true, external: ['electron', ...dependencies()] },
    build: {
      ssr: true,
      target: 'node24',
      outDir,
      emptyOutDir: false,
      minify: false,
      sourcemap: true,
      // The preload script, beside which another bundle lies, has nothing of others in it.
      license: format === 'es' && { fileName: 'licences.md' },
      rolldownOptions: {
        input: { ...entries },
        output: {
          format,
          entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
          chunkFileNames: 'chunks/[name]-[hash].js',
        },
      },
    },
  };
}

/** Builds the window, the command line and the desktop shell into dist/; a build that fails leaves the last one. */
export async function buildAll(): Promise<void> {
  // Two builds at once keep apart.
  const next = resolve(ROOT, `dist.next-${process.pid}`);
  const dist = resolve(ROOT, 'dist');
  try {
    mkdirSync(next);
    writeFileSync(resolve(next, BUILT_STAMP), '');
    await build({
      configFile: resolve(ROOT, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: resolve(next, 'renderer') },
    });
    // A thread of the engine's, which looks for it beside itself.
    const worker = { 'encoding-worker': 'engine/history/encoding-worker.ts' };
    const electron = { main: 'electron/main.ts', engine: 'electron/engine-process.ts', ...worker };
    await build(nodeBundle(`${next}/node`, { cli: 'web/cli.ts', ...worker }, 'es'));
    await build(nodeBundle(`${next}/electron`, electron, 'es'));
    await build(nodeBundle(`${next}/electron`, { preload: 'electron/preload.ts' }, 'cjs'));
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** `npm run build`; with `--if-stale`, only when a source is newer than what is built. */
export async function run(args: readonly string[]): Promise<void> {
  if (args.includes('--if-stale') && !isBuildStale(ROOT)) return;
  const startedMs = performance.now();
  await buildAll();
  process.stdout.write(`nbdscope: built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}
