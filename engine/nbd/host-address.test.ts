import { describe, expect, it } from 'vitest';
import { absolute, hostAddress } from './host-address.ts';

describe('the address of a hosted disk', () => {
  it('names the export and the socket, whatever stands in them', () => {
    expect(hostAddress('nbd+unix:///?socket=/tmp/a%20b%2Bc', 'my disk?/x')).toEqual({
      uri: 'nbd+unix:///my%20disk%3F%2Fx?socket=/tmp/a%20b%2Bc',
      socketPath: '/tmp/a b+c',
      tcp: null,
    });
  });

  it('has host and port on TCP', () => {
    expect(hostAddress('nbd://127.0.0.1:10809', '')).toEqual({
      uri: 'nbd://127.0.0.1:10809',
      socketPath: null,
      tcp: { host: '127.0.0.1', port: 10809 },
    });
    expect(hostAddress('nbd://[::1]:4', 'd')).toMatchObject({
      uri: 'nbd://[::1]:4/d',
      tcp: { host: '::1', port: 4 },
    });
  });

  it('says with TLS who the client is and where its credentials are', () => {
    const psk = { user: 'alice b', parameter: 'tls-psk-file=/tmp/keys.psk' };
    expect(hostAddress('nbd+unix:///?socket=/tmp/s', 'd', psk).uri).toBe(
      'nbds+unix://alice%20b@/d?socket=/tmp/s&tls-psk-file=/tmp/keys.psk',
    );
    const x509 = { user: null, parameter: 'tls-certificates=/tmp/pki' };
    expect(hostAddress('nbd://127.0.0.1:4', '', x509).uri).toBe(
      'nbds://127.0.0.1:4?tls-certificates=/tmp/pki',
    );
    expect(hostAddress('nbd://[::1]:4', 'd', { user: null, parameter: '' }).uri).toBe('nbds://[::1]:4/d');
  });

  it('is good in any directory', () => {
    expect(absolute({ kind: 'unix', path: 'sock' })).toEqual({ kind: 'unix', path: `${process.cwd()}/sock` });
  });
});
