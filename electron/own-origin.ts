import { windowFile } from '#shared/contract/window-files.ts';

/** The one origin that the window's page has; everything else is foreign. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://nbdscope';

/** Addresses outside that a link in the window may open in the person's browser. */
const EXTERNAL_LINKS: readonly string[] = [
  'https://libguestfs.org/nbdkit.1.html',
  'https://libguestfs.org/nbdkit-log-filter.1.html',
];

/** Whether a frame with this address is our own page, and its messages may be acted on. */
export function isOwnPage(url: string | undefined): boolean {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed !== null && parsed.protocol === `${APP_SCHEME}:` && parsed.host === 'nbdscope';
}

/** Whether a link may be opened outside: the exact addresses above alone. */
export function isExternalLink(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && EXTERNAL_LINKS.includes(`${parsed.origin}${parsed.pathname}`);
}

export interface AppFile {
  /** Below the folder of the built window. */
  readonly path: string;
  readonly contentType: string;
}

/** The file that an app:// address asks for, or null when it names none of ours. */
export function appFile(url: string): AppFile | null {
  const parsed = URL.parse(url);
  return parsed !== null && isOwnPage(url) ? windowFile(parsed.pathname) : null;
}
