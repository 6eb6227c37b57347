import { existsSync, globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const DOC = readFileSync(resolve(ROOT, 'docs/security.md'), 'utf8');

it('names places that are there, and answers every item of the list', () => {
  const paths = [...DOC.matchAll(/`([a-z]+\/[\w./-]+|[\w-]+\.(?:ts|json|md))`/g)].map(
    (found) => found[1] ?? '',
  );
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !existsSync(resolve(ROOT, path)))).toEqual([]);
  const items = [...DOC.matchAll(/^\| (\d+)\. /gm)].map((found) => Number(found[1]));
  expect(items).toEqual(Array.from({ length: 20 }, (_item, at) => at + 1));
});

it('has a part for each door: the NBD server, the web host, captures, images', () => {
  const parts = DOC.split(/^## /m);
  for (const [door, folder] of [
    ['NBD server', '`engine/nbd/'],
    ['web host', '`web/'],
    ['Captures and logs', '`engine/capture/'],
    ['Images', '`engine/structures'],
  ] as const)
    expect(parts.find((part) => part.split('\n')[0]?.includes(door)) ?? '', door).toContain(folder);
});

it('is true of what is said of the window: no HTML is made of a string', () => {
  const sources = globSync('renderer/**/*.{ts,tsx}', { cwd: ROOT }).filter(
    (path) => !path.includes('.test.'),
  );
  expect(sources.length).toBeGreaterThan(50);
  for (const path of sources)
    expect(readFileSync(resolve(ROOT, path), 'utf8'), path).not.toMatch(
      /dangerouslySetInnerHTML|\b(?:inner|outer)HTML\s*=|insertAdjacentHTML|document\.write\(/,
    );
});

it('is true of the shell', () => {
  const main = readFileSync(resolve(ROOT, 'electron/main.ts'), 'utf8');
  for (const said of [
    'app.enableSandbox()',
    'nodeIntegration: false',
    'contextIsolation: true',
    'webSecurity: true',
  ])
    expect(main).toContain(said);
  for (const never of [
    'allowRunningInsecureContent',
    'experimentalFeatures',
    'enableBlinkFeatures',
    'webviewTag',
    'file://',
  ])
    expect(main).not.toContain(never);
  const handlers = main.split(/ipcMain\.(?:on|handle)\(/).slice(1);
  expect(handlers.length).toBeGreaterThan(3);
  for (const handler of handlers) expect(handler.split('ipcMain')[0]).toContain('isOwnSender(event)');
});
