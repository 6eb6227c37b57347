import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';

const ROOT = resolve(import.meta.dirname, '../..');

/** The built product, watched by a real Chromium. */
export interface WatchedWindow {
  /** The product's own process. */
  readonly process: ChildProcess;
  readonly page: Page;
  readonly browser: Browser;
  /** Back end of the picture and the renderer behind it, as the browser names it. */
  readonly renderer: string;
  close(): Promise<void>;
}

/**
 * Starts the built command and opens its window, 1280 x 800. `args` are the command's own, as in `host memory 1G`,
 * `nodeArgs` are Node's; `onSaid` gets what it says on standard error.
 */
export async function watchCommand(
  args: readonly string[],
  stateDir: string,
  {
    nodeArgs = [],
    onSaid = () => {},
  }: { nodeArgs?: readonly string[]; onSaid?: (text: string) => void } = {},
): Promise<WatchedWindow> {
  const command = [...nodeArgs, join(ROOT, 'bin/nbdscope.mjs'), ...args, '--browser', '--no-open'];
  const app = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NBDSCOPE_STATE_DIR: stateDir },
  });
  app.stderr?.on('data', (text: Buffer) => onSaid(text.toString()));
  const url = await printedUrl(app);
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      ...asRoot,
      '--disable-background-networking',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('canvas[data-sequence]').waitFor();
  const renderer = await page.evaluate(() => {
    const backend =
      document.querySelector<HTMLCanvasElement>('canvas[data-backend]')?.dataset['backend'] ?? '?';
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl?.getExtension('WEBGL_debug_renderer_info');
    return `${backend}, ${gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : 'no WebGL'}`;
  });
  return {
    process: app,
    page,
    browser,
    renderer: `${renderer}, Chromium ${browser.version()}`,
    close: async () => {
      await browser.close();
      app.kill('SIGTERM');
    },
  };
}

function printedUrl(app: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    app.once('exit', (code) => fail(new Error(`nbdscope ended with ${code}; is it built?`)));
    let printed = '';
    app.stdout?.on('data', (text: Buffer) => {
      printed += text.toString();
      const found = /http:\/\/\S+\n/.exec(printed);
      if (found !== null) done(found[0].trim());
    });
  });
}

/** Memory that a process has to itself or its share of, MiB; NaN where the system does not tell. */
function memoryMib(pid: number | undefined): number {
  try {
    const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kib ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}

/** Memory of the product's own process and of the one that the window's page runs in, MiB. */
export async function memoryOf(
  window: WatchedWindow,
): Promise<{ readonly engineMib: number; readonly windowMib: number }> {
  const session = await window.browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const pages = processInfo.filter((one) => one.type === 'renderer').map((one) => memoryMib(one.id));
  return { engineMib: memoryMib(window.process.pid), windowMib: Math.max(...pages) };
}

/** One event of Chromium's trace, times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  /** Time on the processor: `dur` less what other processes took of it. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
}

/** Records Chromium's timeline while `during` runs. */
export async function recordTimeline(
  window: WatchedWindow,
  during: () => Promise<void>,
): Promise<TraceEvent[]> {
  await window.browser.startTracing(window.page, {
    categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  await during();
  const trace: unknown = JSON.parse((await window.browser.stopTracing()).toString('utf8'));
  const events = (trace as { readonly traceEvents?: readonly TraceEvent[] }).traceEvents ?? [];
  return [...events];
}
