import { readFileSync } from 'node:fs';

/** How programs are installed: with Debian's package names, Fedora's and Homebrew's, null where there is none. */
export interface PackageNames {
  readonly debian: string;
  readonly fedora: string;
  readonly homebrew: string | null;
}

export type PackageSystem = 'debian' | 'fedora' | 'homebrew' | null;

/** What installs packages here, as far as it is known. */
export function packageSystem(
  platform: NodeJS.Platform = process.platform,
  osRelease: () => string = readOsRelease,
): PackageSystem {
  if (platform === 'darwin') return 'homebrew';
  if (platform !== 'linux') return null;
  const like = /^ID(?:_LIKE)?=.*$/gm;
  const names = (osRelease().match(like) ?? []).join(' ');
  if (/debian|ubuntu/.test(names)) return 'debian';
  return /fedora|rhel|centos/.test(names) ? 'fedora' : null;
}

/** The line that installs it here, or which Debian package it is. */
export function installAdvice(names: PackageNames, system: PackageSystem): string {
  switch (system) {
    case 'debian':
      return `sudo apt-get install ${names.debian}`;
    case 'fedora':
      return `sudo dnf install ${names.fedora}`;
    case 'homebrew':
      return names.homebrew === null
        ? `not in Homebrew; Debian has it as ${names.debian}`
        : `brew install ${names.homebrew}`;
    case null:
      return `install what Debian calls ${names.debian}`;
  }
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
