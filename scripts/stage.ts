import { spawn } from 'node:child_process';

export interface StageResult {
  readonly ok: boolean;
  readonly timedOut: boolean;
  readonly elapsedMs: number;
}

/** How long what is told to end may take to do so. */
const END_LIMIT_MS = 5_000;

/**
 * Runs a command with its output passed through, for at most `limitMs`; then it is ended with everything that it has
 * started (a process group), so that nothing can hang.
 */
export function runStage(
  command: readonly string[],
  options: { readonly cwd: string; readonly limitMs: number },
): Promise<StageResult> {
  const [file = '', ...args] = command;
  const startedMs = performance.now();
  const grouped = process.platform !== 'win32';
  const child = spawn(file, args, {
    cwd: options.cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: grouped,
  });
  const end = (signal: NodeJS.Signals) => {
    try {
      if (grouped && child.pid !== undefined) process.kill(-child.pid, signal);
      else child.kill(signal);
    } catch {
      // The group is gone already.
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), END_LIMIT_MS).unref();
  }, options.limitMs);
  const interrupted = () => {
    end('SIGTERM');
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  return new Promise((resolve) => {
    const finish = (ok: boolean) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      // Whatever a broken-off stage has left running goes with it.
      end('SIGKILL');
      resolve({ ok, timedOut, elapsedMs: performance.now() - startedMs });
    };
    child.once('error', () => finish(false));
    child.once('exit', (code) => finish(code === 0 && !timedOut));
  });
}
