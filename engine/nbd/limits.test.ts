import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from './backend.ts';
import { Command, Errno } from './protocol.ts';
import { faultRule } from './testing/fault-rules.ts';
import { writeBackend } from './testing/requests.ts';
import { errnos, pause, Stage } from './testing/served.ts';

const MIB = 1 << 20;

const stage = new Stage();
afterEach(async () => {
  vi.useRealTimers();
  await stage.end();
});

describe('limits', () => {
  it('hangs up on a client that does not finish its handshake in time, and on no other (CVE-2024-7409)', async () => {
    const { socket } = await stage.serve({ server: { handshakeMs: 2_000 } });
    const healthy = await stage.client(socket);
    const idle = await stage.connect(socket);
    const slow = await stage.connect(socket);
    await slow.greet();
    const trickle = setInterval(() => slow.write(Buffer.from('I')), 20);
    await Promise.all([idle.readToEnd(), slow.readToEnd()]);
    clearInterval(trickle);
    await pause(200);
    expect((await healthy.readDisk(0n, 512)).length).toBe(512);
  });

  it('serves so many clients at once, and another when one has gone', async () => {
    const refusals: string[] = [];
    const { socket, server } = await stage.serve({
      server: { maxConnections: 2 },
      listener: {
        connectionsChanged: () => undefined,
        connectionClosed: () => undefined,
        connectionRefused: (reason) => refusals.push(reason),
      },
    });
    const first = await stage.client(socket);
    await stage.client(socket);
    const third = await stage.connect(socket);
    await third.readToEnd();
    expect(refusals).toEqual(['2 clients are connected already']);
    first.close();
    while (server.connections.length > 1) await pause(5);
    expect((await (await stage.client(socket)).readDisk(0n, 1)).length).toBe(1);
  });

  it('takes a payload of 64 MiB and gives it back, and keeps framing after a larger one', async () => {
    const { socket } = await stage.serve({ parameters: [['size', '80M']] });
    const raw = await stage.client(socket);
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
    const { socket, disk } = await stage.serve({
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
    await fill(disk.plugin.backend, 32 * MIB);
    const greedy = await stage.client(socket);
    greedy.socket.pause();
    for (let i = 0; i < 20; i += 1) greedy.send(Command.Read, { length: 32 * MIB });
    const healthy = await stage.client(socket);
    for (let i = 0; i < 20; i += 1) expect((await healthy.readDisk(0n, 4096)).length).toBe(4096);
    expect(answered - 20).toBeLessThanOrEqual(5);
    greedy.socket.resume();
    for (let i = 0; i < 20; i += 1) expect((await greedy.chunk()).data.length).toBe(32 * MIB);
  });

  it('holds no more payload than 128 MiB for a client whose writes wait', async () => {
    const { socket, server, disk } = await stage.serve();
    disk.faults.setRules([faultRule({ ops: ['write'], action: { do: 'freeze' } })]);
    const raw = await stage.client(socket);
    const payload = Buffer.alloc(40 * MIB);
    for (let i = 0; i < 6; i += 1) raw.send(Command.Write, {}, payload);
    const inFlight = (): number | undefined => server.connections[0]?.requestsInFlight;
    await expect.poll(inFlight).toBe(3);
    await pause(500);
    expect(inFlight()).toBe(3);
    disk.faults.setRules([]);
    for (let i = 0; i < 6; i += 1) expect((await raw.chunk()).errno).toBe(0);
  });

  it('hangs up on a client that takes nothing while others wait for the memory it holds, and serves those', async () => {
    const failed: string[] = [];
    const { socket, disk, server } = await stage.serve({
      server: { maxConnections: 4, totalBytes: 80 * MIB },
      listener: {
        connectionsChanged: () => undefined,
        connectionClosed: (_connection, reason) => {
          if (reason !== null) failed.push(reason);
        },
        connectionRefused: () => undefined,
      },
    });
    await fill(disk.plugin.backend, 60 * MIB);
    const idle = await stage.client(socket);
    idle.socket.pause();
    idle.send(Command.Read, { length: 60 * MIB });
    while (server.heldBytes < 50 * MIB) await pause(5);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const waiting = await stage.client(socket);
    const other = await stage.client(socket);
    waiting.send(Command.Read, { length: 60 * MIB });
    await pause(50);
    for (let second = 0; second < 60 && failed.length === 0; second += 1) {
      vi.advanceTimersByTime(1000);
      expect((await other.readDisk(0n, 512)).length).toBe(512);
    }
    expect((await waiting.chunk()).data.length).toBe(60 * MIB);
    expect(failed).toEqual([expect.stringContaining('neither sent nor took a byte in 30 s')]);
    expect(server.connections).toHaveLength(2);
  });

  it('does not let a greedy client starve a modest one of memory', async () => {
    const { socket, disk } = await stage.serve({ server: { maxConnections: 4, totalBytes: 80 * MIB } });
    await fill(disk.plugin.backend, 64 * MIB);
    const greedy = [await stage.client(socket), await stage.client(socket)];
    for (const raw of greedy) {
      raw.socket.pause();
      for (let i = 0; i < 4; i += 1) raw.send(Command.Read, { length: 60 * MIB });
    }
    await pause(50);
    const modest = await stage.client(socket);
    const bytes = Buffer.alloc(2 * MIB, 3);
    expect(errnos(await modest.request(Command.Write, {}, bytes))).toEqual([0]);
    expect((await modest.readDisk(0n, bytes.length)).equals(bytes)).toBe(true);
    for (const raw of greedy) raw.socket.resume();
    for (const raw of greedy) for (let i = 0; i < 4; i += 1) expect((await raw.chunk()).errno).toBe(0);
  });
});

async function fill(disk: Backend, bytes: number): Promise<void> {
  await writeBackend(disk, 0n, Buffer.alloc(bytes, 7));
}
