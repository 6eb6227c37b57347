import { type Command, Option } from 'commander';
import type { TlsRequest } from '../nbd/tls/tls-service.ts';

/** The options about TLS as they were given (nbdkit-tls(1)). */
export interface TlsOptions {
  readonly tls?: 'off' | 'on' | 'require';
  readonly tlsCertificates?: string;
  readonly tlsPsk?: string;
  readonly tlsVerifyPeer?: boolean;
}

export function addTlsOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--tls <mode>',
        'off; on: clients may encrypt the connection (as with credentials alone); require: they have to',
      ).choices(['off', 'on', 'require']),
    )
    .option(
      '--tls-certificates <dir>',
      'where ca-cert.pem, server-cert.pem, server-key.pem (and ca-crl.pem) are',
    )
    .option('--tls-psk <file>', 'keys that clients share with this server: lines of USER:HEXKEY')
    .option('--tls-verify-peer', 'with --tls-certificates: clients need a certificate of the same authority');
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
