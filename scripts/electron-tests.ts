import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { installedElectron } from '../web/launch/electron-runtime.ts';

/** Whether the tests of the desktop shell (e2e/electron) can run here, or why not. */
export function electronTests(
  root: string,
): { readonly run: true } | { readonly run: false; readonly why: string } {
  if (installedElectron(resolve(root, 'node_modules/electron')) === null) {
    return {
      run: false,
      why: 'the Electron runtime is not installed here (node node_modules/electron/install.js fetches it)',
    };
  }
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { run: false, why: 'the shell keeps its sandbox, which root cannot have' };
  }
  return { run: true };
}

/** How many tests e2e/electron holds: counted as skipped where they cannot run. */
export function countElectronTests(root: string): number {
  return globSync('e2e/electron/**/*.e2e.ts', { cwd: root })
    .map((file) => readFileSync(resolve(root, file), 'utf8').match(/^ *test\(/gm)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}
