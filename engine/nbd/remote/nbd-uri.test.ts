import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nbdUri, parseNbdUri } from './nbd-uri.ts';

describe('an NBD URI', () => {
  it.each([
    ['nbd://example.com/disk', { host: 'example.com', port: 10809 }, 'disk'],
    ['nbd://example.com:1234', { host: 'example.com', port: 1234 }, ''],
    ['nbd://example.com/', { host: 'example.com', port: 10809 }, ''],
    ['nbd://example.com//disk', { host: 'example.com', port: 10809 }, '/disk'],
    ['nbd://example.com/hello%20world', { host: 'example.com', port: 10809 }, 'hello world'],
    ['nbd://[::1]:99/a/../b', { host: '::1', port: 99 }, 'a/../b'],
    ['nbd:///x+y', { host: 'localhost', port: 10809 }, 'x+y'],
    ['NBD://h/%3F%23', { host: 'h', port: 10809 }, '?#'],
    ['nbd+unix:///disk?socket=/tmp/a%20b', { path: '/tmp/a b' }, 'disk'],
    ['nbd+unix:///?socket=%00/abstract', { path: '\0/abstract' }, ''],
  ])('%s is understood', (text, place, exportName) => {
    expect(parseNbdUri(text)).toMatchObject({ place, exportName, tls: null });
  });

  it('says how to encrypt', () => {
    expect(parseNbdUri('nbds://h/x').tls).toEqual({
      type: 'x509',
      certificates: null,
      pskFile: null,
      username: null,
      hostname: 'h',
      verifyPeer: true,
    });
    expect(
      parseNbdUri('nbds+unix://alice@/?socket=/s&tls-psk-file=/k&tls-hostname=n&tls-verify-peer=0').tls,
    ).toMatchObject({ type: 'psk', pskFile: '/k', username: 'alice', hostname: 'n', verifyPeer: false });
    expect(parseNbdUri('nbds://h?tls-certificates=/pki').tls).toMatchObject({ certificates: '/pki' });
  });

  it.each([
    ['http://h', 'begins with nbd://'],
    ['nbd:unix:/tmp/s', '// and the server'],
    ['nbd://h:0', 'port 0 is not 1 to 65535'],
    ['nbd://h:70000', 'port 70000'],
    ['nbd://h:x/', 'is not HOST or HOST:PORT'],
    ['nbd://[nope]/', 'not an IPv6 address'],
    ['nbd://h/%zz', 'not well percent-encoded'],
    ['nbd://h/%ff', 'not well percent-encoded'],
    ['nbd://h/a%00b', 'no NUL'],
    ['nbd://h/x#y', 'write # as %23'],
    ['nbd://h?socket=/s', 'goes with nbd+unix'],
    ['nbd+unix:///x', 'add ?socket=PATH'],
    ['nbd+unix://h/?socket=/s', 'no host and no port'],
    ['nbd+unix:///?socket=/s&socket=/t', 'given twice'],
    ['nbd://h?x-magic=1', 'unknown parameter "x-magic"; there are socket'],
    ['nbd://h?tls-hostname=x', 'begin with nbds://'],
    ['nbds://h?tls-type=anon', 'use x509 or psk'],
    ['nbds://h?tls-type=psk', 'needs tls-psk-file'],
    ['nbds://h?tls-verify-peer=maybe', 'use 0 or 1'],
  ])('%s is refused, and it says why', (text, why) => {
    expect(() => parseNbdUri(text)).toThrow(why);
  });

  it('is read back as it was written, for any export and socket', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((name) => !name.includes('\0') && name.isWellFormed());
    fc.assert(
      fc.property(text, text, fc.boolean(), (name, path, encrypted) => {
        const place = { path: `/${path}` };
        const back = parseNbdUri(nbdUri(place, name, encrypted));
        expect(back.exportName).toBe(name);
        expect(back.tls !== null).toBe(encrypted);
      }),
    );
  });

  it('never fails but with an error that quotes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (rest) => {
        const text = `nbd+unix:${rest}`;
        try {
          parseNbdUri(text);
        } catch (error) {
          expect((error as Error).message).toContain(text);
        }
      }),
    );
  });
});
