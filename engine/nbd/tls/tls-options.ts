import type { TlsRequest } from './tls-service.ts';

/** The options about TLS as they were given (nbdkit-tls(1)). */
export interface TlsOptions {
  readonly tls?: 'off' | 'on' | 'require';
  readonly tlsCertificates?: string;
  readonly tlsPsk?: string;
  readonly tlsVerifyPeer?: boolean;
}

/** What the options ask for; null for no TLS; a text says why they will not do. */
export function tlsOf(options: TlsOptions): TlsRequest | null | string {
  const { tls, tlsCertificates, tlsPsk, tlsVerifyPeer } = options;
  if (tlsCertificates !== undefined && tlsPsk !== undefined) {
    return '--tls-certificates and --tls-psk are two ways to do TLS; give one of them';
  }
  if (tlsVerifyPeer === true && tlsCertificates === undefined) {
    return '--tls-verify-peer goes with --tls-certificates=DIR';
  }
  if (tlsCertificates === undefined && tlsPsk === undefined) {
    if (tls === undefined || tls === 'off') return null;
    return `--tls=${tls} needs --tls-certificates=DIR or --tls-psk=FILE`;
  }
  if (tls === 'off') return null;
  const mode = tls ?? 'on';
  if (tlsPsk !== undefined) return { mode, files: { kind: 'psk', file: tlsPsk } };
  const verifyPeer = tlsVerifyPeer === true;
  return { mode, files: { kind: 'certificates', directory: tlsCertificates ?? '', verifyPeer } };
}
