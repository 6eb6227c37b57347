import { resolve } from 'node:path';
import type { ListenAddress } from './server.ts';

/** Where a hosted disk is to be found. */
export interface HostAddress {
  /** With the export's name, for clients. */
  readonly uri: string;
  /** Null on TCP. */
  readonly socketPath: string | null;
  /** Null on a Unix socket. */
  readonly tcp: { readonly host: string; readonly port: number } | null;
}

/** A Unix socket's path in full: clients run in other directories. */
export function absolute(address: ListenAddress): ListenAddress {
  if (address.kind !== 'unix' || address.path === undefined) return address;
  return { kind: 'unix', path: resolve(address.path) };
}

/** What a URI says of TLS: who the client is, and where it finds its credentials, as libnbd takes it. */
export interface UriSecurity {
  /** Null for certificates. */
  readonly user: string | null;
  /** `tls-psk-file=/path`; empty where the client has to know. */
  readonly parameter: string;
}

/** @param serverUri the server's own URI, which names no export. @param security null for one without TLS. */
export function hostAddress(
  serverUri: string,
  exportName: string,
  security: UriSecurity | null = null,
): HostAddress {
  const parts = new URL(serverUri);
  const name = encodeURIComponent(exportName);
  if (parts.protocol === 'nbd+unix:') {
    const uri = secured(serverUri.replace('nbd+unix:///', `nbd+unix:///${name}`), security);
    return { uri, socketPath: parts.searchParams.get('socket') ?? '', tcp: null };
  }
  const uri = secured(name === '' ? serverUri : `${serverUri}/${name}`, security);
  const host = parts.hostname.replace(/^\[|\]$/g, '');
  return { uri, socketPath: null, tcp: { host, port: Number(parts.port) } };
}

function secured(uri: string, security: UriSecurity | null): string {
  if (security === null) return uri;
  const user = security.user === null ? '' : `${encodeURIComponent(security.user)}@`;
  const scheme = uri.replace(/^nbd(\+unix)?:\/\//, (_whole, unix = '') => `nbds${unix}://${user}`);
  if (security.parameter === '') return scheme;
  return `${scheme}${uri.includes('?') ? '&' : '?'}${security.parameter}`;
}

/** A path as a URI has it among its parameters. */
export function encodePath(path: string): string {
  return encodeURIComponent(path).replaceAll('%2F', '/');
}
