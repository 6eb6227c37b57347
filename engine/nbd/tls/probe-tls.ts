import { duplexPair } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import type { TlsCredentials } from './credentials.ts';
import { PSK_CIPHERS, TlsService } from './tls-service.ts';

const PROBE_MS = 5000;

/**
 * Shakes hands with ourselves, in memory: whether the running crypto library can use the credentials shows in nothing
 * else (BoringSSL, which Electron has, knows no shared keys).
 * @throws Error saying what failed.
 */
export async function probeTls(credentials: TlsCredentials): Promise<void> {
  const [ours, theirs] = duplexPair();
  try {
    await shakeHands(credentials, ours, theirs);
  } catch (error) {
    const what =
      credentials.kind === 'psk' ? 'shared keys (--tls-psk)' : 'the certificates (--tls-certificates)';
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`this runtime's crypto library cannot do TLS with ${what}: ${why}`);
  } finally {
    ours.destroy();
    theirs.destroy();
  }
}

type End = ReturnType<typeof duplexPair>[0];

function shakeHands(credentials: TlsCredentials, ours: End, theirs: End): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a handshake did not end')), PROBE_MS);
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      if (error === null) resolve();
      else reject(error);
    };
    let ends = 0;
    const secured = (): void => {
      ends += 1;
      if (ends === 2) settle(null);
    };
    const tried = credentials.kind === 'psk' ? credentials : { ...credentials, verifyPeer: false };
    new TlsService(tried).secure(ours, {
      secured: (socket) => {
        socket.on('error', settle);
        secured();
      },
      failed: (reason) => settle(new Error(reason)),
    });
    const client = connect({ ...clientOptions(credentials), socket: theirs });
    client.on('error', settle);
    client.once('secureConnect', secured);
  });
}

function clientOptions(credentials: TlsCredentials): ConnectionOptions {
  if (credentials.kind === 'x509') return { rejectUnauthorized: false };
  const [first] = credentials.keys;
  const [identity, psk] = first ?? ['', Buffer.alloc(0)];
  return {
    ciphers: PSK_CIPHERS,
    pskCallback: () => ({ identity, psk }),
    checkServerIdentity: () => undefined,
  };
}
