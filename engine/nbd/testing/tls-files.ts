import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Credentials for servers and clients. */
export interface Credentials {
  /** With certificates of an authority, a server at `localhost` and a client. */
  readonly certificates: string;
  /** With a key of the user `alice`. */
  readonly pskFile: string;
}

/** Makes them with openssl. */
export async function makeCredentials(parent: string): Promise<Credentials> {
  const certificates = join(parent, 'pki');
  mkdirSync(certificates);
  const file = (name: string): string => join(certificates, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  await run('openssl', [
    ...['req', '-x509', ...key, file('ca-key.pem'), '-out', file('ca-cert.pem')],
    ...['-subj', '/CN=authority', '-days', '2'],
  ]);
  for (const [name, subject, alternative] of [
    ['server', '/CN=localhost', 'subjectAltName=DNS:localhost'],
    ['client', '/CN=client', 'subjectAltName=DNS:client'],
  ] as const) {
    const request = file(`${name}.csr`);
    await run('openssl', ['req', ...key, file(`${name}-key.pem`), '-out', request, '-subj', subject]);
    writeFileSync(file('extensions'), alternative);
    await run('openssl', [
      ...['x509', '-req', '-in', request, '-CA', file('ca-cert.pem'), '-CAkey', file('ca-key.pem')],
      ...['-CAcreateserial', '-days', '2', '-extfile', file('extensions'), '-out', file(`${name}-cert.pem`)],
    ]);
  }
  const pskFile = join(certificates, 'keys.psk');
  writeFileSync(pskFile, `alice:${'00112233445566778899aabbccddeeff'}\n`, { mode: 0o600 });
  return { certificates, pskFile };
}
