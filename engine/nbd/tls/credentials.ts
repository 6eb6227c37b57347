import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { codeOf } from '../file/file-errno.ts';
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

/** Every refusal begins with the option that names the files, so that who reads it, a window too, knows where to look. */
const CERTIFICATES_OPTION = '--tls-certificates';
const PSK_OPTION = '--tls-psk';
/** Larger files are no credentials. */
const MAX_FILE_BYTES = 1 << 20;
const OTHERS_MAY = 0o007;
const HEX = /^([0-9a-f]{2})+$/i;

/**
 * Reads credentials from files.
 * @throws RequestError naming the option and the file that is missing, cannot be read, is malformed or could be read by anybody.
 */
export function readCredentials(files: CredentialFiles): Promise<TlsCredentials> {
  return files.kind === 'psk' ? readPskFile(files.file) : readCertificates(files.directory, files.verifyPeer);
}

/** One file after the other, so that of several that will not do it is always the first that is named. */
async function readCertificates(asked: string, verifyPeer: boolean): Promise<TlsCredentials> {
  const directory = resolve(asked);
  const path = (name: string): string => join(directory, name);
  if (!(await isThere(directory))) {
    throw new RequestError(`${CERTIFICATES_OPTION}: there is no directory ${directory}`);
  }
  const ca = await readPem(path('ca-cert.pem'), 'CERTIFICATE');
  const certificate = await readPem(path('server-cert.pem'), 'CERTIFICATE');
  const key = await readPem(path('server-key.pem'), 'PRIVATE KEY');
  const list = path('ca-crl.pem');
  const revoked = (await isThere(list)) ? await readPem(list, 'X509 CRL') : null;
  await refuseOpen(path('server-key.pem'), 'the private key', CERTIFICATES_OPTION);
  return { kind: 'x509', directory, ca, certificate, key, revoked, verifyPeer };
}

/** Anything but a plain no is found out by reading it: a list that cannot be read must not pass for none. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => codeOf(error) !== 'ENOENT',
  );
}

async function readPem(path: string, what: string): Promise<Buffer> {
  const bytes = await read(path, CERTIFICATES_OPTION);
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(bytes.toString('latin1'))) {
    throw new RequestError(`${CERTIFICATES_OPTION}: ${path} holds no ${what.toLowerCase()} in PEM format`);
  }
  return bytes;
}

/** Lines of USER:KEY, the key in hexadecimal; empty ones and comments do not count (gnutls' psktool makes such files). */
async function readPskFile(file: string): Promise<TlsCredentials> {
  const path = resolve(file);
  const text = (await read(path, PSK_OPTION)).toString();
  const keys = new Map<string, Buffer>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const user = line.slice(0, colon);
    const key = line.slice(colon + 1).trim();
    // The key itself is kept out of the text, which may end in a log.
    const where = `${PSK_OPTION}: ${path}: line ${index + 1}`;
    if (colon < 1) throw new RequestError(`${where} is not USER:KEY, as in alice:0123456789abcdef`);
    if (!HEX.test(key))
      throw new RequestError(`${where}: the key of ${user} is not hexadecimal digits in pairs`);
    if (keys.has(user)) throw new RequestError(`${where}: ${user} has a key already`);
    keys.set(user, Buffer.from(key, 'hex'));
  }
  if (keys.size === 0) throw new RequestError(`${PSK_OPTION}: ${path} holds no key; each line is USER:KEY`);
  await refuseOpen(path, 'a file of keys', PSK_OPTION);
  return { kind: 'psk', file: path, keys };
}

async function read(path: string, option: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new RequestError(`${option}: ${path} is too large for a credential: ${size} bytes`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw new RequestError(`${option}: ${whyUnread(path, error)}`);
  }
}

function whyUnread(path: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no file ${path}`;
    case 'ENOTDIR':
      return `${dirname(path)} is no directory`;
    case 'EISDIR':
      return `${path} is a directory`;
    case 'EACCES':
      return `${path} may not be read by this user`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

async function refuseOpen(path: string, what: string, option: string): Promise<void> {
  if (process.platform === 'win32') return;
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & OTHERS_MAY) === 0) return;
  throw new RequestError(
    `${option}: ${path} can be used by anybody on this machine (mode ${mode.toString(8)}), which is not for ${what}: chmod 600 it`,
  );
}
