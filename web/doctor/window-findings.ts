import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { windowCommand } from '#engine/cli/window-options.ts';
import { findBrowsers } from '../launch/browsers.ts';
import { chooseHost, type Surroundings, surroundings } from '../launch/choose-host.ts';
import { installedElectron } from '../launch/electron-runtime.ts';
import type { Finding } from './finding.ts';
import { installAdvice, type PackageSystem } from './packages.ts';

/** Which window there would be, and why; what each host needs. `root` is the folder that holds package.json. */
export function findWindowHosts(
  root: string,
  system: PackageSystem,
  around: Surroundings = surroundings(),
): Finding[] {
  const electron = findElectron(root);
  const browser = findBrowser(system);
  return [hostFinding(electron, browser, around), electron, browser];
}

function hostFinding(electron: Finding, browser: Finding, around: Surroundings): Finding {
  const chosen = chooseHost(windowCommand({ open: true }), around);
  const base = { what: 'window', use: 'where nbdscope opens now' };
  if (chosen.host === 'electron' && electron.state === 'there')
    return { ...base, state: 'there', found: 'in the desktop shell', advice: null };
  const why = chosen.host === 'electron' ? 'the Electron runtime is not installed' : chosen.why;
  if (chosen.host === 'web' && !chosen.openWindow.open)
    return { ...base, state: 'there', found: `at an address, as ${why}`, advice: chosen.openWindow.advice };
  const where = browser.state === 'there' ? `a window of ${browser.found}` : 'a tab of the default browser';
  return { ...base, state: 'there', found: `${where}, as ${why}`, advice: null };
}

function findElectron(root: string): Finding {
  const use = 'the desktop shell';
  const packageDir = resolve(root, 'node_modules/electron');
  if (installedElectron(packageDir) !== null)
    return { what: 'Electron', state: 'there', found: packageVersion(packageDir), use, advice: null };
  const version = packageVersion(packageDir);
  const isPackaged = version === '';
  return {
    what: 'Electron',
    state: 'missing',
    found: isPackaged ? 'not part of this installation' : `the runtime of ${version} is not installed`,
    use,
    advice: isPackaged ? null : `node ${join(packageDir, 'install.js')}`,
  };
}

function packageVersion(packageDir: string): string {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : '';
  } catch {
    return '';
  }
}

function findBrowser(system: PackageSystem): Finding {
  const use = 'the window where there is no desktop shell, and films without a window';
  const [first] = findBrowsers();
  if (first !== undefined)
    return {
      what: 'browser',
      state: 'there',
      found: `${first.name} (${first.executable})`,
      use,
      advice: null,
    };
  const names = { debian: 'chromium', fedora: 'chromium', homebrew: '--cask chromium' };
  return {
    what: 'browser',
    state: 'missing',
    found: 'no Chromium, Chrome or Edge',
    use,
    advice: installAdvice(names, system),
  };
}
