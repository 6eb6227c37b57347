import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Happening } from '../plugins/plugin.ts';
import { Command, Errno } from '../protocol.ts';
import { errnos, type Served, Stage } from '../testing/served.ts';
import { type Answerer, ImageServer } from './testing/image-server.ts';

const MIB = 1 << 20;
const IMAGE = randomBytes(5 * MIB + 1234);

const stage = new Stage();
afterEach(() => stage.end());

async function start(): Promise<ImageServer> {
  const server = await ImageServer.start(IMAGE);
  stage.after(() => server.close());
  return server;
}

function curl(url: string, ...more: [string, string][]): Promise<Served> {
  return stage.serve({ plugin: 'curl', parameters: [['url', url], ...more] });
}

describe('a server that fails later', () => {
  async function open(...more: [string, string][]) {
    const server = await start();
    const served = await curl(server.url(), ...more);
    const told: Happening[] = [];
    served.disk.plugin.watch?.((happening) => told.push(happening));
    const client = await stage.client(served.socket);
    const read = async (at = 0): Promise<number> =>
      (await client.request(Command.Read, { offset: BigInt(at), length: 512 }))[0]?.errno ?? -1;
    return { server, served, told, client, read };
  }

  it('is asked again when it cuts off or is busy, but not for ever', async () => {
    const { server, served, read, told } = await open();
    let failures = 2;
    server.answer = (_asked, reply, range) => {
      failures -= 1;
      if (failures < 0) return false;
      if (failures === 0) reply.writeHead(503).end();
      else {
        const length = range === null ? 0 : range.end - range.start + 1;
        reply.writeHead(206, {
          'content-range': `bytes ${range?.start}-${range?.end}/${IMAGE.length}`,
          'content-length': length,
        });
        reply.write(IMAGE.subarray(0, 1000), () => reply.destroy());
      }
      return true;
    };
    expect(await read()).toBe(0);
    expect(server.asked.length).toBe(4);
    failures = 1000;
    expect(await read(MIB)).toBe(Errno.EIO);
    expect(server.asked.length).toBe(7);
    expect(served.disk.plugin.warnings).toEqual(['reads fail with EIO: cut off after 1000 of 65536 bytes']);
    failures = 0;
    expect(await read(MIB)).toBe(0);
    expect(served.disk.plugin.warnings).toEqual([]);
    expect(told.flatMap(({ text }) => text ?? [])).toEqual([
      expect.stringContaining('failed with EIO: cut off'),
    ]);
    expect(told.at(-1)?.status).toBeNull();
  });

  it.each<[string, (start: number, end: number) => Record<string, string | number>, Buffer, RegExp]>([
    [
      'another range',
      (s, e) => ({ 'content-range': `bytes ${s + 1}-${e + 1}/${IMAGE.length}` }),
      IMAGE.subarray(0, 65_536),
      /sent "bytes 1-65536/,
    ],
    [
      'a shorter range',
      (s, e) => ({ 'content-range': `bytes ${s}-${e - 1}/${IMAGE.length}` }),
      IMAGE.subarray(0, 65_535),
      /sent "bytes 0-65534/,
    ],
    ['no range', () => ({}), IMAGE.subarray(0, 65_536), /sent ""/],
    [
      'too many bytes',
      (s, e) => ({ 'content-range': `bytes ${s}-${e}/${IMAGE.length}` }),
      IMAGE.subarray(0, 65_537),
      /sent more/,
    ],
    [
      'several parts',
      () => ({ 'content-type': 'multipart/byteranges; boundary=x' }),
      Buffer.from('--x'),
      /sent ""/,
    ],
  ])('gets EIO for %s', async (_name, headers, body, why) => {
    const { server, served, read } = await open();
    server.answer = (_asked, reply, range) => {
      reply.writeHead(206, headers(range?.start ?? 0, range?.end ?? 0)).end(body);
      return true;
    };
    expect(await read()).toBe(Errno.EIO);
    expect(served.disk.plugin.warnings[0]).toMatch(why);
    server.answer = () => false;
    expect(await read()).toBe(0);
  });

  it.each<[string, (server: ImageServer) => void, RegExp]>([
    [
      'ETag',
      (server) => {
        server.etag = '"v2"';
      },
      /its ETag was "v1" and is "v2"/,
    ],
    [
      'size',
      (server) => {
        server.image = IMAGE.subarray(0, 3 * MIB);
      },
      /had 5244114 bytes and has 3145728/,
    ],
  ])(
    'whose image has another %s gives EIO from then on, to what was read before too',
    async (_name, change, why) => {
      const { server, served, read } = await open();
      expect(await read()).toBe(0);
      change(server);
      expect(await read(2 * MIB)).toBe(Errno.EIO);
      expect(served.disk.plugin.warnings[0]).toMatch(why);
      expect(await read()).toBe(Errno.EIO);
      expect(served.disk.plugin.warnings.length).toBe(1);
    },
  );

  it('is quoted in few words, and none that a terminal would act on', async () => {
    const { server, served, read } = await open();
    server.answer = (_asked, reply) => {
      reply.writeHead(206, { 'content-range': `bytes \x9b31m${'x'.repeat(20_000)}` }).end('x');
      return true;
    };
    expect(await read()).toBe(Errno.EIO);
    const [warning = ''] = served.disk.plugin.warnings;
    expect(warning).toMatch(/the server sent "bytes \?31mx+…"$/);
    expect(warning.length).toBeLessThan(300);
  });

  it('whose image is of another date gives EIO, where there is no ETag', async () => {
    const server = await start();
    server.etag = null;
    server.lastModified = 'Wed, 21 Oct 2015 07:28:00 GMT';
    const served = await curl(server.url());
    const client = await stage.client(served.socket);
    server.lastModified = 'Wed, 21 Oct 2015 07:29:00 GMT';
    expect(errnos(await client.request(Command.Read, { length: 512 }))).toEqual([Errno.EIO]);
    expect(served.disk.plugin.warnings[0]).toContain('is of Wed, 21 Oct 2015 07:29:00 GMT');
  });

  it.each<[string, Answerer]>([
    ['says nothing', () => true],
    [
      'sends a byte now and then',
      (_asked, reply, range) => {
        reply.writeHead(206, { 'content-range': `bytes ${range?.start}-${range?.end}/${IMAGE.length}` });
        const timer = setInterval(() => reply.write('x'), 100);
        reply.once('close', () => clearInterval(timer));
        return true;
      },
    ],
  ])('is waited for no longer than was said when it %s', async (_name, answer) => {
    const { server, served, read } = await open(['timeout', '1']);
    server.answer = answer;
    // Without the limit this would end in an hour, or never.
    expect(await read()).toBe(Errno.EIO);
    expect(served.disk.plugin.warnings[0]).toContain('no answer within 1 s');
  });

  it('gives EIO when it changes to another protocol, and goes on when it is itself again', async () => {
    const { server, served, read } = await open();
    server.answer = (_asked, reply) => {
      reply.socket?.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n');
      return true;
    };
    expect(await read()).toBe(Errno.EIO);
    expect(served.disk.plugin.warnings[0]).toContain('another protocol (101)');
    server.answer = () => false;
    expect(await read()).toBe(0);
    await expect.poll(() => server.connections).toBeLessThanOrEqual(1);
  });

  it('whose image has changed is said to have, whatever becomes of reads that were under way', async () => {
    const { server, served, client, read } = await open(['timeout', '1']);
    server.answer = () => true;
    const before = server.asked.length;
    client.send(Command.Read, { length: 512 });
    await expect.poll(() => server.asked.length).toBeGreaterThan(before);
    server.etag = '"v2"';
    server.answer = () => false;
    const [first, second] = await Promise.all([client.chunk(), read(2 * MIB)]);
    expect([first.errno, second]).toEqual([Errno.EIO, Errno.EIO]);
    expect(served.disk.plugin.warnings).toEqual([expect.stringContaining('the image has changed')]);
  });

  it('does not keep the disk from ending', async () => {
    const { server, served, client } = await open();
    server.answer = () => true;
    const before = server.asked.length;
    client.send(Command.Read, { length: 512 });
    await expect.poll(() => server.asked.length).toBeGreaterThan(before);
    await served.disk.backend.dispose();
    expect((await client.chunk()).errno).toBe(Errno.EIO);
  });
});
