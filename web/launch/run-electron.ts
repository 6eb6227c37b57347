import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { WindowCommand } from '#engine/cli/arguments.ts';
import { encodeLaunchRequest, LAUNCH_VARIABLE, READY_LINE } from '#engine/cli/launch-request.ts';
import { onEndSignal } from './end-signals.ts';

/** How long the desktop window may take to show its picture before the browser is used instead. */
const READY_LIMIT_MS = 20_000;
/** How long a shell that is told to end may take. */
const END_LIMIT_MS = 3_000;

/** How the shell ended: with a code to pass on, or before its window was up (completes "in the browser, as ..."). */
export type ElectronEnd = { readonly exitCode: number } | { readonly failure: string };

/** Runs the desktop shell until it ends. Standard input is handed to it only once its window is up. */
export function runElectron(
  executable: string,
  command: WindowCommand,
  context: { readonly root: string },
  readyLimitMs = READY_LIMIT_MS,
): Promise<ElectronEnd> {
  const { ELECTRON_RUN_AS_NODE: _runAsNode, ...env } = process.env;
  const child = spawn(executable, [context.root], {
    env: {
      ...env,
      [LAUNCH_VARIABLE]: encodeLaunchRequest({
        logs: command.logs.map((log) => resolve(log)),
        set: command.set,
        stdin: command.stdin,
        captions: command.captions === null ? null : resolve(command.captions),
        compare: command.compare,
        sizeBytes: command.sizeBytes,
        images: command.images,
        record: command.record === null ? null : resolve(command.record),
      }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return new Promise((resolveEnd) => {
    let ready = false;
    let failure: string | null = null;
    const readyTimer = setTimeout(() => {
      failure = `the desktop window was not up within ${Math.round(readyLimitMs / 1000)} s`;
      endChild(child);
    }, readyLimitMs);
    let toldToEnd = false;
    const stopPassing = passSignals(child, () => {
      toldToEnd = true;
    });
    const finish = (end: ElectronEnd) => {
      clearTimeout(readyTimer);
      stopPassing();
      if (command.stdin && ready) process.stdin.unpipe(child.stdin).pause();
      resolveEnd(end);
    };

    child.stdin.on('error', () => {});
    onLine(child, (line) => {
      if (line !== READY_LINE) {
        process.stdout.write(`${line}\n`);
      } else if (!ready) {
        ready = true;
        clearTimeout(readyTimer);
        if (command.stdin) process.stdin.pipe(child.stdin);
        else child.stdin.end();
      }
    });
    child.once('error', (error) => finish({ failure: `the desktop shell did not start (${error.message})` }));
    child.once('close', (code, signal) => {
      if (toldToEnd) finish({ exitCode: code ?? 0 });
      else if (ready || code === 0) finish({ exitCode: code ?? 1 });
      else finish({ failure: failure ?? `the desktop shell ended early (${signal ?? `exit code ${code}`})` });
    });
  });
}

function endChild(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS).unref();
}

/** Ctrl-C reaches the shell by the terminal; ending it by ourselves too covers being told to end by a program. */
function passSignals(child: ChildProcess, onSignal: () => void): () => void {
  const end = () => {
    onSignal();
    endChild(child);
  };
  return onEndSignal(end);
}

function onLine(child: ChildProcess, take: (line: string) => void): void {
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
