import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import config from '../forge.config.ts';
import { bundledPackages, installedBill, shippedBill } from './sbom.ts';

const ROOT = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));

let everything: ReturnType<typeof installedBill>;
let bill: ReturnType<typeof installedBill>;

beforeAll(() => {
  everything = installedBill();
  bill = shippedBill(everything, bundledPackages(), false);
});

const names = (): string[] => bill.components.map(({ name }) => name);

/** Packages that a bundle was made of, as its source map has them: what Vite says of licences is not asked. */
function mappedPackages(): Set<string> {
  const found = new Set<string>();
  for (const path of globSync('dist/{node,electron}/**/*.map', { cwd: ROOT })) {
    const { sources } = JSON.parse(readFileSync(resolve(ROOT, path), 'utf8'));
    for (const source of sources) {
      const inside = String(source).split('node_modules/').at(-1) ?? '';
      if (!String(source).includes('node_modules/')) continue;
      found.add(
        inside
          .split('/')
          .slice(0, inside.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    }
  }
  return found;
}

describe('the bill of materials', () => {
  it('names all that the bundles were made of', () => {
    const mapped = [...mappedPackages()];
    expect(mapped.length).toBeGreaterThan(3);
    expect(mapped.filter((name) => !names().includes(name))).toEqual([]);
    for (const name of ['react', 'react-dom', 'zustand', 'mediabunny', '@fontsource-variable/inter'])
      expect(names()).toContain(name);
  });

  it('names all that the bundles import, and what that needs in turn', () => {
    const imports = /^import (?:.* from )?"([^"./][^"]*)";|\bimport\("([^"./][^"]*)"\)/gm;
    const imported = globSync('dist/{node,electron}/**/*.js', { cwd: ROOT }).flatMap((path) =>
      [...readFileSync(resolve(ROOT, path), 'utf8').matchAll(imports)].map(([, a, b]) => a ?? b ?? ''),
    );
    const packages = imported
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name) && name !== 'electron')
      .map((name) =>
        name
          .split('/')
          .slice(0, name.startsWith('@') ? 2 : 1)
          .join('/'),
      );
    expect(packages.length).toBeGreaterThan(3);
    expect(packages.filter((name) => !names().includes(name))).toEqual([]);
    for (const name of [...Object.keys(manifest.dependencies), 'readdirp']) expect(names()).toContain(name);
    expect(names().filter((name) => name.startsWith('@koromix/koffi-')).length).toBeGreaterThan(0);
  });

  it('names nothing that is only built or tested with', () => {
    for (const name of ['vite', 'vitest', 'typescript', 'electron-builder', 'electron', '@playwright/test'])
      expect(names()).not.toContain(name);
    const refs = new Set(bill.components.map((component) => component['bom-ref']));
    for (const { dependsOn } of bill.dependencies)
      expect(dependsOn.filter((ref) => !refs.has(ref))).toEqual([]);
  });

  it('says of each which version, licence and hash, and what it is itself', () => {
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    expect(bill.metadata.component).toMatchObject({ name: 'nbdscope', type: 'application' });
    for (const component of bill.components) {
      expect(component, component.name).toMatchObject({ purl: expect.stringContaining('@') });
      expect(component['licenses'], component.name).not.toEqual([]);
      expect(component['hashes'], component.name).not.toEqual([]);
    }
  });

  it('names Electron in a desktop package, and refuses what npm does not know', () => {
    const desktop = shippedBill(everything, bundledPackages(), true);
    expect(desktop.components.find(({ name }) => name === 'electron')?.version).toBe(
      manifest.devDependencies.electron,
    );
    expect(() => shippedBill(everything, ['left-out@1.0.0'], false)).toThrow('lacks left-out@1.0.0');
  });

  it('is made for the tarball and for packages, and goes into both', () => {
    expect(manifest.files).toContain('sbom.cdx.json');
    expect(manifest.scripts.prepack).toContain('run.mjs sbom');
    expect(manifest.scripts.package).toContain('run.mjs sbom --desktop');
    expect(config.extraResources).toContain('sbom.cdx.json');
  });
});
