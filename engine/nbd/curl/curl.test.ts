import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Command } from '../protocol.ts';
import { peer, runPeer } from '../testing/peers.ts';
import { type Served, Stage } from '../testing/served.ts';
import { makeCredentials } from '../testing/tls-files.ts';
import { type Answerer, ImageServer } from './testing/image-server.ts';

const MIB = 1 << 20;
const IMAGE = randomBytes(5 * MIB + 1234);

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-curl-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const stage = new Stage();
afterEach(() => stage.end());

async function start(image = IMAGE, certificates: string | null = null): Promise<ImageServer> {
  const server = await ImageServer.start(image, certificates);
  stage.after(() => server.close());
  return server;
}

function curl(url: string, ...more: [string, string][]): Promise<Served> {
  return stage.serve({ plugin: 'curl', parameters: [['url', url], ...more] });
}

const to = (location: string, status = 302): Answerer => {
  return (asked, reply) => {
    if (asked.url !== '/disk.img') return false;
    reply.writeHead(status, { location }).end();
    return true;
  };
};

describe('an image on a web server', () => {
  it('is a read-only disk, told and copied as the image is', async () => {
    const server = await start();
    const { uri } = await curl(server.url());
    expect(JSON.parse(await peer('nbdinfo', '--json', uri))).toMatchObject({
      exports: [{ 'export-size': IMAGE.length, is_read_only: true, can_multi_conn: true, can_trim: false }],
    });
    const copy = join(directory, 'copy.img');
    await peer('nbdcopy', uri, copy);
    expect(readFileSync(copy).equals(IMAGE)).toBe(true);
    const path = join(directory, 'image.img');
    writeFileSync(path, IMAGE);
    expect(await peer('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', path, uri)).toContain('identical');
    const refused = await runPeer('qemu-io', ['-f', 'raw', '-c', 'write 0 4k', uri]);
    expect(refused.stdout + refused.stderr).toMatch(/read.?only|permission/i);
    expect(server.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('is asked for by blocks, in runs, once for several readers, and ahead of one who goes on', async () => {
    const server = await start();
    const client = await stage.client((await curl(server.url())).socket);
    const read = async (at: number, length: number): Promise<void> => {
      const bytes = await client.readDisk(BigInt(at), length);
      expect(bytes.equals(IMAGE.subarray(at, at + length)), `${length} at ${at}`).toBe(true);
    };
    await read(70_000, 10);
    expect(server.ranges).toEqual(['0-0', '65536-131071']);
    await read(65_536, 65_536);
    expect(server.ranges.length).toBe(2);
    await read(131_072, 100);
    expect(server.ranges.at(-1)).toBe(`131072-${131_072 + 9 * 65_536 - 1}`);
    await read(200_000, 300_000);
    expect(server.ranges.length).toBe(3);
    await read(0, IMAGE.length);
    expect(server.ranges.length).toBeLessThan(12);
    await read(IMAGE.length - 1, 1);
    server.answer = (_asked, reply, range) => {
      setTimeout(() => server.honest(reply, range), 100);
      return true;
    };
    const before = server.asked.length;
    const other = await stage.client((await curl(server.url(), ['cache-size', '1'])).socket);
    for (let i = 0; i < 8; i += 1) other.send(Command.Read, { offset: BigInt(i * 8192), length: 512 });
    for (let i = 0; i < 8; i += 1) expect((await other.chunk()).errno).toBe(0);
    expect(server.asked.length - before).toBe(2);
  });

  it('keeps no more of it than was allowed, and no more connections', async () => {
    const server = await start(randomBytes(24 * MIB));
    server.answer = (_asked, reply, range) => {
      setTimeout(() => server.honest(reply, range), 50);
      return true;
    };
    const served = await curl(server.url(), ['cache-size', '2'], ['connections', '3']);
    const client = await stage.client(served.socket);
    const whole = await client.readDisk(0n, 24 * MIB);
    expect(whole.equals(server.image)).toBe(true);
    expect(served.disk.plugin.usedBytes).toBeLessThanOrEqual(2 * MIB);
    expect(server.mostAtOnce).toBe(3);
    expect(server.connections).toBeLessThanOrEqual(3);
  });

  it('is reached with what the server wants to know', async () => {
    const server = await start();
    const secret = join(directory, 'password');
    writeFileSync(secret, 'p:w\n');
    await curl(
      server.url(),
      ['header', 'X-One: 1'],
      ['header', 'X-Empty;'],
      ['cookie', 'a=1; b=2'],
      ['user', 'me'],
      ['password', `+${secret}`],
      ['user-agent', 'tester'],
    );
    expect(server.asked[0]?.headers).toMatchObject({
      'x-one': '1',
      'x-empty': '',
      cookie: 'a=1; b=2',
      authorization: `Basic ${Buffer.from('me:p:w').toString('base64')}`,
      'user-agent': 'tester',
      'accept-encoding': 'identity',
    });
    const served = await curl(server.url().replace('//', '//you:x%40y@'), ['header', 'User-Agent:']);
    expect(server.asked[1]?.headers.authorization).toBe(`Basic ${Buffer.from('you:x@y').toString('base64')}`);
    expect(server.asked[1]?.headers['user-agent']).toBeUndefined();
    expect(served.disk.plugin.words).not.toContain('you');
  });
});

describe('a server whose image cannot be served is refused, in words', () => {
  const answers: [string, Answerer, RegExp][] = [
    [
      'no ranges',
      (_asked, reply) => !!reply.writeHead(200, { 'accept-ranges': 'none' }).end('all'),
      /no ranges.*host it with file/,
    ],
    ['ranges not kept', (_asked, reply) => !!reply.writeHead(200).end(IMAGE), /no ranges/],
    ['no such image', (_asked, reply) => !!reply.writeHead(404).end('?'), /no such image \(404\)/],
    ['a login', (_asked, reply) => !!reply.writeHead(401).end(), /wants a login \(401\)/],
    ['an empty image', (_asked, reply) => !!reply.writeHead(416).end(), /is empty/],
    [
      'another range',
      (_asked, reply) => !!reply.writeHead(206, { 'content-range': 'bytes 5-5/9' }).end('x'),
      /sent "bytes 5-5\/9"/,
    ],
    [
      'no size at all',
      (asked, reply) =>
        !!reply.writeHead(asked.method === 'HEAD' ? 405 : 206, { 'content-range': 'bytes 0-0/*' }).end('x'),
      /tell a size/,
    ],
    [
      'compression',
      (_asked, reply) =>
        !!reply.writeHead(206, { 'content-range': 'bytes 0-0/9', 'content-encoding': 'gzip' }).end('x'),
      /gzip-compressed/,
    ],
    ['too busy', (_asked, reply) => !!reply.writeHead(503).end(), /answers 503/],
    ['hanging up', (asked) => !!asked.socket.destroy(), /hang up|ECONNRESET/],
    ['no HTTP', (asked) => !!asked.socket.end('SSH-2.0-nope\r\n'), /Parse Error|HTTP/],
    [
      'a redirect to nowhere',
      (_asked, reply) => !!reply.writeHead(302).end(),
      /redirects \(302\) to nowhere/,
    ],
    [
      'a redirect to a file',
      (_asked, reply) => !!reply.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      /redirects to file:/,
    ],
    [
      'a redirect to itself',
      (_asked, reply) => !!reply.writeHead(302, { location: '/disk.img' }).end(),
      /more than 10 redirects/,
    ],
  ];
  it.each(answers)('%s', async (_name, answer, why) => {
    const server = await start();
    server.answer = answer;
    await expect(curl(server.url())).rejects.toThrow(why);
    expect(server.asked.length).toBeLessThan(12);
  });

  it('one that is not there, and parameters that will not do', async () => {
    const server = await start();
    const url = server.url();
    await server.close();
    await expect(curl(url)).rejects.toThrow(/ECONNREFUSED/);
    for (const [words, why] of [
      [[['url', 'ftp://h/x']], 'use http://HOST/PATH'],
      [[['url', 'http://a:geheim@[/']], /^(?!.*geheim)/],
      [[], 'curl needs url=URL'],
      [
        [
          ['url', url],
          ['header', 'nonsense'],
        ],
        "a header is 'Name: value'",
      ],
      [
        [
          ['url', url],
          ['header', 'Range: bytes=0-1'],
        ],
        'set by nbdscope itself',
      ],
      [
        [
          ['url', url],
          ['header', 'X: a\r\nY: b'],
        ],
        'cannot be sent',
      ],
      [
        [
          ['url', url],
          ['cookie', 'a\nb'],
        ],
        'cannot be sent',
      ],
      [
        [
          ['url', url],
          ['password', 'x'],
        ],
        'goes with user=',
      ],
      [
        [
          ['url', url],
          ['user', 'a'],
          ['password', '-'],
        ],
        'use +FILE',
      ],
      [
        [
          ['url', url],
          ['timeout', 'soon'],
        ],
        'whole number from 1 to 3600',
      ],
      [
        [
          ['url', url],
          ['sslverify', 'maybe'],
        ],
        'use true or false',
      ],
      [
        [
          ['url', url],
          ['cainfo', '/nowhere'],
        ],
        'cannot be read',
      ],
      [
        [
          ['url', url],
          ['proxy', 'x'],
        ],
        'neither the curl plugin nor a filter',
      ],
    ] as const) {
      await expect(stage.serve({ plugin: 'curl', parameters: words })).rejects.toThrow(why);
    }
  });
});

describe('redirects', () => {
  it('are followed, and kept for the ranges after', async () => {
    const server = await start();
    server.answer = to('/other.img', 301);
    const client = await stage.client((await curl(server.url())).socket);
    expect((await client.readDisk(5n, 50)).equals(IMAGE.subarray(5, 55))).toBe(true);
    expect(server.asked.map(({ path }) => path)).toEqual(['/disk.img', '/other.img', '/other.img']);
    await expect(curl(server.url(), ['followlocation', 'false'])).rejects.toThrow(
      /redirects to http:.*other\.img/,
    );
  });

  it('do not take secrets to another host', async () => {
    const [server, other] = [await start(), await start()];
    server.answer = to(other.url('/disk.img', '127.0.0.1'));
    const secrets: [string, string][] = [
      ['header', 'X-Secret: 1'],
      ['cookie', 'a=1'],
      ['user', 'me'],
      ['password', 'pw'],
    ];
    const client = await stage.client((await curl(server.url(), ...secrets)).socket);
    await client.readDisk(0n, 512);
    expect(server.asked[0]?.headers).toMatchObject({ 'x-secret': '1', cookie: 'a=1' });
    expect(other.asked.length).toBe(2);
    for (const { headers } of other.asked) {
      expect(headers).not.toHaveProperty('x-secret');
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('authorization');
      expect(headers['user-agent']).toBe('nbdscope');
    }
  });

  it('are asked for anew when where they led has expired', async () => {
    const server = await start();
    let place = 1;
    server.answer = (asked, reply, range) => {
      if (asked.url === '/disk.img') return to(`/signed-${place}`)(asked, reply, range);
      if (asked.url === `/signed-${place}`) return false;
      reply.writeHead(403).end();
      return true;
    };
    const client = await stage.client((await curl(server.url())).socket);
    place = 2;
    expect((await client.readDisk(0n, 512)).equals(IMAGE.subarray(0, 512))).toBe(true);
  });
});

describe('certificates', () => {
  it('are checked, unless that is refused by name', async () => {
    const { certificates } = await makeCredentials(directory);
    const server = await start(IMAGE, certificates);
    await expect(curl(server.url())).rejects.toThrow(/certificate is not trusted .*sslverify=false/);
    const trusting = await curl(server.url(), ['sslverify', 'false']);
    expect(trusting.disk.plugin.warnings).toEqual([expect.stringContaining('any certificate is accepted')]);
    const ca = join(certificates, 'ca-cert.pem');
    const served = await curl(server.url(), ['cainfo', ca]);
    const client = await stage.client(served.socket);
    expect((await client.readDisk(0n, 100)).equals(IMAGE.subarray(0, 100))).toBe(true);
    await expect(curl(server.url('/disk.img', '127.0.0.1'), ['cainfo', ca])).rejects.toThrow(/certificate/);
    expect(server.asked.length).toBe(3);
  });
});

describe('other web servers', () => {
  it('Python’s own sends no ranges, and is refused in words', async () => {
    writeFileSync(join(directory, 'p.img'), IMAGE.subarray(0, 4096));
    const words = ['-u', '-m', 'http.server', '-b', '127.0.0.1', '-d', directory, '0'];
    const server = execFile('/usr/bin/python3', words);
    stage.after(() => server.kill());
    let said = '';
    server.stdout?.on('data', (text: string) => {
      said += text;
    });
    await expect.poll(() => said).toMatch(/port \d+/);
    const [port = ''] = said.match(/(?<=port )\d+/) ?? [];
    await expect(curl(`http://127.0.0.1:${port}/p.img`)).rejects.toThrow('the server sends no ranges');
  });

  it('nothing of an image is taken for another’s: a digest through nbdsh', async () => {
    const server = await start();
    const { uri } = await curl(server.url());
    const script = 'import hashlib\nprint(hashlib.sha256(h.pread(h.get_size(), 0)).hexdigest())';
    const digest = createHash('sha256').update(IMAGE).digest('hex');
    expect(await peer('nbdsh', '-u', uri, '-c', script)).toBe(`${digest}\n`);
  });
});
