import type { Duplex } from 'node:stream';
import { createServer, type PeerCertificate, type TLSSocket, type TlsOptions } from 'node:tls';
import { encodePath, type UriSecurity } from '../host-address.ts';
import { visible } from '../visible.ts';
import { type CredentialFiles, readCredentials, type TlsCredentials } from './credentials.ts';
import { probeTls } from './probe-tls.ts';

/** TLS 1.3 as ever; before it the suites that begin with a shared key, those with a fresh key exchange first. */
export const PSK_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-PSK-CHACHA20-POLY1305',
  'DHE-PSK-AES256-GCM-SHA384',
  'DHE-PSK-AES128-GCM-SHA256',
  'PSK-AES256-GCM-SHA384',
  'PSK-AES128-GCM-SHA256',
].join(':');

/** Characters of a client's name that are shown. */
const NAME_CHARACTERS = 80;

/** Whether clients may or must encrypt, and what with. */
export interface TlsRequest {
  readonly mode: 'on' | 'require';
  readonly files: CredentialFiles;
}

/** Told how the encryption of one connection went. */
export interface SecureListener {
  /** @param words what was agreed on: `TLS 1.3 (PSK user alice)`. The socket is paused. */
  secured(socket: TLSSocket, words: string): void;
  /** The stream is of no more use. */
  failed(reason: string): void;
}

/** Encrypts connections of one server (proto.md, "TLS support"): TLS 1.2 or later, by X.509 certificates or shared keys. */
export class TlsService {
  readonly credentials: TlsCredentials;
  readonly #options: TlsOptions;

  constructor(credentials: TlsCredentials) {
    this.credentials = credentials;
    this.#options = optionsFor(credentials);
  }

  /**
   * Reads the credentials and tries a handshake with them, as crypto libraries differ in what they can do.
   * @throws RequestError naming a file that will not do; Error when the running library cannot use the credentials.
   */
  static async start(files: CredentialFiles): Promise<TlsService> {
    const credentials = await readCredentials(files);
    await probeTls(credentials);
    return new TlsService(credentials);
  }

  /** What a URI for libnbd on this machine says; other clients have credentials of their own. */
  get uriSecurity(): UriSecurity {
    const { credentials } = this;
    if (credentials.kind === 'psk') {
      const [user = ''] = credentials.keys.keys();
      return { user, parameter: `tls-psk-file=${encodePath(credentials.file)}` };
    }
    // The server's own certificate would not make it a client.
    const known = !credentials.verifyPeer;
    return { user: null, parameter: known ? `tls-certificates=${encodePath(credentials.directory)}` : '' };
  }

  /** Begins the server's side of a TLS handshake on a connection from which nothing more is read. Never throws. */
  secure(stream: Duplex, listener: SecureListener): void {
    const { credentials } = this;
    let user = '';
    // A server for each connection: nothing else tells which stream an event is about.
    const server = createServer({
      ...this.#options,
      ...(credentials.kind === 'psk' && {
        pskCallback: (_socket: unknown, identity: string) => {
          user = identity;
          return credentials.keys.get(identity) ?? null;
        },
      }),
    });
    server.on('tlsClientError', (error, socket) => listener.failed(reasonOf(error, socket)));
    server.on('secureConnection', (socket) => {
      socket.disableRenegotiation();
      const version = socket.getProtocol()?.replace('TLSv', 'TLS ') ?? 'TLS';
      const by =
        credentials.kind === 'psk' ? `PSK user ${visible(user, NAME_CHARACTERS)}` : x509Words(socket);
      listener.secured(socket, `${version} (${by})`);
    });
    server.emit('connection', stream);
  }
}

function optionsFor(credentials: TlsCredentials): TlsOptions {
  const common: TlsOptions = { minVersion: 'TLSv1.2', allowHalfOpen: true };
  if (credentials.kind === 'psk') return { ...common, ciphers: PSK_CIPHERS };
  const { ca, certificate, key, revoked, verifyPeer } = credentials;
  return {
    ...common,
    cert: certificate,
    key,
    ca,
    ...(revoked !== null && { crl: revoked }),
    requestCert: verifyPeer,
    rejectUnauthorized: verifyPeer,
  };
}

function x509Words(socket: TLSSocket): string {
  if (!socket.authorized) return 'X.509';
  const certificate: Partial<PeerCertificate> = socket.getPeerCertificate();
  const name = certificate.subject?.CN;
  return typeof name === 'string' ? `X.509 ${visible(name, NAME_CHARACTERS)}` : 'X.509';
}

function reasonOf(error: Error, socket: TLSSocket): string {
  // Typed as an Error, but Node sets the code of the verification's result.
  const refused: unknown = socket.authorizationError;
  if (refused !== undefined && refused !== null) return `TLS: the client's certificate: ${String(refused)}`;
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
  return `TLS: ${reason}`;
}
