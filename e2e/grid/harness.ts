import { type Browser, chromium, type Page } from '@playwright/test';
import { build } from 'vite';

const CHROMIUM_FLAGS = ['--disable-background-networking', '--enable-unsafe-swiftshader'];

/** A Chromium without a window, that of the system; as root it must go without its sandbox. */
export function launchChromium(): Promise<Browser> {
  const asRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...CHROMIUM_FLAGS, ...(asRoot ? ['--no-sandbox'] : [])],
  });
}

/** The test page's script, bundled once. */
async function bundle(): Promise<string> {
  const root = new URL('../..', import.meta.url).pathname;
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: new URL('page.ts', import.meta.url).pathname, formats: ['iife'], name: 'page' },
    },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (output === undefined || !('output' in output)) throw new Error('the test page was not built');
  return output.output[0].code;
}

let script: Promise<string> | null = null;

/** A page with `window.gridPage` (page.ts), at a device pixel ratio. */
export async function openGridPage(browser: Browser, deviceScaleFactor = 1): Promise<Page> {
  script ??= bundle();
  const context = await browser.newContext({ deviceScaleFactor, viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  await page.setContent('<!doctype html><body style="margin:0;background:#888">');
  await page.addScriptTag({ content: await script });
  return page;
}
