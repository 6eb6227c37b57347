import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where nbdscope keeps what is large and need not last: a history that is too long for memory. Follows each system's habit
 * (on Linux the XDG base directories); NBDSCOPE_CACHE_DIR overrides.
 */
export function cacheDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const asked = env['NBDSCOPE_CACHE_DIR'];
  if (asked) return asked;
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'nbdscope');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'nbdscope', 'cache');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'nbdscope');
}
