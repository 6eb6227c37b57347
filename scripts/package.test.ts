import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createPackage, extractFile, listPackage } from '@electron/asar';
import { FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../forge.config.ts';
import { run as writeBill } from './sbom.ts';

/**
 * The real electron-builder packs the app around something that stands in for Electron's runtime, which is fetched from
 * elsewhere: files of the names it has, and a "binary" with nothing but the fuses, all on.
 */

const ROOT = resolve(import.meta.dirname, '..');
/** What @electron/fuses looks for in a binary, then version, number of fuses, and each of them. */
const FUSES = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([Number(FuseVersion.V1), 9]),
  Buffer.from('1'.repeat(9)),
]);

let folder: string;
let app: string;
let asar: string;
let packed: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-package-'));
  const runtime = join(folder, 'runtime');
  for (const name of [
    'electron',
    'chrome-sandbox',
    'chrome_crashpad_handler',
    'LICENSE',
    'LICENSES.chromium.html',
  ]) {
    mkdirSync(runtime, { recursive: true });
    writeFileSync(join(runtime, name), name);
  }
  writeFileSync(join(runtime, 'electron'), FUSES);
  chmodSync(join(runtime, 'electron'), 0o755);
  mkdirSync(join(runtime, 'locales'));
  writeFileSync(join(runtime, 'locales/en-US.pak'), '');
  mkdirSync(join(folder, 'nothing'));
  writeFileSync(join(folder, 'nothing/package.json'), '{}');
  mkdirSync(join(runtime, 'resources'));
  await createPackage(join(folder, 'nothing'), join(runtime, 'resources/default_app.asar'));
  await writeBill(['--desktop']);
  execFileSync(
    join(ROOT, 'node_modules/.bin/electron-builder'),
    [
      ...['--config', 'forge.config.ts', '--linux', '--dir', '--publish', 'never'],
      ...[`-c.electronDist=${runtime}`, `-c.directories.output=${join(folder, 'release')}`],
    ],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const unpacked = process.arch === 'x64' ? 'linux-unpacked' : `linux-${process.arch}-unpacked`;
  app = join(folder, 'release', unpacked);
  asar = join(app, 'resources/app.asar');
  packed = listPackage(asar, { isPack: false }).map((path) => path.replaceAll('\\', '/'));
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (path: string): string => extractFile(asar, path.slice(1)).toString('utf8');

describe('the packed app', () => {
  it('begins at a file that is in it, and has the window, the command and the licence', () => {
    const { main } = JSON.parse(text('/package.json'));
    expect(packed).toContain(`/${main}`);
    for (const path of [
      '/dist/renderer/index.html',
      '/dist/electron/preload.cjs',
      '/dist/node/cli.js',
      '/LICENSE',
    ])
      expect(packed).toContain(path);
    expect(
      packed.filter((path) => path.startsWith('/assets/recordings/') && path.endsWith('/log')).length,
    ).toBeGreaterThan(5);
  });

  it('holds every module that its code imports', () => {
    const code = packed.filter((path) => /^\/dist\/(node|electron)\/.*\.c?js$/.test(path));
    expect(code.length).toBeGreaterThan(3);
    const imports = /^import (?:.* from )?"([^"]+)";|\bimport\("([^"]+)"\)|^\} from "([^"]+)";/gm;
    const missing: string[] = [];
    for (const path of code) {
      for (const found of text(path).matchAll(imports)) {
        const name = found[1] ?? found[2] ?? found[3] ?? '';
        if (name.startsWith('.')) {
          const target = join(dirname(path), name);
          if (!packed.includes(target)) missing.push(`${path}: ${name}`);
        } else if (name !== 'electron' && !name.startsWith('node:') && !builtinModules.includes(name)) {
          const parts = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
          if (!packed.includes(`/node_modules/${parts.join('/')}/package.json`))
            missing.push(`${path}: ${name}`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  it('holds no sources, maps or tests, and no module that is only built with', () => {
    expect(
      packed.filter(
        (path) => /\.(map|tsx|test\.\w+)$/.test(path) || /^\/(engine|renderer|e2e|bench)\//.test(path),
      ),
    ).toEqual([]);
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const name of ['react', 'vite', 'electron', 'playwright'])
      expect(packed).not.toContain(`/node_modules/${name}`);
    for (const name of Object.keys(dependencies)) expect(packed).toContain(`/node_modules/${name}`);
  });

  it('says what it is made of, beside the archive', () => {
    const bill = JSON.parse(readFileSync(join(app, 'resources/sbom.cdx.json'), 'utf8'));
    const modules = packed.filter((path) => /^\/node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(path));
    expect(modules.length).toBeGreaterThan(5);
    const named = bill.components.map(({ name }: { name: string }) => name);
    for (const path of modules) expect(named).toContain(JSON.parse(text(path)).name);
    expect(named).toContain('electron');
  });

  it('has the native calls beside the archive, where the system can load them', () => {
    const native = packed.filter((path) => path.endsWith('.node'));
    expect(native.length).toBeGreaterThan(0);
    for (const path of native)
      expect(existsSync(join(app, 'resources/app.asar.unpacked', path)), path).toBe(true);
  });
});

describe('the fuses of a release', () => {
  it('are set in the binary', async () => {
    const wire = await getCurrentFuseWire(join(app, 'nbdscope'));
    const isOn = (fuse: FuseV1Options): boolean => String.fromCharCode(wire[fuse] ?? 0) === '1';
    expect({
      runAsNode: isOn(FuseV1Options.RunAsNode),
      nodeOptions: isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: isOn(FuseV1Options.EnableNodeCliInspectArguments),
      fileRights: isOn(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({ runAsNode: false, nodeOptions: false, inspect: false, fileRights: false });
    expect(isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true);
    expect(isOn(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true);
    expect(isOn(FuseV1Options.EnableCookieEncryption)).toBe(true);
  });
});

it('names the packages, what opens with the app, and the icons, which are as large as they say', () => {
  const { linux, mac, win, fileAssociations } = config;
  expect(linux?.target).toEqual(['AppImage', 'deb', 'rpm', 'tar.gz']);
  expect(mac?.target).toEqual(['dmg', 'zip']);
  expect(win?.target).toEqual(['nsis']);
  expect(fileAssociations).toMatchObject([{ ext: 'nbdscope' }]);
  for (const size of [16, 24, 32, 48, 64, 128, 256, 512, 1024]) {
    const png = readFileSync(join(ROOT, `assets/icons/${size}x${size}.png`));
    // IHDR: width and height, big-endian, at 16 and 20 (PNG 11.2.1).
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
  }
});
