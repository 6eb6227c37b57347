import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Filter } from './backend.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { PrivateSocket, removeStaleSockets } from './private-socket.ts';
import { Command, Errno, Option, OptionReply } from './protocol.ts';
import { NbdServer } from './server.ts';
import { goData, RawClient } from './testing/raw-client.ts';
import { pause, Stage, serve, socketPath, testParent } from './testing/served.ts';

const MIB = 1 << 20;

const stage = new Stage();
afterEach(() => stage.end());

async function greeted(socket: string): Promise<RawClient> {
  const raw = await stage.connect(socket);
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
    const server = new NbdServer({ defaultExport: 'b', socketParent: testParent() });
    stage.after(() => server.close());
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
    const server = new NbdServer({ socketParent: testParent() });
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
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => server.close());
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
    const gone = await stage.client(socket);
    gone.close();
    while (calls.length < 4) await pause(5);
    expect(calls).toEqual(['open', 'close true 1', 'open', 'close false 0']);
  });
});

describe('the host', () => {
  it('sees who is connected and what they have agreed on, and can hang up', async () => {
    const { server, socket } = await stage.serve({ parameters: [['rdelay', '60']] });
    const raw = await stage.connect(socket);
    await raw.enter({ allocation: true });
    raw.send(Command.Read, { length: 512 });
    await expect.poll(() => server.connections[0]?.requestsInFlight).toBe(1);
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
    const { server, socket } = await stage.serve({ parameters: [['rdelay', '1']] });
    const raw = await stage.client(socket);
    const read = raw.send(Command.Read, { length: 512 });
    await expect.poll(() => server.connections[0]?.requestsInFlight, { interval: 5 }).toBe(1);
    const closed = server.close(30_000);
    const flush = raw.send(Command.Flush);
    const first = await raw.chunk();
    expect([first.cookie, first.errno]).toEqual([flush, Errno.ESHUTDOWN]);
    const second = await raw.chunk();
    expect([second.cookie, second.errno]).toEqual([read, 0]);
    await raw.readToEnd();
    await closed;
  });

  it('does not wait longer than its bound for requests that never end', async () => {
    const { server, socket } = await stage.serve({ parameters: [['rdelay', '100']] });
    const raw = await stage.client(socket);
    raw.send(Command.Read, { length: 512 });
    await expect.poll(() => server.connections[0]?.requestsInFlight).toBe(1);
    const from = performance.now();
    await server.close(100);
    // The request takes 100 s.
    expect(performance.now() - from).toBeLessThan(50_000);
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
    stage.after(() => rmSync(parent, { recursive: true }));
    const module = new URL('./server.ts', import.meta.url).href;
    const code = `const { NbdServer } = await import(${JSON.stringify(module)}); console.log((await new NbdServer().listen()).split('=')[1]); process.stdin.once('data', () => process.exit(0));`;
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

  it('is no client of the servers that run already when it begins to listen', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'nbdscope-parent-'));
    stage.after(() => rmSync(parent, { recursive: true }));
    const changes: number[] = [];
    const { server, socket } = await stage.serve({
      server: { socketParent: parent },
      listener: {
        connectionsChanged: () => changes.push(server.connections.length),
        connectionClosed: () => {},
        connectionRefused: () => {},
      },
    });
    const { socket: second } = await stage.serve({ server: { socketParent: parent } });
    expect(existsSync(second)).toBe(true);
    await stage.client(socket);
    expect(server.connections.map(({ number }) => number)).toEqual([1]);
    expect(changes).not.toContain(0);
  });

  it('listens on TCP when asked, on loopback unless told that it may be exposed', async () => {
    const { server } = await stage.serve();
    const uri = await server.listen({ kind: 'tcp', port: 0 });
    expect(uri).toMatch(/^nbd:\/\/127\.0\.0\.1:\d+$/);
    const raw = await stage.client(Number(uri.split(':').at(-1)));
    expect((await raw.readDisk(0n, 512)).length).toBe(512);
    expect(server.connections.at(-1)?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
    await expect(server.listen({ kind: 'tcp', host: '0.0.0.0', port: 0 })).rejects.toThrow('loopback');
    await expect(server.listen({ kind: 'tcp', host: '::', port: 0 })).rejects.toThrow('loopback');
    expect(await server.listen({ kind: 'tcp', host: '0.0.0.0', port: 0, exposed: true })).toMatch(/^nbd:/);
  });

  it('does not take over a path that exists', async () => {
    const { server } = await stage.serve();
    const place = new PrivateSocket();
    stage.after(() => place.remove());
    const path = join(place.directory, 'taken');
    mkdirSync(path);
    await expect(server.listen({ kind: 'unix', path })).rejects.toThrow('exists already');
    const long = join(place.directory, 'x'.repeat(120));
    await expect(server.listen({ kind: 'unix', path: long })).rejects.toThrow(
      `may have 107 bytes, and this has ${Buffer.byteLength(long)}; give a shorter one`,
    );
    const free = join(place.directory, 'free');
    expect(await server.listen({ kind: 'unix', path: free })).toBe(`nbd+unix:///?socket=${free}`);
    await server.close();
    expect(existsSync(free)).toBe(false);
  });

  it('takes over a path from a server that crashed, never from one that lives', async () => {
    const { server } = await stage.serve();
    const place = new PrivateSocket();
    stage.after(() => place.remove());
    const path = join(place.directory, 'given');
    const crashing = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await new Promise((resolve) => crashing.once('exit', resolve));
    expect(existsSync(path)).toBe(true);
    await server.listen({ kind: 'unix', path });
    const { server: second } = await stage.serve();
    await expect(second.listen({ kind: 'unix', path })).rejects.toThrow('exists already');
    expect(existsSync(path)).toBe(true);
  });
});
