import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where nbdscope remembers small things between starts: recent logs, the app window's browser profile. The same under
 * both hosts. Follows each system's habit (on Linux the XDG base directories); NBDSCOPE_STATE_DIR overrides.
 */
export function stateDir(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const asked = env['NBDSCOPE_STATE_DIR'];
  if (asked) return asked;
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'nbdscope');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'nbdscope');
  return join(env['XDG_STATE_HOME'] || join(home, '.local', 'state'), 'nbdscope');
}
