import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as v from 'valibot';

const ROOT = resolve(import.meta.dirname, '..');

/** What is read of npm's bill; what else stands in it stays as npm wrote it (CycloneDX 1.5). */
const BILL = v.looseObject({
  metadata: v.looseObject({ component: v.looseObject({ 'bom-ref': v.string() }) }),
  components: v.array(v.looseObject({ 'bom-ref': v.string(), name: v.string(), version: v.string() })),
  dependencies: v.array(v.object({ ref: v.string(), dependsOn: v.array(v.string()) })),
});
type Bill = v.InferOutput<typeof BILL>;

const NAMES = v.optional(v.record(v.string(), v.string()), {});
/** What a package needs to run; what it may be used beside (peers) is not its own. */
const MANIFEST = v.object({ dependencies: NAMES, optionalDependencies: NAMES });

/** Names of the packages that a package.json asks to be installed with it. */
function needed(folder: string): string[] {
  const text = readFileSync(resolve(folder, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = v.parse(MANIFEST, JSON.parse(text));
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

/** Packages whose code the bundles in dist/ contain, as `name@version`: Vite lists them with their licences. */
export function bundledPackages(root = ROOT): string[] {
  const lists = globSync('dist/*/licences.md', { cwd: root });
  if (lists.length < 3) throw new Error('dist/ lacks lists of licences; run "npm run build" first');
  const named = lists.flatMap((path) => [
    ...readFileSync(resolve(root, path), 'utf8').matchAll(/^## (\S+) - (\S+) \(/gm),
  ]);
  return [...new Set(named.map(([, name, version]) => `${name}@${version}`))].toSorted();
}

/**
 * The bill of materials of what is shipped: what the bundles contain, what is installed beside them, and in a desktop
 * package Electron. Throws where npm does not know a package that is in a bundle.
 */
export function shippedBill(everything: Bill, bundled: readonly string[], desktop: boolean): Bill {
  const leadsTo = new Map(everything.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const nameOf = new Map(everything.components.map((component) => [component['bom-ref'], component.name]));
  const root = everything.metadata.component['bom-ref'];
  const neededBy = (ref: string, folder: string): string[] => {
    const names = needed(folder);
    return (leadsTo.get(ref) ?? []).filter((next) => names.includes(nameOf.get(next) ?? ''));
  };
  const kept = new Set([...bundled, ...(desktop ? refsOf(everything, 'electron') : [])]);
  const installed = neededBy(root, ROOT);
  for (let ref = installed.pop(); ref !== undefined; ref = installed.pop()) {
    kept.add(ref);
    const next = neededBy(ref, resolve(ROOT, 'node_modules', nameOf.get(ref) ?? ''));
    installed.push(...next.filter((other) => !kept.has(other)));
  }
  const unknown = [...kept].filter((ref) => !nameOf.has(ref));
  if (unknown.length > 0)
    throw new Error(`npm's bill of materials lacks ${unknown.join(', ')}; run "npm ci"`);
  return {
    ...everything,
    metadata: {
      ...everything.metadata,
      // npm names it after the folder that the clone lies in.
      component: { ...everything.metadata.component, type: 'application', name: 'nbdscope' },
    },
    // In npm's words what is only built with is excluded, yet a bundle has taken it in.
    components: everything.components
      .filter((component) => kept.has(component['bom-ref']))
      .map((component) => ({ ...component, scope: 'required' })),
    dependencies: everything.dependencies
      .filter(({ ref }) => ref === root || kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) })),
  };
}

function refsOf({ components }: Bill, name: string): string[] {
  return components.filter((component) => component.name === name).map((component) => component['bom-ref']);
}

/** npm's bill of everything that is installed here; nothing is asked of the network. */
export function installedBill(): Bill {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--offline'];
  // The npm that runs this script, if one does: another may be too old to know the word.
  const npm = process.env['npm_execpath'];
  const options = { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const told =
    npm === undefined
      ? execFileSync('npm', args, { ...options, shell: process.platform === 'win32' })
      : execFileSync(process.execPath, [npm, ...args], options);
  return v.parse(BILL, JSON.parse(told));
}

/**
 * `npm run sbom [-- --desktop]`: writes sbom.cdx.json, the bill of materials of what is built in dist/. `npm pack` and
 * `npm run package` do so by themselves.
 */
export async function run(args: readonly string[]): Promise<void> {
  const bill = shippedBill(installedBill(), bundledPackages(), args.includes('--desktop'));
  writeFileSync(resolve(ROOT, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  process.stdout.write(`nbdscope: sbom.cdx.json names ${bill.components.length} packages\n`);
}
