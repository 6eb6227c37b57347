import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');

const STORIES: readonly (readonly [string, ...string[]])[] = [
  ['sh', resolve(ROOT, 'scripts/guestfish-story.sh')],
  ['sh', resolve(ROOT, 'scripts/raid-story.sh')],
  [
    resolve(ROOT, 'node_modules/.bin/playwright'),
    'test',
    '--config',
    resolve(ROOT, 'e2e/playwright.config.ts'),
    '--project',
    'stories',
  ],
];

/**
 * `npm run stories`: what takes a real guest, which boots in a small virtual machine. Needs `npm run build`,
 * libguestfs-tools and a kernel image (on Debian linux-image-amd64) that libguestfs can boot.
 */
export function run(): void {
  for (const [command, ...args] of STORIES) {
    const env = { ...process.env, NBDSCOPE_STORIES: '1' };
    const { status } = spawnSync(command, args, { cwd: ROOT, env, stdio: 'inherit' });
    if (status === 0) continue;
    process.exitCode = 1;
  }
}
