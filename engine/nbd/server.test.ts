import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Filter } from './backend.ts';
import { DelayFilter } from './filters/delay-filter.ts';
import { ErrorFilter } from './filters/error-filter.ts';
import { ReadonlyFilter } from './filters/readonly-filter.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { PrivateSocket, removeStaleSockets } from './private-socket.ts';
import { Command, Errno, Option, OptionReply } from './protocol.ts';
import { NbdServer } from './server.ts';
import { assemble, goData, RawClient } from './testing/raw-client.ts';
import { writeBackend } from './testing/requests.ts';
import { type Served, type ServeOptions, serve, socketPath } from './testing/served.ts';

const MIB = 1 << 20;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function started(options: ServeOptions = {}): Promise<Served> {
  const served = await serve(options);
  cleanUps.push(() => served.close());
  return served;
}

async function client(where: string | number, enter = true, structured = false): Promise<RawClient> {
  const made = await RawClient.connect(where, 5000);
  cleanUps.push(() => made.close());
  if (enter) await made.enter({ structured });
  return made;
}

const errnos = (chunks: readonly { readonly errno: number }[]): number[] =>
  chunks.map((chunk) => chunk.errno);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('limits', () => {
  it('hangs up on a client that does not finish its handshake in time, and on no other (CVE-2024-7409)', async () => {
    const { socket } = await started({ server: { handshakeMs: 150 } });
    const healthy = await client(socket);
    const idle = await client(socket, false);
    const slow = await client(socket, false);
    await slow.greet();
    const trickle = setInterval(() => slow.write(Buffer.from('I')), 20);
    await Promise.all([idle.readToEnd(), slow.readToEnd()]);
    clearInterval(trickle);
    await pause(200);
    expect((await healthy.readDisk(0n, 512)).length).toBe(512);
  });

  it('serves so many clients at once, and another when one has gone', async () => {
    const refusals: string[] = [];
    const { socket, server } = await started({
      server: { maxConnections: 2 },
      listener: {
        connectionsChanged: () => undefined,
        connectionFailed: () => undefined,
        connectionRefused: (reason) => refusals.push(reason),
      },
    });
    const first = await client(socket);
    await client(socket);
    const third = await client(socket, false);
    await third.readToEnd();
    expect(refusals).toEqual(['2 clients are connected already']);
    first.close();
    while (server.connections.length > 1) await pause(5);
    expect((await (await client(socket)).readDisk(0n, 1)).length).toBe(1);
  });

  it('takes a payload of 64 MiB and gives it back, and keeps framing after a larger one', async () => {
    const { socket } = await started({ parameters: [['size', '80M']] });
    const raw = await client(socket);
    const payload = Buffer.alloc(64 * MIB);
    for (let i = 0; i < payload.length; i += 4096) payload.writeUInt32BE(i, i);
    expect(errnos(await raw.request(Command.Write, { offset: 5n }, payload))).toEqual([0]);
    expect((await raw.readDisk(5n, payload.length)).equals(payload)).toBe(true);
    const larger = Buffer.alloc(64 * MIB + 1);
    expect(errnos(await raw.request(Command.Write, {}, larger))).toEqual([Errno.EINVAL]);
    expect(errnos(await raw.request(Command.Read, { length: larger.length }))).toEqual([Errno.EINVAL]);
    expect((await raw.readDisk(5n, 16)).equals(payload.subarray(0, 16))).toBe(true);
  });

  it('takes no more requests than 128 MiB of replies from a client that reads none, and answers them all later', async () => {
    let answered = 0;
    const { socket, disk } = await started({
      observer: () => ({
        congested: false,
        connected: () => undefined,
        disconnected: () => undefined,
        arrived: () => undefined,
        completed: () => {
          answered += 1;
        },
        unanswered: () => undefined,
      }),
    });
    await fill(disk.memory, 32 * MIB);
    const greedy = await client(socket);
    greedy.socket.pause();
    for (let i = 0; i < 20; i += 1) greedy.send(Command.Read, { length: 32 * MIB });
    const healthy = await client(socket);
    for (let i = 0; i < 20; i += 1) expect((await healthy.readDisk(0n, 4096)).length).toBe(4096);
    expect(answered - 20).toBeLessThanOrEqual(5);
    greedy.socket.resume();
    for (let i = 0; i < 20; i += 1) expect((await greedy.chunk()).data.length).toBe(32 * MIB);
  });

  it('holds no more payload than 128 MiB for a client whose writes wait', async () => {
    const { socket, server } = await started({
      parameters: [
        ['size', '64M'],
        ['wdelay', '150ms'],
      ],
    });
    const raw = await client(socket);
    const payload = Buffer.alloc(40 * MIB);
    for (let i = 0; i < 6; i += 1) raw.send(Command.Write, {}, payload);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.connections[0]?.requestsInFlight ?? 0);
    }, 5);
    for (let i = 0; i < 6; i += 1) expect((await raw.chunk()).errno).toBe(0);
    clearInterval(watch);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('does not let a greedy client starve a modest one of memory', async () => {
    const { socket, disk } = await started({ server: { maxConnections: 4, totalBytes: 80 * MIB } });
    await fill(disk.memory, 64 * MIB);
    const greedy = [await client(socket), await client(socket)];
    for (const raw of greedy) {
      raw.socket.pause();
      for (let i = 0; i < 4; i += 1) raw.send(Command.Read, { length: 60 * MIB });
    }
    await pause(50);
    const modest = await client(socket);
    const bytes = Buffer.alloc(2 * MIB, 3);
    expect(errnos(await modest.request(Command.Write, {}, bytes))).toEqual([0]);
    expect((await modest.readDisk(0n, bytes.length)).equals(bytes)).toBe(true);
    for (const raw of greedy) raw.socket.resume();
    for (const raw of greedy) for (let i = 0; i < 4; i += 1) expect((await raw.chunk()).errno).toBe(0);
  });
});

async function fill(memory: MemoryBackend, bytes: number): Promise<void> {
  await writeBackend(memory, 0n, Buffer.alloc(bytes, 7));
}

describe('requests side by side', () => {
  it('answers in the order in which they finish', async () => {
    const { socket } = await started({ parameters: [['rdelay', '80ms']] });
    for (const structured of [false, true]) {
      const raw = await client(socket, true, structured);
      const read = raw.send(Command.Read, { length: 512 });
      const flush = raw.send(Command.Flush);
      expect([(await raw.chunk()).cookie, (await raw.chunk()).cookie]).toEqual([flush, read]);
    }
  });

  it('lets slow requests wait together', async () => {
    const { socket, server } = await started({ parameters: [['rdelay', '100ms']] });
    const raw = await client(socket);
    const from = performance.now();
    for (let i = 0; i < 100; i += 1) raw.send(Command.Read, { offset: BigInt(i), length: 1 });
    await pause(30);
    expect(server.connections[0]?.requestsInFlight).toBe(100);
    for (let i = 0; i < 100; i += 1) await raw.chunk();
    expect(performance.now() - from).toBeLessThan(1000);
  });

  it('keeps the bytes of a write that waits, whatever comes behind it', async () => {
    const { socket } = await started({ parameters: [['wdelay', '40ms']] });
    const raw = await client(socket);
    for (let i = 0; i < 50; i += 1)
      raw.send(Command.Write, { offset: BigInt(i * 65536) }, Buffer.alloc(65536, i + 1));
    for (let i = 0; i < 50; i += 1) expect((await raw.chunk()).errno).toBe(0);
    for (let i = 0; i < 50; i += 1) {
      const bytes = await raw.readDisk(BigInt(i * 65536), 65536);
      expect(bytes.every((byte) => byte === i + 1)).toBe(true);
    }
  });

  it('answers what is outstanding before it ends on DISC', async () => {
    const { socket } = await started({
      parameters: [
        ['rdelay', '60ms'],
        ['delay-close', '30ms'],
      ],
    });
    const raw = await client(socket);
    for (let i = 0; i < 5; i += 1) raw.send(Command.Read, { length: 512 });
    raw.send(Command.Disconnect);
    for (let i = 0; i < 5; i += 1) expect((await raw.chunk()).errno).toBe(0);
    expect(await raw.readToEnd()).toBe(0);
  });

  it('makes a write that was answered visible on every connection (CAN_MULTI_CONN)', async () => {
    const { socket } = await started();
    const [writer, reader] = [await client(socket), await client(socket)];
    for (let i = 1; i < 50; i += 1) {
      await writer.request(Command.Write, { flags: i % 2, offset: 4096n }, Buffer.alloc(512, i));
      if (i % 2 === 0) await writer.request(Command.Flush);
      expect((await reader.readDisk(4096n, 512)).every((byte) => byte === i)).toBe(true);
    }
  });

  it('answers a backend that throws, rejects or reads too little with EIO, and stays', async () => {
    class Broken extends Filter {
      override read(): number {
        return 0;
      }
      override write(): never {
        throw new Error('broken');
      }
      override trim(): Promise<number> {
        return Promise.reject(new Error('broken'));
      }
    }
    const server = new NbdServer();
    const memory = new MemoryBackend(1n << 20n, new MemoryAllowance(1 << 20));
    server.addExport(new HostedExport('', '', new Broken(memory), null));
    cleanUps.push(() => server.close());
    const socket = socketPath(await server.listen());
    for (const structured of [false, true]) {
      const raw = await client(socket, true, structured);
      expect(errnos(await raw.request(Command.Read, { length: 512 }))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Write, {}, Buffer.alloc(512)))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Trim, { length: 512 }))).toEqual([Errno.EIO]);
      expect(errnos(await raw.request(Command.Flush))).toEqual([0]);
    }
  });
});

describe('changes while clients are connected', () => {
  it('takes effect for delays, errors and read-only', async () => {
    const { socket, disk } = await started({ filters: ['error', 'delay', 'readonly'] });
    const [error, delay, readonly] = disk.filters;
    if (
      !(error instanceof ErrorFilter && delay instanceof DelayFilter && readonly instanceof ReadonlyFilter)
    ) {
      throw new Error('other filters');
    }
    readonly.enabled = false;
    const raw = await client(socket);
    const write = async (): Promise<number[]> =>
      errnos(await raw.request(Command.Write, {}, Buffer.alloc(1)));
    expect(await write()).toEqual([0]);
    readonly.enabled = true;
    expect(await write()).toEqual([Errno.EPERM]);
    readonly.enabled = false;
    error.configure('error-pwrite-rate', '100%');
    expect(await write()).toEqual([Errno.EIO]);
    error.configure('error-pwrite-rate', '0');
    delay.configure('wdelay', '50ms');
    const from = performance.now();
    expect(await write()).toEqual([0]);
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
  });

  it('tells new clients of a read-only disk, refuses writes, trims and zeroes with EPERM, and keeps framing', async () => {
    const { socket } = await started({ filters: ['readonly'] });
    const raw = await client(socket);
    expect(errnos(await raw.request(Command.Write, {}, Buffer.alloc(100_000)))).toEqual([Errno.EPERM]);
    expect(errnos(await raw.request(Command.Trim, { length: 512 }))).toEqual([Errno.EPERM]);
    expect(errnos(await raw.request(Command.WriteZeroes, { length: 512 }))).toEqual([Errno.EPERM]);
    expect((await raw.readDisk(0n, 512)).length).toBe(512);
    const info = await (await greeted(socket)).option(Option.Info, goData(''));
    expect(info[0]?.data.readUInt16BE(10)).toBe(0b0101_0000_1111);
  });
});

async function greeted(socket: string): Promise<RawClient> {
  const raw = await client(socket, false);
  await raw.greet();
  return raw;
}

describe('exports', () => {
  function disk(name: string, mib: number): HostedExport {
    return new HostedExport(
      name,
      `disk ${name}`,
      new MemoryBackend(BigInt(mib * MIB), new MemoryAllowance(MIB)),
      null,
    );
  }

  it('serves several, the default under the empty name, and ends the clients of one that is taken away', async () => {
    const server = new NbdServer({ defaultExport: 'b' });
    cleanUps.push(() => server.close());
    for (const [name, mib] of [
      ['a', 1],
      ['b', 2],
    ] as const)
      server.addExport(disk(name, mib));
    const socket = socketPath(await server.listen());
    const raw = await greeted(socket);
    const size = async (name: string): Promise<bigint | undefined> =>
      (await raw.option(Option.Info, goData(name)))[0]?.data.readBigUInt64BE(2);
    expect([await size('a'), await size(''), await size('b')]).toEqual([1n << 20n, 2n << 20n, 2n << 20n]);
    const other = await RawClient.connect(socket);
    await other.enter({ name: 'a' });
    server.removeExport('a');
    await other.readToEnd();
    expect((await raw.option(Option.Go, goData('a'))).at(-1)?.type).toBe(OptionReply.ErrUnknown);
  });

  it('refuses names that are taken or cannot go over the wire', () => {
    const server = new NbdServer();
    server.addExport(disk('a', 1));
    expect(() => server.addExport(disk('a', 1))).toThrow('already');
    expect(() => server.addExport(disk('x'.repeat(4097), 1))).toThrow('4096');
    expect(() => server.addExport(disk('\ud800', 1))).toThrow('well-formed');
  });

  it('opens a backend only when a client has chosen it (CVE-2019-14850, CVE-2019-14851)', async () => {
    const calls: string[] = [];
    class Watched extends Filter {
      override open(): void {
        calls.push('open');
      }
      override close(_connection: unknown, graceful: boolean, transactions: number): void {
        calls.push(`close ${graceful} ${transactions}`);
      }
    }
    const server = new NbdServer();
    cleanUps.push(() => server.close());
    const memory = new MemoryBackend(1n << 20n, new MemoryAllowance(MIB));
    server.addExport(new HostedExport('', '', new Watched(memory), null));
    const socket = socketPath(await server.listen());
    const raw = await greeted(socket);
    for (const option of [Option.List, Option.StructuredReply, Option.SetMetaContext, Option.StartTls, 99]) {
      await raw.option(option);
    }
    await raw.option(Option.Info, goData(''));
    await raw.option(Option.Go, goData('nope'));
    expect(calls).toEqual([]);
    await raw.option(Option.Go, goData(''));
    await raw.request(Command.Flush);
    raw.send(Command.Disconnect);
    await raw.readToEnd();
    const gone = await client(socket);
    gone.close();
    while (calls.length < 4) await pause(5);
    expect(calls).toEqual(['open', 'close true 1', 'open', 'close false 0']);
  });
});

describe('the host', () => {
  it('sees who is connected and what they have agreed on, and can hang up', async () => {
    const { server, socket } = await started({ parameters: [['rdelay', '1']] });
    const raw = await client(socket, false);
    await raw.enter({ allocation: true });
    raw.send(Command.Read, { length: 512 });
    await pause(20);
    const [seen] = server.connections;
    expect(seen).toMatchObject({
      number: 1,
      peer: 'unix socket',
      state: 'transmission',
      exportName: '',
      negotiated: { structuredReplies: true, allocation: true, noZeroes: true, fixedNewstyle: true },
      requestsInFlight: 1,
      transactions: 1,
    });
    server.disconnect(1);
    await raw.readToEnd();
    expect(server.connections).toEqual([]);
  });

  it('closes within its bound: outstanding requests are answered, new ones get ESHUTDOWN', async () => {
    const { server, socket } = await started({ parameters: [['rdelay', '100ms']] });
    const raw = await client(socket);
    const read = raw.send(Command.Read, { length: 512 });
    await pause(20);
    const closed = server.close(2000);
    const flush = raw.send(Command.Flush);
    const first = await raw.chunk();
    expect([first.cookie, first.errno]).toEqual([flush, Errno.ESHUTDOWN]);
    const second = await raw.chunk();
    expect([second.cookie, second.errno]).toEqual([read, 0]);
    await raw.readToEnd();
    await closed;
  });

  it('does not wait longer than its bound for requests that never end', async () => {
    const { server, socket } = await started({ parameters: [['rdelay', '100']] });
    const raw = await client(socket);
    raw.send(Command.Read, { length: 512 });
    await pause(20);
    const from = performance.now();
    await server.close(100);
    expect(performance.now() - from).toBeLessThan(1000);
  });
});

describe('where it listens', () => {
  it('makes its socket in a directory of its own that only the user may enter, and removes both', async () => {
    const served = await serve();
    const directory = dirname(served.socket);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    await served.close();
    expect(existsSync(directory)).toBe(false);
  });

  it('leaves nothing behind when the process exits, and removes what a crash left', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'nbdscope-parent-'));
    cleanUps.push(() => rmSync(parent, { recursive: true }));
    const module = new URL('./testing/served.ts', import.meta.url).href;
    const code = `const { serve } = await import(${JSON.stringify(module)}); console.log((await serve()).socket); process.stdin.once('data', () => process.exit(0));`;
    const start = async (): Promise<{ socket: string; end: (how: 'exit' | 'SIGKILL') => Promise<void> }> => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        cwd: join(import.meta.dirname, '../..'),
        env: { ...process.env, XDG_RUNTIME_DIR: parent },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const socket = await new Promise<string>((resolve) =>
        child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim())),
      );
      return {
        socket,
        end: (how) => {
          if (how === 'exit') child.stdin.write('x');
          else child.kill(how);
          return gone;
        },
      };
    };
    const [exits, crashes, lives] = [await start(), await start(), await start()];
    await exits.end('exit');
    await crashes.end('SIGKILL');
    expect([exits, crashes, lives].map(({ socket }) => existsSync(dirname(socket)))).toEqual([
      false,
      true,
      true,
    ]);
    const foreign = join(parent, 'nbdscope-nbd-without-socket');
    mkdirSync(foreign);
    await removeStaleSockets(parent);
    expect([crashes, lives].map(({ socket }) => existsSync(dirname(socket)))).toEqual([false, true]);
    expect(existsSync(foreign)).toBe(true);
    await lives.end('exit');
  });

  it('listens on TCP when asked, on loopback unless told that it may be exposed', async () => {
    const { server } = await started();
    const uri = await server.listen({ kind: 'tcp', port: 0 });
    expect(uri).toMatch(/^nbd:\/\/127\.0\.0\.1:\d+$/);
    const raw = await client(Number(uri.split(':').at(-1)));
    expect((await raw.readDisk(0n, 512)).length).toBe(512);
    expect(server.connections.at(-1)?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    await expect(server.listen({ kind: 'tcp', host: '0.0.0.0', port: 0 })).rejects.toThrow('loopback');
    await expect(server.listen({ kind: 'tcp', host: '::', port: 0 })).rejects.toThrow('loopback');
    expect(await server.listen({ kind: 'tcp', host: '0.0.0.0', port: 0, exposed: true })).toMatch(/^nbd:/);
  });

  it('does not take over a path that exists', async () => {
    const { server } = await started();
    const place = new PrivateSocket();
    cleanUps.push(() => place.remove());
    const path = join(place.directory, 'taken');
    mkdirSync(path);
    await expect(server.listen({ kind: 'unix', path })).rejects.toThrow('exists already');
    const free = join(place.directory, 'free');
    expect(await server.listen({ kind: 'unix', path: free })).toBe(`nbd+unix:///?socket=${free}`);
    await server.close();
    expect(existsSync(free)).toBe(false);
  });
});

describe('structured replies', () => {
  it('sends holes as holes, and one chunk for all with DF', async () => {
    const { socket } = await started();
    const raw = await client(socket, true, true);
    await raw.request(Command.Write, { offset: 65536n }, Buffer.alloc(65536, 7));
    const chunks = await raw.request(Command.Read, { offset: 100n, length: 200_000 });
    expect(chunks.map((chunk) => chunk.type)).toEqual([2, 1, 2]);
    expect(
      assemble(chunks, 100n, 200_000)
        .subarray(65436, 65436 + 65536)
        .every((byte) => byte === 7),
    ).toBe(true);
    const whole = await raw.request(Command.Read, { flags: 4, offset: 100n, length: 200_000 });
    expect(whole.map((chunk) => chunk.type)).toEqual([1]);
    expect(assemble(whole, 100n, 200_000).equals(assemble(chunks, 100n, 200_000))).toBe(true);
    const hole = await raw.request(Command.Read, { flags: 4, offset: 1n << 20n, length: 60_000 });
    expect(hole.map((chunk) => chunk.type)).toEqual([2]);
  });

  it('says why a request failed', async () => {
    const { socket } = await started();
    const raw = await client(socket, true, true);
    const [refused] = await raw.request(Command.Read, { offset: 1n << 62n, length: 512 });
    expect(refused?.data.subarray(6).toString()).toBe('the range ends beyond the end of the disk');
    expect(refused?.data.readUInt16BE(4)).toBe(
      refused?.data.length === undefined ? -1 : refused.data.length - 6,
    );
  });
});
