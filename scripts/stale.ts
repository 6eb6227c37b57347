import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Written into dist/ before a build reads the first source, so that what changes meanwhile is newer. */
export const BUILT_STAMP = '.built';

const SOURCE_FOLDERS = ['shared', 'engine', 'web', 'electron', 'renderer'];
const SOURCE_FILES = [
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'scripts/build.ts',
  'assets/icon.svg',
];

/** Whether anything that goes into dist/ under `root` has changed since it was last built. */
export function isBuildStale(root: string): boolean {
  const stamp = join(root, 'dist', BUILT_STAMP);
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  const newer = (path: string) => existsSync(path) && statSync(path).mtimeMs > builtMs;
  if (SOURCE_FILES.some((file) => newer(join(root, file)))) return true;
  // A folder's own time tells of files that were removed.
  return SOURCE_FOLDERS.map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .some((folder) => newer(folder) || entriesBelow(folder).some(newer));
}

function entriesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(isSource)
    .map((entry) => join(entry.parentPath, entry.name));
}

function isSource(entry: Dirent): boolean {
  return entry.isDirectory() || !/\.test\.tsx?$|\.md$/.test(entry.name);
}
