import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** How long fetching the runtime (some 120 MB) may take before the browser is used instead. */
const FETCH_LIMIT_MS = 25_000;
/** How long a failed fetch is remembered, so that each start does not wait for it anew. */
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

export interface RuntimeContext {
  readonly root: string;
  readonly stateDir: string;
  readonly fetchElectron: boolean;
}

export type ElectronRuntime = { readonly executable: string } | { readonly missing: string };

/**
 * Where Electron's executable is, fetching it first where that is allowed. `missing` completes the sentence
 * "in the browser, as ...".
 */
export async function findElectron(
  context: RuntimeContext,
  say: (text: string) => void,
  limitMs = FETCH_LIMIT_MS,
): Promise<ElectronRuntime> {
  const packageDir = resolve(context.root, 'node_modules/electron');
  const present = installedElectron(packageDir);
  if (present !== null) return { executable: present };
  const installer = join(packageDir, 'install.js');
  if (!context.fetchElectron || !existsSync(installer)) {
    return { missing: 'the Electron runtime is not installed' };
  }
  const note = join(context.stateDir, 'electron-fetch-failed');
  if (isRecent(note)) {
    return {
      missing: `the Electron runtime could not be fetched (tried within a day; delete ${note} to try again)`,
    };
  }
  say(`fetching the Electron runtime, for at most ${Math.round(limitMs / 1000)} s ...`);
  const failure = await runInstaller(installer, limitMs);
  const fetched = installedElectron(packageDir);
  if (fetched !== null) return { executable: fetched };
  mkdirSync(context.stateDir, { recursive: true });
  writeFileSync(note, `${failure}\n`);
  return { missing: `the Electron runtime could not be fetched (${failure})` };
}

/** The executable that the electron package's installer has unpacked, or null. `path.txt` is what it writes last. */
export function installedElectron(packageDir: string): string | null {
  const pathFile = join(packageDir, 'path.txt');
  if (!existsSync(pathFile)) return null;
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(packageDir, 'dist');
  const executable = join(dist, readFileSync(pathFile, 'utf8'));
  return existsSync(executable) ? executable : null;
}

function isRecent(path: string): boolean {
  return existsSync(path) && Date.now() - statSync(path).mtimeMs < RETRY_AFTER_MS;
}

/** Runs the installer for at most `limitMs`; resolves to why it failed, empty when it did not. */
function runInstaller(installer: string, limitMs: number): Promise<string> {
  return new Promise((resolveFailure) => {
    const child = spawn(process.execPath, [installer], { stdio: ['ignore', 'ignore', 'pipe'] });
    let lastWords = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(0, 2000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolveFailure(error.message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolveFailure('');
      else if (signal !== null) resolveFailure('it took too long');
      else resolveFailure(lastWords.split('\n', 1)[0]?.trim() || `exit code ${code}`);
    });
  });
}
