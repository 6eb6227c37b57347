import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { RequestError } from '../filters/parameters.ts';
import { NBD_PORT } from '../server.ts';

/** Where a server listens. */
export type RemotePlace = { readonly path: string } | { readonly host: string; readonly port: number };

/** How a connection is to be encrypted. */
export interface RemoteTls {
  readonly type: 'x509' | 'psk';
  /** A directory with `ca-cert.pem`, and `client-cert.pem` and `client-key.pem` where the server wants them. */
  readonly certificates: string | null;
  /** A file with lines `USER:HEXADECIMAL-KEY`. */
  readonly pskFile: string | null;
  /** The user of a pre-shared key; null for the one whose session this is. */
  readonly username: string | null;
  /** The name that the server's certificate must be for. */
  readonly hostname: string;
  readonly verifyPeer: boolean;
}

/** An export of a server, and how to reach it. */
export interface RemoteAddress {
  readonly place: RemotePlace;
  readonly exportName: string;
  /** null for a connection in the clear. */
  readonly tls: RemoteTls | null;
  /** The URI without what is secret, for people. */
  readonly uri: string;
}

const SCHEMES = 'nbd://, nbds://, nbd+unix:// or nbds+unix://';
const KEYS = ['socket', 'tls-type', 'tls-hostname', 'tls-verify-peer', 'tls-certificates', 'tls-psk-file'];
/** RFC 3986, appendix B. */
const PARTS = /^([^:/?#]+):(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(#.*)?$/s;
const AUTHORITY = /^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;

/** Whether a text is meant as an NBD URI, good or bad; where a path may stand too. */
export function isNbdUri(text: string): boolean {
  return /^nbds?(\+unix)?:/i.test(text);
}

/**
 * Reads an NBD URI (NetworkBlockDevice/nbd, doc/uri.md), with libnbd's `tls-certificates` and `tls-psk-file`.
 * @throws RequestError naming what was refused and what would do.
 */
export function parseNbdUri(text: string): RemoteAddress {
  const refuse = (problem: string): Error => new RequestError(`${text}: ${problem}`);
  const parts = PARTS.exec(text);
  const scheme = /^(nbds?)(\+unix)?$/i.exec(parts?.[1] ?? '');
  if (parts === null || scheme === null) throw refuse(`this is no NBD URI; it begins with ${SCHEMES}`);
  const unix = scheme[2] !== undefined;
  const encrypted = scheme[1]?.toLowerCase() === 'nbds';
  const [authority, path = '', query = '', fragment] = parts.slice(2);
  if (authority === undefined) throw refuse(`// and the server come after ${parts[1]}:`);
  if (fragment !== undefined) throw refuse('an NBD URI has no fragment; write # as %23');
  const [, user, host = '', port] = AUTHORITY.exec(authority) ?? [];
  if (AUTHORITY.exec(authority) === null) throw refuse(`"${authority}" is not HOST or HOST:PORT`);
  const decode = (what: string, encoded: string): string => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw refuse(`${what} "${encoded}" is not well percent-encoded UTF-8; write % as %25`);
    }
  };
  const exportName = decode('the export name', path.replace(/^\//, ''));
  if (exportName.includes('\0')) throw refuse('an export name holds no NUL');
  const values = readQuery(query, decode, refuse);
  const place = unix ? socketOf(values, host, port, refuse) : serverOf(values, host, port, decode, refuse);
  const tls = encrypted
    ? tlsOf(values, place, user === undefined ? null : decode('the user', user), refuse)
    : null;
  const unused = tls === null ? [...values.keys()].find((key) => key.startsWith('tls-')) : undefined;
  if (unused !== undefined) {
    throw refuse(`${unused} goes with an encrypted connection: begin with ${unix ? 'nbds+unix' : 'nbds'}://`);
  }
  return { place, exportName, tls, uri: nbdUri(place, exportName, encrypted) };
}

/** The URI of an export. */
export function nbdUri(place: RemotePlace, exportName: string, encrypted: boolean): string {
  const scheme = encrypted ? 'nbds' : 'nbd';
  const name = encodeURIComponent(exportName);
  if ('path' in place) {
    return `${scheme}+unix:///${name}?socket=${encodeURIComponent(place.path).replaceAll('%2F', '/')}`;
  }
  const host = isIP(place.host) === 6 ? `[${place.host}]` : place.host;
  const port = place.port === NBD_PORT ? '' : `:${place.port}`;
  return `${scheme}://${host}${port}${name === '' ? '' : `/${name}`}`;
}

type Refuse = (problem: string) => Error;
type Decode = (what: string, encoded: string) => string;

function readQuery(query: string, decode: Decode, refuse: Refuse): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = decode('the parameter', equals < 0 ? pair : pair.slice(0, equals));
    if (!KEYS.includes(key)) throw refuse(`unknown parameter "${key}"; there are ${KEYS.join(', ')}`);
    if (values.has(key)) throw refuse(`${key} is given twice`);
    values.set(key, decode(key, equals < 0 ? '' : pair.slice(equals + 1)));
  }
  return values;
}

function socketOf(
  values: ReadonlyMap<string, string>,
  host: string,
  port: string | undefined,
  refuse: Refuse,
): RemotePlace {
  if (host !== '' || port !== undefined) throw refuse('a Unix socket has no host and no port');
  const path = values.get('socket') ?? '';
  if (path === '') throw refuse('add ?socket=PATH, the Unix socket');
  return { path: path.startsWith('\0') ? path : resolve(path) };
}

function serverOf(
  values: ReadonlyMap<string, string>,
  host: string,
  port: string | undefined,
  decode: Decode,
  refuse: Refuse,
): RemotePlace {
  if (values.has('socket')) throw refuse('socket= goes with nbd+unix:// or nbds+unix://');
  const number = port === undefined || port === '' ? NBD_PORT : Number(port);
  if (number < 1 || number > 65_535) throw refuse(`port ${port} is not 1 to 65535`);
  const name = host.startsWith('[') ? host.slice(1, -1) : decode('the host', host);
  if (host.startsWith('[') && isIP(name) !== 6) throw refuse(`${host} is not an IPv6 address`);
  return { host: name === '' ? 'localhost' : name, port: number };
}

function tlsOf(
  values: ReadonlyMap<string, string>,
  place: RemotePlace,
  username: string | null,
  refuse: Refuse,
): RemoteTls {
  const verify = values.get('tls-verify-peer') ?? '1';
  if (verify !== '0' && verify !== '1') throw refuse(`tls-verify-peer=${verify}: use 0 or 1`);
  const pskFile = values.get('tls-psk-file') ?? null;
  const type = values.get('tls-type') ?? (pskFile === null ? 'x509' : 'psk');
  if (type !== 'x509' && type !== 'psk') throw refuse(`tls-type=${type}: use x509 or psk`);
  if (type === 'psk' && pskFile === null)
    throw refuse('tls-type=psk needs tls-psk-file=FILE, with lines USER:KEY');
  return {
    type,
    pskFile,
    username,
    certificates: values.get('tls-certificates') ?? null,
    hostname: values.get('tls-hostname') ?? ('path' in place ? 'localhost' : place.host),
    verifyPeer: verify === '1',
  };
}
