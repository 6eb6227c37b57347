import type { IncomingHttpHeaders } from 'node:http';

/**
 * Checks that keep other web pages out. A page elsewhere can make a browser send requests to loopback, and with a name
 * that resolves to 127.0.0.1 (DNS rebinding) even read the answers; it cannot forge Host, Origin or Sec-Fetch-Site.
 */

/** Whether the Host header names this very server. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host === `127.0.0.1:${port}` || host === `localhost:${port}`;
}

/** Whether a WebSocket upgrade comes from a page that this very server has served. */
export function isOwnUpgrade(headers: IncomingHttpHeaders, port: number): boolean {
  const site = headers['sec-fetch-site'];
  return (
    isOwnHost(headers.host, port) &&
    headers.origin === `http://${headers.host}` &&
    (site === undefined || site === 'same-origin')
  );
}

/**
 * Whether a GET may be answered: our own page's, a person's (typed, bookmarked, opened by a program), or a link that
 * was followed as a whole page, which is how a printed link is opened from a terminal inside a browser.
 */
export function isWelcomeFetch(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}
