import { describe, expect, it } from 'vitest';
import { parseHost } from './host-arguments.ts';

const MEMORY = ['memory', '64M'];

function tls(...args: string[]): unknown {
  const command = parseHost([...args, ...MEMORY]);
  return command.kind === 'host' ? command.tls : command;
}

describe('the options about TLS', () => {
  it('are as nbdkit has them', () => {
    expect(tls()).toBeNull();
    expect(tls('--tls=off')).toBeNull();
    expect(tls('--tls=off', '--tls-psk=keys.psk')).toBeNull();
    expect(tls('--tls=require', '--tls-psk=keys.psk')).toEqual({
      mode: 'require',
      files: { kind: 'psk', file: 'keys.psk' },
    });
    expect(tls('--tls=on', '--tls-certificates=pki', '--tls-verify-peer')).toEqual({
      mode: 'on',
      files: { kind: 'certificates', directory: 'pki', verifyPeer: true },
    });
  });

  it('allow TLS where credentials are all that is given', () => {
    expect(tls('--tls-certificates', 'pki')).toMatchObject({ mode: 'on', files: { verifyPeer: false } });
  });

  it.each([
    [['--tls=require'], '--tls=require needs --tls-certificates=DIR or --tls-psk=FILE'],
    [['--tls-certificates=a', '--tls-psk=b'], 'give one of them'],
    [['--tls-psk=b', '--tls-verify-peer'], '--tls-verify-peer goes with --tls-certificates=DIR'],
    [['--tls=maybe'], 'Allowed choices are off, on, require'],
  ])('refuse %j, saying what would do', (args, text) => {
    const command = parseHost([...args, ...MEMORY]);
    expect(command).toMatchObject({ kind: 'error', text: expect.stringContaining(text) });
  });

  it('leave extended headers on unless told', () => {
    expect(parseHost(MEMORY)).toMatchObject({ extendedHeaders: true });
    expect(parseHost(['--no-eh', ...MEMORY])).toMatchObject({ extendedHeaders: false });
  });
});
