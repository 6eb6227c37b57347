import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { RemoteTls } from './nbd-uri.ts';

/** The key exchanges with which a pre-shared key can be used, by OpenSSL's names; none of them asks for a certificate. */
const PSK_CIPHERS = 'TLS_AES_128_GCM_SHA256:PSK:!kRSAPSK';
/** The ones of a file that are not there may be left out. */
const NOT_THERE = 'ENOENT';

/**
 * Reads what a connection is to be encrypted with.
 * @throws Error naming the file that is missing or will not do.
 */
export function credentialsFor(tls: RemoteTls): Promise<ConnectionOptions> {
  return tls.type === 'psk' ? keyOptions(tls) : certificateOptions(tls);
}

/**
 * Encrypts a connection whose server has acknowledged STARTTLS (proto.md, "TLS support"). The socket must not be read by
 * anyone else, and nothing may have been read ahead.
 * @throws Error when the server is not the one that it should be, or hangs up.
 */
export function encrypt(socket: Socket, credentials: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connect({ ...credentials, socket });
    secure.on('error', (error) => {
      secure.destroy();
      reject(new Error(`TLS: ${error.message}`, { cause: error }));
    });
    secure.once('close', () => reject(new Error('TLS: the server hung up')));
    secure.once('secureConnect', () => resolve(secure));
  });
}

async function certificateOptions(tls: RemoteTls): Promise<ConnectionOptions> {
  const folder = tls.certificates;
  const [ca, cert, key] =
    folder === null
      ? [null, null, null]
      : await Promise.all(
          ['ca-cert.pem', 'client-cert.pem', 'client-key.pem'].map((name) => read(join(folder, name))),
        );
  if (folder !== null && ca === null) throw new Error(`TLS: ${folder} holds no ca-cert.pem`);
  return {
    ...(ca == null ? {} : { ca }),
    ...(cert == null || key == null ? {} : { cert, key }),
    ...(isIP(tls.hostname) === 0 ? { servername: tls.hostname } : {}),
    host: tls.hostname,
    rejectUnauthorized: tls.verifyPeer,
  };
}

async function keyOptions(tls: RemoteTls): Promise<ConnectionOptions> {
  const file = tls.pskFile ?? '';
  const username = tls.username ?? userInfo().username;
  const lines = (await read(file))?.toString().split('\n');
  if (lines === undefined) throw new Error(`TLS: there is no file ${file}`);
  const line = lines.find((each) => each.startsWith(`${username}:`));
  if (line === undefined) throw new Error(`TLS: ${file} holds no key of the user "${username}"`);
  const hex = line.slice(username.length + 1).trim();
  if (!/^([0-9a-f]{2})+$/i.test(hex))
    throw new Error(`TLS: the key of "${username}" in ${file} is not hexadecimal`);
  const psk = Buffer.from(hex, 'hex');
  return {
    ciphers: PSK_CIPHERS,
    pskCallback: () => ({ identity: username, psk }),
    checkServerIdentity: () => undefined,
  };
}

async function read(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_THERE) return null;
    throw error;
  }
}
