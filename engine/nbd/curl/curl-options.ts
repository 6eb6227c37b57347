import { readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ParameterError, RequestError, readBoolean, readFileName, readWhole } from '../filters/parameters.ts';
import { lastValue, type Parameters } from '../plugins/plugin.ts';

/** Where an image is, and how it is to be asked for. */
export interface CurlOptions {
  /** Without user and password. */
  readonly url: URL;
  /** Sent to the host of the URL only, redirects notwithstanding; names in lower case. */
  readonly privateHeaders: Readonly<Record<string, string>>;
  readonly userAgent: string | null;
  /** How many redirects are followed; 0 for none. */
  readonly maxRedirects: number;
  /** How long one HTTP request may take from its start to its last byte, ms. */
  readonly timeoutMs: number;
  readonly connections: number;
  readonly cacheBytes: number;
  readonly verify: boolean;
  /** Certificates to trust in place of the system's, PEM. */
  readonly ca: string | null;
  /** In place of a TCP connection. */
  readonly unixSocket: string | null;
}

const MAX_REDIRECTS = 10;
const DEFAULT_TIMEOUT_S = 30;
const DEFAULT_CONNECTIONS = 4;
const DEFAULT_CACHE_MIB = 16;
const USER_AGENT = 'nbdscope';
/** Headers that say what is asked for and how; a range would no longer be the one that was meant. */
const OWN_HEADERS: readonly string[] = [
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'transfer-encoding',
];

/** The parameters, nbdkit-curl-plugin's where it has them. */
export const CURL_PARAMETERS = [
  { key: 'url', summary: 'the image, as in https://host/disk.img' },
  { key: 'header', summary: "a header to send, as in 'X-Name: value'; may be given more than once" },
  { key: 'cookie', summary: 'cookies to send, or +FILE with them' },
  { key: 'user', summary: 'the user to log in as' },
  { key: 'password', summary: 'the password, or +FILE with it' },
  { key: 'user-agent', summary: `what to call itself; ${USER_AGENT} unless given` },
  { key: 'followlocation', summary: `false: follow no redirects; otherwise up to ${MAX_REDIRECTS}` },
  { key: 'timeout', summary: `seconds one request may take; ${DEFAULT_TIMEOUT_S} unless given` },
  { key: 'connections', summary: `most connections; ${DEFAULT_CONNECTIONS} unless given` },
  { key: 'cache-size', summary: `MiB of the image to keep; ${DEFAULT_CACHE_MIB} unless given` },
  { key: 'sslverify', summary: 'false: accept any certificate' },
  { key: 'cainfo', summary: 'file with the certificates to trust' },
  { key: 'unix-socket-path', summary: 'the Unix socket of the server, in place of TCP' },
] as const;

/** @throws RequestError naming what was refused and what would do. */
export function readCurlOptions(parameters: Parameters): CurlOptions {
  const { url, userInfo } = readUrl(lastValue(parameters, 'url'));
  const privateHeaders: Record<string, string> = {};
  let userAgent = lastValue(parameters, 'user-agent') ?? USER_AGENT;
  for (const [key, value] of parameters) {
    if (key !== 'header') continue;
    const [name, text] = readHeader(value);
    if (name === 'user-agent') userAgent = text ?? '';
    else if (text !== null) privateHeaders[name] = text;
  }
  const cookie = secret(parameters, 'cookie');
  if (cookie !== null) privateHeaders['cookie'] = checkedValue('cookie', cookie);
  const login = readLogin(parameters) ?? userInfo;
  if (login !== null) privateHeaders['authorization'] = `Basic ${Buffer.from(login).toString('base64')}`;
  const follow = lastValue(parameters, 'followlocation');
  const verify = lastValue(parameters, 'sslverify');
  const cainfo = lastValue(parameters, 'cainfo');
  const unixSocket = lastValue(parameters, 'unix-socket-path');
  return {
    url,
    privateHeaders,
    userAgent: userAgent === '' ? null : checkedValue('user-agent', userAgent),
    maxRedirects: follow === null || readBoolean('followlocation', follow) ? MAX_REDIRECTS : 0,
    timeoutMs: whole(parameters, 'timeout', DEFAULT_TIMEOUT_S, 1, 3_600) * 1000,
    connections: whole(parameters, 'connections', DEFAULT_CONNECTIONS, 1, 64),
    cacheBytes: whole(parameters, 'cache-size', DEFAULT_CACHE_MIB, 1, 1_024) << 20,
    verify: verify === null || readBoolean('sslverify', verify),
    ca: cainfo === null ? null : readText('cainfo', cainfo),
    unixSocket: unixSocket === null ? null : readFileName('unix-socket-path', unixSocket),
  };
}

function readUrl(text: string | null): { url: URL; userInfo: string | null } {
  if (text === null) throw new RequestError('curl needs url=URL, as in url=https://host/disk.img');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // A password in it is not for the eyes of whoever reads the message.
    throw new ParameterError(
      'url',
      text.replace(/\/\/[^/@]*@/, '//'),
      'use http://HOST/PATH or https://HOST/PATH',
    );
  }
  let userInfo: string | null = null;
  if (url.username !== '' || url.password !== '') {
    userInfo = `${decoded(url.username)}:${decoded(url.password)}`;
    url.username = '';
    url.password = '';
  }
  url.hash = '';
  return { url, userInfo };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As curl has it: `Name: value`; `Name:` for a header that is not to be sent; `Name;` for one without a value. */
function readHeader(text: string): [name: string, value: string | null] {
  const match = /^([^:;\s]+)(?:(;)|:\s*(.*))$/s.exec(text);
  if (match === null) throw new ParameterError('header', text, "a header is 'Name: value'");
  const name = (match[1] ?? '').toLowerCase();
  if (OWN_HEADERS.includes(name))
    throw new ParameterError('header', text, 'this header is set by nbdscope itself');
  const value = match[2] === undefined && match[3] === '' ? null : (match[3] ?? '');
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value ?? '');
  } catch {
    throw new ParameterError('header', name, 'the header holds characters that cannot be sent');
  }
  return [name, value];
}

function readLogin(parameters: Parameters): string | null {
  const user = lastValue(parameters, 'user');
  const password = secret(parameters, 'password');
  if (user === null) {
    if (password !== null) throw new RequestError('password= goes with user=');
    return null;
  }
  if (user.includes(':')) throw new ParameterError('user', user, 'a user name holds no colon');
  return `${user}:${password ?? ''}`;
}

/** A value that may stand in a file. Never quoted in a message. */
function secret(parameters: Parameters, key: string): string | null {
  const value = lastValue(parameters, key);
  if (value === null) return null;
  if (/^-\d*$/.test(value)) throw new ParameterError(key, value, 'nothing is asked for here; use +FILE');
  return value.startsWith('+') ? readText(key, value.slice(1)).replace(/\r?\n$/, '') : value;
}

function checkedValue(key: string, value: string): string {
  try {
    validateHeaderValue(key, value);
    return value;
  } catch {
    throw new RequestError(`${key}: the value holds characters that cannot be sent`);
  }
}

function readText(key: string, path: string): string {
  try {
    return readFileSync(readFileName(key, path), 'utf8');
  } catch (error) {
    if (error instanceof ParameterError) throw error;
    throw new ParameterError(
      key,
      path,
      `it cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function whole(parameters: Parameters, key: string, otherwise: number, least: number, most: number): number {
  const value = lastValue(parameters, key);
  return value === null ? otherwise : readWhole(key, value, least, most);
}
