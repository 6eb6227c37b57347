import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

/** `npm run typecheck`: every room against its own tsconfig.json, so that each sees only its platform's globals. */
export function run(): void {
  const tsc = resolve(ROOT, 'node_modules/typescript/bin/tsc');
  const projects = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(resolve(ROOT, entry.name, 'tsconfig.json')))
    .map((entry) => entry.name)
    .concat('.');
  const failed = projects.filter(
    (project) =>
      spawnSync(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: ROOT, stdio: 'inherit' })
        .status !== 0,
  );
  if (failed.length > 0) {
    process.stderr.write(`nbdscope: types do not hold in ${failed.join(', ')}\n`);
    process.exitCode = 1;
  }
}
