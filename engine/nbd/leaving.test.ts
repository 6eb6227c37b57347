import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type ConnectionFacts, Filter, type Request } from './backend.ts';
import { HostedExport } from './hosted-export.ts';
import { MemoryAllowance } from './memory-allowance.ts';
import { MemoryBackend } from './memory-backend.ts';
import { Command, Option, REQUEST_BYTES, REQUEST_MAGIC } from './protocol.ts';
import { NbdServer, type NbdServerOptions, type ServerListener } from './server.ts';
import { goData, type RawClient } from './testing/raw-client.ts';
import { pause, Stage, socketPath, testParent } from './testing/served.ts';

const MIB = 1 << 20;

const stage = new Stage();
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-leaving-'));
});
afterEach(async () => {
  await stage.end();
  rmSync(directory, { recursive: true });
});

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error('it did not come to pass in time');
    await pause(5);
  }
}

/** Asks for the disk, and does not wait until it is opened. */
async function beginToOpen(raw: RawClient): Promise<void> {
  await raw.greet();
  raw.sendOption(Option.Go, goData(''));
  await pause(50);
}

/** The log's lines of one connection, without their times. */
function logLines(file: string, connection: number): string[] {
  const mark = `connection=${connection} `;
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes(mark))
    .map((line) => line.slice(line.indexOf(mark) + mark.length).replace(/(Connect|Disconnect) .*/, '$1'));
}

describe('what a client that vanishes leaves in the log', () => {
  for (const filters of [
    ['log', 'delay'],
    ['delay', 'log'],
  ]) {
    it(`ends with its disconnection, as nbdkit's does, with ${filters.join(' before ')}`, async () => {
      const logfile = join(directory, 'disk.log');
      const { socket, server } = await stage.serve({
        filters,
        parameters: [
          ['logfile', logfile],
          ['wdelay', '150ms'],
          ['rdelay', '60ms'],
        ],
      });
      const raw = await stage.client(socket);
      for (let i = 0; i < 3; i += 1)
        raw.send(Command.Write, { offset: BigInt(i) << 12n }, Buffer.alloc(4096));
      raw.send(Command.Read, { length: 512 });
      await until(() => server.connections[0]?.transactions === 4);
      raw.close();
      await until(() => logLines(logfile, 1).includes('Disconnect'));
      await pause(200);
      const lines = logLines(logfile, 1);
      expect(lines[0]).toBe('Connect');
      expect(lines.at(-1)).toBe('Disconnect');
      expect(lines.filter((line) => line.startsWith('...Write') && line.endsWith('return=0'))).toHaveLength(
        3,
      );
      expect(lines.filter((line) => line.startsWith('...Read') && line.endsWith('return=0'))).toHaveLength(1);
      expect(lines).toHaveLength(10);
    });

    it(`has no disconnection before the connection when opening is slow, with ${filters.join(' before ')}`, async () => {
      const logfile = join(directory, 'disk.log');
      const { socket } = await stage.serve({
        filters,
        parameters: [
          ['logfile', logfile],
          ['delay-open', '150ms'],
        ],
      });
      const raw = await stage.connect(socket);
      await beginToOpen(raw);
      raw.close();
      await until(() => logLines(logfile, 1).length > 1);
      await pause(200);
      expect(logLines(logfile, 1)).toEqual(['Connect', 'Disconnect']);
    });
  }
});

/** Notes when a connection's disk is opened, used and closed. */
class Watched extends Filter {
  readonly calls = new Map<number, string[]>();

  #note(connection: ConnectionFacts, what: string): void {
    const calls = this.calls.get(connection.number) ?? [];
    calls.push(what);
    this.calls.set(connection.number, calls);
  }

  override open(connection: ConnectionFacts): void {
    this.#note(connection, 'open');
  }

  override close(connection: ConnectionFacts): void {
    this.#note(connection, 'close');
  }

  override write(request: Request): Answer {
    this.#note(request.connection, 'write');
    return this.next.write(request);
  }
}

/** Delays every write by another time, so that they overtake each other. */
class Uneven extends Filter {
  #count = 0;

  override async write(request: Request): Promise<number> {
    this.#count += 1;
    await pause((this.#count * 37) % 90);
    return this.next.write(request);
  }
}

/** Lets no write through until it is released. */
class Gate extends Filter {
  release: () => void = () => {};
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async write(request: Request): Promise<number> {
    await this.#released;
    return this.next.write(request);
  }
}

/** Serves a disk of 64 MiB behind a gate. */
async function behindGate(
  options: NbdServerOptions,
  listener: ServerListener | null = null,
): Promise<{ server: NbdServer; socket: string; gate: Gate }> {
  const server = new NbdServer({ socketParent: testParent(), ...options }, listener);
  stage.after(() => server.close(100));
  const gate = new Gate(new MemoryBackend(64n << 20n, new MemoryAllowance(64 * MIB)));
  server.addExport(new HostedExport('', '', gate, null));
  return { server, socket: socketPath(await server.listen()), gate };
}

describe('a disk whose clients vanish', () => {
  it('is closed once for each, after the last of its requests', async () => {
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => server.close(100));
    const watched = new Watched(new MemoryBackend(1n << 26n, new MemoryAllowance(64 * MIB)));
    server.addExport(new HostedExport('', '', new Uneven(watched), null));
    const socket = socketPath(await server.listen());
    const clients = 24;
    const leave = async (which: number): Promise<void> => {
      const raw = await stage.client(socket);
      for (let i = 0; i < 8; i += 1)
        raw.send(Command.Write, { offset: BigInt(which) << 16n }, Buffer.alloc(512));
      if (which % 3 === 0) raw.send(Command.Disconnect);
      await pause(which % 40);
      raw.close();
    };
    await Promise.all(Array.from({ length: clients }, (_, which) => leave(which)));
    await until(
      () => [...watched.calls.values()].filter((calls) => calls.includes('close')).length === clients,
    );
    await pause(150);
    for (const calls of watched.calls.values()) {
      expect(calls[0]).toBe('open');
      expect(calls.indexOf('close')).toBe(calls.length - 1);
    }
  });

  it('serves others in their place once it has done what they asked for, not before', async () => {
    const refusals: string[] = [];
    const { socket, server, gate } = await behindGate(
      { maxConnections: 2 },
      {
        connectionsChanged: () => undefined,
        connectionClosed: () => undefined,
        connectionRefused: (reason) => refusals.push(reason),
      },
    );
    for (let i = 0; i < 2; i += 1) {
      const raw = await stage.client(socket);
      raw.send(Command.Write, {}, Buffer.alloc(4096));
      await until(() => server.connections.some(({ requestsInFlight }) => requestsInFlight === 1));
      raw.close();
      await until(() => server.connections.length === 0);
    }
    await (await stage.connect(socket)).readToEnd();
    expect(refusals).toEqual([
      '0 clients are connected, and requests of 2 that left are not done; at most 2 are served',
    ]);
    gate.release();
    expect((await (await stage.client(socket)).readDisk(0n, 512)).length).toBe(512);
  });

  it('counts the payloads they left behind as held until they are written', async () => {
    const { socket, server, gate } = await behindGate({ maxConnections: 4, totalBytes: 80 * MIB });
    const payload = Buffer.alloc(60 * MIB);
    const vanishing = await stage.client(socket);
    vanishing.send(Command.Write, {}, payload);
    await until(() => server.connections[0]?.requestsInFlight === 1);
    vanishing.close();
    await until(() => server.connections.length === 0);
    const next = await stage.client(socket);
    next.send(Command.Write, {}, payload);
    await pause(300);
    expect(server.connections[0]?.transactions).toBe(0);
    gate.release();
    expect((await next.chunk()).errno).toBe(0);
  });

  it('does not keep the server from closing, however long its requests take', async () => {
    const { socket, server, disk } = await stage.serve({
      filters: ['delay', 'log'],
      parameters: [
        ['logfile', join(directory, 'disk.log')],
        ['wdelay', '100'],
        ['delay-close', '100'],
      ],
    });
    const vanishing = await stage.client(socket);
    vanishing.send(Command.Write, {}, Buffer.alloc(512));
    await until(() => server.connections[0]?.requestsInFlight === 1);
    vanishing.close();
    await until(() => server.connections.length === 0);
    const leaving = await stage.client(socket);
    leaving.send(Command.Disconnect);
    await pause(20);
    const from = performance.now();
    await server.close(150);
    expect(performance.now() - from).toBeLessThan(50_000);
    await disk.backend.dispose();
    expect(logLines(join(directory, 'disk.log'), 1)).toEqual(['Connect', 'Disconnect']);
  });

  it('lets a server that closes wait for what they left behind, within its bound', async () => {
    const { socket, server, disk } = await stage.serve({ parameters: [['wdelay', '200ms']] });
    const raw = await stage.client(socket);
    raw.send(Command.Write, {}, Buffer.alloc(4096, 7));
    await until(() => server.connections[0]?.requestsInFlight === 1);
    raw.close();
    await until(() => server.connections.length === 0);
    await server.close(30_000);
    expect(disk.plugin.usedBytes).toBeGreaterThan(0);
  });
});

describe('a client that vanishes while the server reads no more from it', () => {
  /** Nothing is answered before a test has failed. */
  const slow = { parameters: [['rdelay', '600']] } as const;

  /** Returns when the kernel has taken them all. */
  function sendReads(raw: RawClient, requests: number, length: number): Promise<void> {
    const bytes = Buffer.alloc(REQUEST_BYTES * requests);
    for (let i = 0; i < requests; i += 1) {
      bytes.writeUInt32BE(REQUEST_MAGIC, i * REQUEST_BYTES);
      bytes.writeBigUInt64BE(BigInt(i), i * REQUEST_BYTES + 8);
      bytes.writeUInt32BE(length, i * REQUEST_BYTES + 24);
    }
    return new Promise((resolve) => {
      raw.socket.write(bytes, () => resolve());
    });
  }

  async function waits(where: string | number, requests: number): Promise<RawClient> {
    const raw = await stage.client(where);
    await sendReads(raw, requests, 512);
    return raw;
  }

  it('is noticed at once with 512 requests waiting and more sent, on TCP too', async () => {
    const { socket, server } = await stage.serve(slow);
    const port = Number((await server.listen({ kind: 'tcp', port: 0 })).split(':').at(-1));
    for (const where of [socket, port]) {
      const raw = await waits(where, 2000);
      await until(() => server.connections[0]?.requestsInFlight === 512);
      await pause(50);
      raw.close();
      await until(() => server.connections.length === 0);
    }
  });

  it('is noticed soon when it has sent more than the server may keep', async () => {
    const { socket, server } = await stage.serve(slow);
    const port = Number((await server.listen({ kind: 'tcp', port: 0 })).split(':').at(-1));
    const room = 640 << 10;
    const unix = await waits(socket, Math.ceil((room + 60_000) / 28) + 512);
    const tcp = await waits(port, Math.ceil((room + 60_000) / 28) + 512);
    await until(() => server.connections.every(({ requestsInFlight }) => requestsInFlight === 512));
    await pause(50);
    unix.close();
    tcp.socket.resetAndDestroy();
    await until(() => server.connections.length === 0);
  });

  it('is noticed while its disk is being opened', async () => {
    const { socket, server } = await stage.serve({ parameters: [['delay-open', '600']] });
    const raw = await stage.connect(socket);
    await beginToOpen(raw);
    raw.close();
    await until(() => server.connections.length === 0);
  });

  it('is served when it stays: all it sent is answered in the end', async () => {
    const { socket } = await stage.serve({ parameters: [['rdelay', '2ms']] });
    const requests = 40_000;
    const raw = await stage.client(socket, true);
    const sending = sendReads(raw, requests, 1);
    const seen = new Set<bigint>();
    for (let i = 0; i < requests; i += 1) {
      const { cookie, errno } = await raw.chunk();
      if (errno === 0) seen.add(cookie);
    }
    await sending;
    expect(seen.size).toBe(requests);
  });
});

describe('a disk that does not open', () => {
  it('ends the connection, whether it throws or rejects, and is not closed', async () => {
    const calls: string[] = [];
    class Shut extends Filter {
      throws = true;
      override open(): Promise<void> {
        if (this.throws) throw new Error('no disk');
        return Promise.reject(new Error('no disk'));
      }
      override close(): void {
        calls.push('close');
      }
    }
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => server.close(100));
    const shut = new Shut(new MemoryBackend(1n << 20n, new MemoryAllowance(MIB)));
    server.addExport(new HostedExport('', '', shut, null));
    const socket = socketPath(await server.listen());
    for (const throws of [true, false]) {
      shut.throws = throws;
      const raw = await stage.connect(socket);
      await expect(raw.enter()).rejects.toThrow('CLOSED');
    }
    await until(() => server.connections.length === 0);
    expect(calls).toEqual([]);
  });
});
