import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { peer, runPeer } from '../testing/peers.ts';
import { type Served, Stage } from '../testing/served.ts';
import { makeCredentials } from '../testing/tls-files.ts';
import { everyCommand } from './testing/every-command.ts';
import { OtherServer } from './testing/other-server.ts';

const MIB = 1 << 20;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

let directory = '';
let sockets = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-remote-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const stage = new Stage();
afterEach(() => stage.end());

const newSocket = (): string => join(directory, `${++sockets}.sock`);

async function nbdkit(...words: string[]): Promise<OtherServer> {
  const server = await OtherServer.nbdkit(newSocket(), ...words);
  stage.after(() => server.kill());
  return server;
}

/** A server of a raw image of 64 MiB, empty but for some random parts. */
async function qemuNbd(...args: string[]): Promise<OtherServer> {
  const image = join(directory, `${++sockets}.img`);
  writeFileSync(image, randomBytes(3 * MIB));
  truncateSync(image, 64 * MIB);
  const server = await OtherServer.qemuNbd(newSocket(), image, ...args);
  stage.after(() => server.kill());
  return server;
}

function through(server: OtherServer, ...more: [string, string][]): Promise<Served> {
  return stage.serve({ plugin: 'remote', parameters: [['uri', server.uri()], ...more] });
}

/** What a client finds out: a line for each step, without what this side has to say whatever the other server is. */
async function told(uri: string): Promise<string[]> {
  const said = await peer('nbdsh', '--base-allocation', '-u', uri, '-c', everyCommand);
  return said.split('\n').filter((line) => !/^(block size|\w+ beyond)/.test(line));
}

describe('every command and flag, right and wrong, through another server', () => {
  it.each([
    ['nbdkit memory', ['memory', '64M']],
    ['read-only', ['-r', 'memory', '64M']],
    [
      'one that cannot do much',
      ['--filter=nozero', '--filter=fua', 'memory', '64M', 'zeromode=none', 'fuamode=discard'],
    ],
    [
      'one without cache and extents',
      ['--filter=noextents', '--filter=nocache', 'memory', '64M', 'cachemode=none'],
    ],
    [
      'one that fails with ENOSPC',
      ['--filter=error', 'memory', '64M', 'error-pwrite=ENOSPC', 'error-pwrite-rate=1'],
    ],
    ['one that fails with EPERM', ['--filter=error', 'memory', '64M', 'error=EPERM', 'error-rate=1']],
    [
      'one that wants blocks of 4096 bytes',
      [
        '--filter=blocksize-policy',
        'memory',
        '64M',
        'blocksize-minimum=4096',
        'blocksize-preferred=65536',
        'blocksize-maximum=16M',
        'blocksize-error-policy=error',
      ],
    ],
    ['one without structured replies', ['--no-sr', 'memory', '64M']],
  ])('comes to the same as without it: %s', async (_name, words) => {
    const server = await nbdkit(...words);
    const direct = await told(server.uri());
    await server.kill();
    await server.start();
    const { uri } = await through(server);
    const passed = await told(uri);
    if (words.includes('--no-sr')) {
      // This side has structured replies all the same, but nothing to say in them.
      const differs = /^(chunks|can_df|status)/;
      expect(passed.filter((line) => !differs.test(line))).toEqual(
        direct.filter((line) => !differs.test(line)),
      );
    } else {
      expect(passed).toEqual(direct);
    }
    expect(passed.length).toBeGreaterThan(30);
  });

  it('comes to the same as without it: qemu-nbd', async () => {
    const server = await qemuNbd('--discard=unmap');
    const direct = await told(server.uri());
    const passed = await told((await through(server)).uri);
    // The image is no longer fresh for the second, which does the same to it.
    const same = (lines: string[]): string[] => lines.filter((line) => !/^(chunks|status|read )/.test(line));
    expect(same(passed)).toEqual(same(direct));
    const readAfter = (lines: string[]): string | undefined =>
      lines.find((line) => line.startsWith('read after'));
    expect(readAfter(passed)).toMatch(/[0-9a-f]{16}/);
    expect(readAfter(passed)).toBe(readAfter(direct));
  });

  it('tells the block sizes that the other server wants', async () => {
    const server = await nbdkit(
      ...['--filter=blocksize-policy', 'memory', '64M', 'blocksize-minimum=512', 'blocksize-preferred=65536'],
      ...['blocksize-maximum=1M', 'blocksize-error-policy=error'],
    );
    const { uri } = await through(server);
    expect(JSON.parse(await peer('nbdinfo', '--json', uri))).toMatchObject({
      exports: [{ block_size_minimum: 512, block_size_preferred: 65536, block_size_maximum: MIB }],
    });
    const script =
      'h.set_strict_mode(0)\ntry:\n  h.pread(2 << 20, 0)\nexcept nbd.Error as e:\n  print(e.errnum)';
    expect(await peer('nbdsh', '-u', uri, '-c', script)).toBe('22\n');
    expect(await peer('nbdsh', '-u', uri, '-c', 'print(len(h.pread(1 << 20, 0)))')).toBe(`${MIB}\n`);
  });

  it('finds an export by name, and oldstyle servers', async () => {
    writeFileSync(join(directory, 'one two.img'), randomBytes(MIB));
    const server = await nbdkit('file', `dir=${directory}`);
    const named = await stage.serve({ plugin: 'nbd', parameters: [['uri', server.uri('one two.img')]] });
    expect(named.disk.backend.sizeBytes).toBe(BigInt(MIB));
    const bySocket = await stage.serve({
      plugin: 'nbd',
      parameters: [
        ['socket', server.socket],
        ['export', 'one two.img'],
      ],
    });
    expect(bySocket.disk.backend.sizeBytes).toBe(BigInt(MIB));
    await expect(stage.serve({ plugin: 'nbd', parameters: [['uri', server.uri('nope')]] })).rejects.toThrow(
      'refuses the export "nope"',
    );
    const old = await nbdkit('-o', 'memory', '3M');
    expect((await through(old)).disk.backend.sizeBytes).toBe(3n << 20n);
  });
});

describe('programs that copy and compare', () => {
  it('nbdcopy and qemu-img bring an image in and out, sparse as it was', async () => {
    const server = await nbdkit('memory', '64M');
    const { uri } = await through(server);
    const bytes = Buffer.alloc(64 * MIB);
    randomBytes(5 * MIB + 4096).copy(bytes, 20 * MIB + 512);
    const path = join(directory, 'in.img');
    writeFileSync(path, bytes);
    await peer('nbdcopy', '--destination-is-zero', path, uri);
    const copy = join(directory, 'out.img');
    await peer('nbdcopy', uri, copy);
    expect(sha256(readFileSync(copy))).toBe(sha256(bytes));
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', path, uri)).toContain('identical');
    const map = await peer('qemu-img', 'map', '--output=json', '-f', 'raw', uri);
    expect(map).toBe(await peer('qemu-img', 'map', '--output=json', '-f', 'raw', server.uri()));
    expect(await peer('nbdinfo', '--map', uri)).toBe(await peer('nbdinfo', '--map', server.uri()));
  });

  it('qemu-io finds its patterns on qemu-nbd', async () => {
    const { uri } = await through(await qemuNbd('--discard=unmap'));
    const commands = [
      ...['write -P 0x11 0 1M', 'write -f -P 0x22 1M 300k', 'write -z 64k 4k', 'write -z -u 128k 100k'],
      ...['aio_write -P 0x33 4M 8M', 'aio_flush', 'discard 6M 1M', 'flush', 'read -P 0x11 0 64k'],
      ...['read -P 0 64k 4k', 'read -P 0 128k 100k', 'read -P 0x22 1M 300k', 'read -P 0x33 4M 2M'],
      ...['read -P 0 6M 1M', 'read -P 0x33 7M 5M', 'read -P 0 63M 1M'],
    ];
    const args = ['-f', 'raw', '-d', 'unmap', ...commands.flatMap((command) => ['-c', command]), uri];
    const outcome = await runPeer('qemu-io', args);
    expect(outcome.stdout + outcome.stderr).not.toMatch(/fail|error/i);
    expect(outcome.code).toBe(0);
  });

  it('has many requests on their way at once', async () => {
    const { uri } = await through(await nbdkit('--filter=delay', 'memory', '64M', 'rdelay=100ms'));
    const script = `
import time
t = time.time()
bufs = [nbd.Buffer(512) for _ in range(64)]
cookies = [h.aio_pread(b, i * 512) for i, b in enumerate(bufs)]
while h.aio_in_flight() > 0: h.poll(-1)
assert all(h.aio_command_completed(c) for c in cookies)
print(time.time() - t < 2)`;
    expect(await peer('nbdsh', '-u', uri, '-c', script)).toBe('True\n');
  });
});

describe('encryption', () => {
  it('reaches servers that want it, by certificate and by key, and no other than the one meant', async () => {
    const files = await makeCredentials(directory);
    const server = await nbdkit('--tls=require', `--tls-certificates=${files.certificates}`, 'memory', '7M');
    await expect(through(server)).rejects.toThrow(/wants TLS; use nbds/);
    const uri = (query: string): string => `nbds+unix://alice@/?socket=${server.socket}&${query}`;
    const serve = (query: string): Promise<Served> =>
      stage.serve({ plugin: 'remote', parameters: [['uri', uri(query)]] });
    const served = await serve(`tls-certificates=${files.certificates}`);
    expect(await peer('nbdinfo', '--size', served.uri)).toBe(`${7 * MIB}\n`);
    await expect(serve('')).rejects.toThrow(/TLS: .*certificate/);
    await expect(serve(`tls-certificates=${files.certificates}&tls-hostname=other`)).rejects.toThrow(/other/);
    await serve('tls-verify-peer=0');

    const keyed = await nbdkit('--tls=require', `--tls-psk=${files.pskFile}`, 'memory', '9M');
    const psk = await stage.serve({
      plugin: 'remote',
      parameters: [
        ['socket', keyed.socket],
        ['tls-psk', files.pskFile],
        ['tls-username', 'alice'],
      ],
    });
    expect(psk.disk.backend.sizeBytes).toBe(9n << 20n);
    const plain = await nbdkit('--tls=off', 'memory', '1M');
    await expect(
      stage.serve({ plugin: 'remote', parameters: [['uri', `nbds+unix:///?socket=${plain.socket}`]] }),
    ).rejects.toThrow(/refuses TLS/);
  });
});
