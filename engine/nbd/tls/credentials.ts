import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RequestError } from '../filters/parameters.ts';

/** What a server proves itself with, and clients to it, as nbdkit has it (nbdkit-tls(1)). */
export type TlsCredentials =
  | {
      readonly kind: 'x509';
      readonly directory: string;
      readonly ca: Buffer;
      readonly certificate: Buffer;
      readonly key: Buffer;
      /** Certificates that were revoked; null when there is no list. */
      readonly revoked: Buffer | null;
      /** Whether clients need a certificate of the same authority. */
      readonly verifyPeer: boolean;
    }
  | { readonly kind: 'psk'; readonly file: string; readonly keys: ReadonlyMap<string, Buffer> };

/** Where credentials are, as a command line says it. */
export type CredentialFiles =
  | { readonly kind: 'certificates'; readonly directory: string; readonly verifyPeer: boolean }
  | { readonly kind: 'psk'; readonly file: string };

/** Larger files are no credentials. */
const MAX_FILE_BYTES = 1 << 20;
const OTHERS_MAY = 0o007;
const HEX = /^([0-9a-f]{2})+$/i;

/**
 * Reads credentials from files.
 * @throws RequestError naming the file that is missing, cannot be read, is malformed or could be read by anybody.
 */
export function readCredentials(files: CredentialFiles): Promise<TlsCredentials> {
  return files.kind === 'psk' ? readPskFile(files.file) : readCertificates(files.directory, files.verifyPeer);
}

async function readCertificates(directory: string, verifyPeer: boolean): Promise<TlsCredentials> {
  const path = (name: string): string => join(resolve(directory), name);
  const [ca, certificate, key, revoked] = await Promise.all([
    readPem(path('ca-cert.pem'), 'CERTIFICATE'),
    readPem(path('server-cert.pem'), 'CERTIFICATE'),
    readPem(path('server-key.pem'), 'PRIVATE KEY'),
    readOptional(path('ca-crl.pem')),
  ]);
  await refuseOpen(path('server-key.pem'), 'the private key');
  return { kind: 'x509', directory: resolve(directory), ca, certificate, key, revoked, verifyPeer };
}

async function readPem(path: string, what: string): Promise<Buffer> {
  const bytes = await read(path, '--tls-certificates');
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(bytes.toString('latin1'))) {
    throw new RequestError(`${path} holds no ${what.toLowerCase()} in PEM format`);
  }
  return bytes;
}

async function readOptional(path: string): Promise<Buffer | null> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there ? readPem(path, 'X509 CRL') : null;
}

/** Lines of USER:KEY, the key in hexadecimal; empty ones and comments do not count (gnutls' psktool makes such files). */
async function readPskFile(file: string): Promise<TlsCredentials> {
  const path = resolve(file);
  const text = (await read(path, '--tls-psk')).toString();
  const keys = new Map<string, Buffer>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const user = line.slice(0, colon);
    const key = line.slice(colon + 1).trim();
    // The key itself is kept out of the text, which may end in a log.
    const where = `${path}: line ${index + 1}`;
    if (colon < 1) throw new RequestError(`${where} is not USER:KEY, as in alice:0123456789abcdef`);
    if (!HEX.test(key))
      throw new RequestError(`${where}: the key of ${user} is not hexadecimal digits in pairs`);
    if (keys.has(user)) throw new RequestError(`${where}: ${user} has a key already`);
    keys.set(user, Buffer.from(key, 'hex'));
  }
  if (keys.size === 0) throw new RequestError(`${path} holds no key; each line is USER:KEY`);
  await refuseOpen(path, 'a file of keys');
  return { kind: 'psk', file: path, keys };
}

async function read(path: string, option: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw new RequestError(`${path} is too large for a credential: ${size} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(`${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function refuseOpen(path: string, what: string): Promise<void> {
  if (process.platform === 'win32') return;
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & OTHERS_MAY) === 0) return;
  throw new RequestError(
    `${path} can be used by anybody on this machine (mode ${mode.toString(8)}), which is not for ${what}: chmod 600 it`,
  );
}
