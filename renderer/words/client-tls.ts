/** What a client on this machine needs to be let in by a server that requires TLS, as its URI tells it. */
export type ClientTls =
  | { readonly kind: 'psk'; readonly user: string; readonly file: string }
  /** The directory has ca-cert.pem; null where clients need a certificate of their own, which nobody knows here. */
  | { readonly kind: 'certificates'; readonly directory: string | null };

/** nbd-uri.md's schemes and libnbd's parameters; `new URL` refuses a user without a host, which a Unix socket has. */
const SECURE_URI = /^nbds(?:\+unix)?:\/\/(?:([^@/?]*)@)?[^?]*(?:\?(.*))?$/;

/** Null for a URI that is not encrypted. */
export function tlsOfUri(uri: string): ClientTls | null {
  const match = SECURE_URI.exec(uri);
  if (match === null) return null;
  const parameters = new URLSearchParams(match[2] ?? '');
  const file = parameters.get('tls-psk-file');
  if (file !== null) return { kind: 'psk', user: decodeURIComponent(match[1] ?? ''), file };
  return { kind: 'certificates', directory: parameters.get('tls-certificates') };
}

/** The file of keys that qemu looks for in a directory (qemu(1), tls-creds-psk). */
const QEMU_PSK_FILE = '/keys.psk';

/** qemu's credentials under the name tls0, or why it cannot have them. */
export function qemuCredentials(tls: ClientTls): { readonly object: string } | { readonly why: string } {
  if (tls.kind === 'psk') {
    if (!tls.file.endsWith(QEMU_PSK_FILE)) {
      return { why: `qemu takes keys from a file named keys.psk alone, not from ${tls.file}` };
    }
    const directory = tls.file.slice(0, -QEMU_PSK_FILE.length) || '/';
    const place = `dir=${qemuValue(directory)},username=${qemuValue(tls.user)}`;
    return { object: `tls-creds-psk,id=tls0,endpoint=client,${place}` };
  }
  if (tls.directory === null) return { why: OWN_CERTIFICATE };
  return { object: `tls-creds-x509,id=tls0,endpoint=client,dir=${qemuValue(tls.directory)}` };
}

/** nbd-client's file of the authority (nbd-client(8), -cacertfile), or why it cannot have it. */
export function nbdClientAuthority(tls: ClientTls): { readonly file: string } | { readonly why: string } {
  if (tls.kind === 'psk') return { why: 'nbd-client knows certificates alone, no keys shared beforehand' };
  if (tls.directory === null) return { why: OWN_CERTIFICATE };
  return { file: `${tls.directory}/ca-cert.pem` };
}

/** What libnbd's tools need besides the URI; null for nothing. */
export function libnbdNeeds(tls: ClientTls | null): string | null {
  return tls?.kind === 'certificates' && tls.directory === null
    ? 'your certificate has to be in ~/.pki/libnbd'
    : null;
}

const OWN_CERTIFICATE =
  'the server wants a certificate of your own, and where that is nobody knows here; add it by hand';

/** A comma ends a value of qemu's options; two of them are one that does not. */
export function qemuValue(text: string): string {
  return text.replaceAll(',', ',,');
}
