import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ALICE = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

/**
 * Certificates and keys for tests, made with openssl in a directory of their own, in the files that nbdkit, libnbd and
 * qemu look for.
 */
export class Pki {
  readonly directory = mkdtempSync(join(tmpdir(), 'nbdscope-pki-'));
  /** Directories: the server's, and those of a client with a certificate, of one from elsewhere, of one with none. */
  readonly server = this.#place('server');
  readonly client = this.#place('client');
  readonly stranger = this.#place('stranger');
  readonly anonymous = this.#place('anonymous');
  /** A directory with alice's and bob's keys in keys.psk, and one with another key for alice. */
  readonly psk = this.#place('psk');
  readonly wrongPsk = this.#place('wrong-psk');

  constructor() {
    for (const authority of ['ours', 'theirs']) {
      this.#openssl(['req', '-x509', ...KEY, '-subj', `/CN=${authority}`, ...pair(authority)]);
    }
    this.#certify(this.server, 'server', 'localhost', 'ours');
    this.#certify(this.client, 'client', 'alice', 'ours');
    this.#certify(this.stranger, 'client', 'mallory', 'theirs');
    for (const place of [this.server, this.client, this.stranger, this.anonymous]) this.#trust(place);
    writeFileSync(join(this.psk, 'keys.psk'), `# keys\n\nalice:${ALICE}\nbob:00ff\n`, { mode: 0o600 });
    const wrong = `alice:${ALICE.replaceAll('0', 'f')}\n`;
    writeFileSync(join(this.wrongPsk, 'keys.psk'), wrong, { mode: 0o600 });
  }

  get pskFile(): string {
    return join(this.psk, 'keys.psk');
  }

  get wrongPskFile(): string {
    return join(this.wrongPsk, 'keys.psk');
  }

  /** A directory of a client whose certificate ended yesterday. */
  expired(): string {
    const place = this.#place('expired');
    const [, key = '', , certificate = ''] = pair(join(place, 'client'));
    const request = join(place, 'request.pem');
    this.#openssl(['req', '-new', ...KEY, '-subj', '/CN=late', '-keyout', key, '-out', request]);
    const authority = ['-CA', 'ours-cert.pem', '-CAkey', 'ours-key.pem', '-CAcreateserial'];
    this.#openssl(['x509', '-req', '-in', request, ...authority, '-days', '-1', '-out', certificate]);
    this.#trust(place);
    return place;
  }

  /** A copy of the server's directory with a list that revokes the client's certificate. */
  revoking(): string {
    const place = this.#place('revoking');
    for (const name of ['server-cert.pem', 'server-key.pem']) {
      copyFileSync(join(this.server, name), join(place, name));
    }
    this.#trust(place);
    const serial = execFileSync('openssl', [
      'x509',
      '-in',
      join(this.client, 'client-cert.pem'),
      '-noout',
      '-serial',
    ])
      .toString()
      .trim()
      .replace('serial=', '');
    writeFileSync(join(place, 'index'), `R\t401231235959Z\t260101000000Z\t${serial}\tunknown\t/CN=alice\n`);
    const config = `[ca]\ndefault_ca=ours\n[ours]\ndatabase=${join(place, 'index')}\ndefault_md=sha256\ndefault_crl_days=30\n`;
    writeFileSync(join(place, 'ca.cnf'), config);
    const by = ['-config', join(place, 'ca.cnf'), '-cert', 'ours-cert.pem', '-keyfile', 'ours-key.pem'];
    this.#openssl(['ca', '-gencrl', ...by, '-out', join(place, 'ca-crl.pem')]);
    return place;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #certify(place: string, role: string, name: string, authority: string): void {
    const by = ['-CA', `${authority}-cert.pem`, '-CAkey', `${authority}-key.pem`];
    const about = ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=CA:FALSE', '-addext', NAMES];
    this.#openssl(['req', '-x509', ...KEY, ...by, ...about, ...pair(join(place, role))]);
  }

  #trust(place: string): void {
    copyFileSync(join(this.directory, 'ours-cert.pem'), join(place, 'ca-cert.pem'));
  }

  #place(name: string): string {
    const path = join(this.directory, name);
    mkdirSync(path);
    return path;
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.directory, stdio: 'pipe' });
  }
}

function pair(name: string): string[] {
  return ['-keyout', `${name}-key.pem`, '-out', `${name}-cert.pem`];
}
