import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Tls from 'node:tls';
import { afterAll, expect, it, vi } from 'vitest';
import { Pki } from '../testing/pki.ts';
import { serve } from '../testing/served.ts';
import type { CredentialFiles } from './credentials.ts';
import { TlsService } from './tls-service.ts';

/** A crypto library that knows no shared keys, as Electron's: servers forget that they were told how to find them. */
vi.mock('node:tls', async (original) => {
  const tls = await original<typeof Tls>();
  const createServer = (options: Tls.TlsOptions): Tls.Server => {
    const { pskCallback: _unknown, ...known } = options;
    return tls.createServer(known);
  };
  return { ...tls, createServer };
});

const pki = new Pki();
afterAll(() => pki.remove());

it('what the crypto library cannot do is said at start, and nothing is served', async () => {
  const file = join(pki.directory, 'keys.psk');
  writeFileSync(file, 'alice:0123456789abcdef\n', { mode: 0o600 });
  const files: CredentialFiles = { kind: 'psk', file };
  const words = "this runtime's crypto library cannot do TLS with shared keys (--tls-psk): ";
  await expect(TlsService.start(files)).rejects.toThrow(words);
  await expect(serve({ tls: { mode: 'require', files } })).rejects.toThrow(words);
});

it('what it can do is not refused along with that', async () => {
  await TlsService.start({ kind: 'certificates', directory: pki.server, verifyPeer: true });
});
