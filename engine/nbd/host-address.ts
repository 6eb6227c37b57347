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

/** @param serverUri the server's own URI, which names no export. */
export function hostAddress(serverUri: string, exportName: string): HostAddress {
  const parts = new URL(serverUri);
  const name = encodeURIComponent(exportName);
  if (parts.protocol === 'nbd+unix:') {
    const uri = serverUri.replace('nbd+unix:///', `nbd+unix:///${name}`);
    return { uri, socketPath: parts.searchParams.get('socket') ?? '', tcp: null };
  }
  const uri = name === '' ? serverUri : `${serverUri}/${name}`;
  const host = parts.hostname.replace(/^\[|\]$/g, '');
  return { uri, socketPath: null, tcp: { host, port: Number(parts.port) } };
}
