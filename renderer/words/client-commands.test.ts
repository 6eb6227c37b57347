import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientCommands, quoteForShell } from './client-commands.ts';

const UNIX = {
  uri: 'nbd+unix:///?socket=/run/nbdscope/sock',
  socketPath: '/run/nbdscope/sock',
  tcp: null,
  exportName: '',
  readOnly: false,
};
const TCP = {
  uri: 'nbd://127.0.0.1:10809/sda',
  socketPath: null,
  tcp: { host: '127.0.0.1', port: 10_809 },
  exportName: 'sda',
  readOnly: false,
};

function commandOf(host: Parameters<typeof clientCommands>[0], tool: string): string {
  return clientCommands(host).find((one) => one.tool === tool)?.command ?? '';
}

/** The words that a real shell makes of a line. */
function shellWords(line: string): string[] {
  return execFileSync('sh', ['-c', `printf '%s\\0' ${line}`])
    .toString()
    .split('\0')
    .slice(0, -1);
}

describe('clientCommands', () => {
  it('lets trims through from guestfish and qemu', () => {
    expect(commandOf(UNIX, 'guestfish')).toBe(
      'guestfish add "" format:raw protocol:nbd server:unix:/run/nbdscope/sock discard:enable : run : part-disk /dev/sda mbr : mkfs ext4 /dev/sda1',
    );
    expect(commandOf(UNIX, 'qemu')).toBe(
      'qemu-system-x86_64 -m 1G -drive driver=nbd,server.type=unix,server.path=/run/nbdscope/sock,discard=unmap,if=virtio',
    );
  });

  it('names the export and the port where there are such', () => {
    expect(commandOf(TCP, 'guestfish')).toContain('add sda format:raw protocol:nbd server:127.0.0.1:10809 ');
    expect(commandOf(TCP, 'qemu')).toContain(
      'server.type=inet,server.host=127.0.0.1,server.port=10809,export=sda',
    );
    expect(commandOf(TCP, 'nbd-client')).toBe('sudo nbd-client 127.0.0.1 10809 /dev/nbd0 -N sda');
    expect(commandOf(UNIX, 'nbd-client')).toBe('sudo nbd-client -unix /run/nbdscope/sock /dev/nbd0');
  });

  it('dials this machine where the server listens on every address', () => {
    const every = { ...TCP, uri: 'nbd://0.0.0.0:4/sda', tcp: { host: '0.0.0.0', port: 4 } };
    for (const { command } of clientCommands(every)) {
      expect(command).toContain('127.0.0.1');
      expect(command).not.toContain('0.0.0.0');
    }
    const six = { ...TCP, uri: 'nbd://[::]:4', tcp: { host: '::', port: 4 }, exportName: '' };
    expect(commandOf(six, 'nbdinfo')).toBe("nbdinfo 'nbd://[::1]:4'");
    expect(commandOf(six, 'nbd-client')).toBe('sudo nbd-client ::1 4 /dev/nbd0');
  });

  it('keeps guestfish from taking an export for an option', () => {
    expect(commandOf({ ...UNIX, exportName: '-x' }, 'guestfish')).toContain('guestfish -- add -x format:raw');
    expect(commandOf({ ...UNIX, exportName: '--x y' }, 'guestfish')).toContain("guestfish -- add '--x y' ");
  });

  it('asks a read-only disk for nothing that it would refuse', () => {
    const readOnly = { ...UNIX, readOnly: true };
    expect(commandOf(readOnly, 'guestfish')).toContain('readonly:true');
    expect(commandOf(readOnly, 'qemu')).toContain('read-only=on');
    expect(commandOf(readOnly, 'nbd-client')).toContain(' -R');
    expect(commandOf(readOnly, 'nbdfuse')).toContain('nbdfuse -r ');
    for (const { command } of clientCommands(readOnly)) {
      expect(command).not.toMatch(/discard|part-disk|mkfs/);
    }
  });

  it('keeps a URI in one piece, so that the shell looks for no files by its question mark', () => {
    for (const tool of ['nbdcopy', 'nbdinfo', 'nbdfuse']) {
      expect(shellWords(commandOf(UNIX, tool).replace('&&', ''))).toContain(UNIX.uri);
    }
  });

  it('doubles the commas that qemu would take for the end of a value', () => {
    const odd = { ...UNIX, exportName: 'a,b', socketPath: '/tmp/x,y z' };
    const words = shellWords(commandOf(odd, 'qemu'));
    expect(words.at(-1)).toContain('server.path=/tmp/x,,y z,export=a,,b,');
  });

  it('hands any export name and any path to the tool as they are', () => {
    const text = fc
      .string({ minLength: 1, maxLength: 24, unit: 'binary' })
      .filter((s) => !s.includes('\0') && !s.startsWith('-'));
    const pairs = fc.array(fc.tuple(text, text), { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(pairs, (odd) => {
        const line = odd.flatMap(([exportName, path]) => {
          const host = { ...UNIX, exportName, socketPath: `/${path}` };
          return [commandOf(host, 'nbd-client'), commandOf(host, 'guestfish')];
        });
        const expected = odd.flatMap(([exportName, path]) => [
          ...['sudo', 'nbd-client', '-unix', `/${path}`, '/dev/nbd0', '-N', exportName],
          ...['guestfish', 'add', exportName, 'format:raw', 'protocol:nbd', `server:unix:/${path}`],
          ...['discard:enable', ':', 'run', ':', 'part-disk', '/dev/sda', 'mbr', ':', 'mkfs', 'ext4'],
          '/dev/sda1',
        ]);
        // One shell for many: starting it takes longer than its work.
        expect(shellWords(line.join(' '))).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });
});

describe('clientCommands of a disk that requires TLS', () => {
  const psk = (file: string) => ({
    ...UNIX,
    uri: `nbds+unix://al%40ice@/?socket=/run/nbdscope/sock&tls-psk-file=${file}`,
  });
  const x509 = { ...TCP, uri: 'nbds://127.0.0.1:10809/sda?tls-certificates=/etc/my%20pki' };
  const own = { ...TCP, uri: 'nbds://127.0.0.1:10809/sda' };
  const wordsOf = (host: typeof TCP | typeof UNIX, tool: string) =>
    clientCommands(host).find((one) => one.tool === tool)?.words;

  it('hands the URI with its credentials to what libnbd is built into', () => {
    const host = psk('/home/me/keys.psk');
    for (const tool of ['nbdcopy', 'nbdinfo', 'nbdfuse']) {
      expect(shellWords(commandOf(host, tool).replace('&&', ''))).toContain(host.uri);
    }
    expect(wordsOf(x509, 'nbdinfo')).not.toContain('certificate');
    expect(wordsOf(own, 'nbdinfo')).toContain('your certificate has to be in ~/.pki/libnbd');
  });

  it('gives qemu credentials, from a directory of names that it knows', () => {
    expect(shellWords(commandOf(psk('/home/me/keys.psk'), 'qemu')).slice(3)).toEqual([
      '-object',
      'tls-creds-psk,id=tls0,endpoint=client,dir=/home/me,username=al@ice',
      '-drive',
      'driver=nbd,server.type=unix,server.path=/run/nbdscope/sock,discard=unmap,tls-creds=tls0,if=virtio',
    ]);
    expect(shellWords(commandOf(x509, 'qemu')).slice(3)).toEqual([
      '-object',
      'tls-creds-x509,id=tls0,endpoint=client,dir=/etc/my pki',
      '-drive',
      'driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=10809,export=sda,discard=unmap,tls-creds=tls0,tls-hostname=127.0.0.1,if=virtio',
    ]);
    expect(commandOf(psk('/home/me/other'), 'qemu')).toBe('');
    expect(wordsOf(psk('/home/me/other'), 'qemu')).toContain('keys.psk alone, not from /home/me/other');
  });

  it('has nbd-client check the certificate, and says what it and guestfish cannot', () => {
    expect(commandOf(x509, 'nbd-client')).toBe(
      "sudo nbd-client 127.0.0.1 10809 /dev/nbd0 -N sda -A '/etc/my pki/ca-cert.pem' -H 127.0.0.1",
    );
    for (const host of [own, psk('/home/me/keys.psk')]) {
      expect(commandOf(host, 'nbd-client')).toBe('');
      expect(commandOf(host, 'guestfish')).toBe('');
      expect(wordsOf(host, 'guestfish')).toContain('use nbdfuse');
    }
    expect(wordsOf(own, 'qemu')).toContain('a certificate of your own');
  });
});

describe('quoteForShell', () => {
  it('leaves plain words plain and quotes the rest', () => {
    expect(quoteForShell('/tmp/log-1.txt')).toBe('/tmp/log-1.txt');
    expect(quoteForShell('')).toBe("''");
    expect(quoteForShell("it's")).toBe("'it'\\''s'");
    expect(quoteForShell('a b;$c')).toBe("'a b;$c'");
  });
});
