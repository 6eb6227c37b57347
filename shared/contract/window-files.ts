/** Which file of the built window a URL asks for. Shared by both hosts, so that both refuse the same. */

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
};

export interface WindowFile {
  /** Below the folder of the built window; slashes, no leading one, never a `..`. */
  readonly path: string;
  readonly contentType: string;
  /** Named after its content, so that it may be cached for good. */
  readonly immutable: boolean;
}

/**
 * The file that `pathname` (the path of a URL, still percent-encoded) names, or null when no file of ours can have
 * that name: names are of letters, digits, `_`, `-` and `.`, none begins with a dot, and the type is one we serve.
 */
export function windowFile(pathname: string): WindowFile | null {
  const path = pathname === '/' ? 'index.html' : pathname.slice(1);
  if (!pathname.startsWith('/') || !/^(?:\w[\w.-]*\/)*\w[\w.-]*$/.test(path)) return null;
  const contentType = CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1)];
  if (contentType === undefined) return null;
  return { path, contentType, immutable: path.startsWith('assets/') };
}
