import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Command, CommandFlag } from '../protocol.ts';
import { random } from '../testing/random.ts';
import { RawClient } from '../testing/raw-client.ts';
import type { ServeOptions } from '../testing/served.ts';
import { serveUnder } from '../testing/served-under.ts';

const SIZE = 16 << 20;
const BLOCK = 4096;

let directory = '';
let running: number[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-kill-'));
});
afterEach(() => {
  for (const pid of running) if (isThere(pid)) process.kill(pid, 'SIGKILL');
  running = [];
  rmSync(directory, { recursive: true, force: true });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function image(): string {
  const path = join(directory, 'disk.img');
  writeFileSync(path, '');
  truncateSync(path, SIZE);
  return path;
}

/** Serves in a process of its own; its socket's directory goes with the test's. */
async function serveApart(
  options: ServeOptions,
  before: readonly string[] = [],
): Promise<{ child: ChildProcess; socket: string; pid: number }> {
  const { child, pid, sockets } = await serveUnder(before, directory, options);
  running.push(pid);
  return { child, socket: sockets[0] ?? '', pid };
}

async function client(socket: string): Promise<RawClient> {
  const made = await RawClient.connect(socket);
  await made.enter({ structured: false });
  return made;
}

describe('a server that is killed', () => {
  it('has left on the disk what was flushed or written with FUA, by any connection, and can be followed by another', async () => {
    const path = image();
    const options: ServeOptions = { plugin: 'file', parameters: [['file', path]] };
    const { child, socket } = await serveApart(options);
    const clients = await Promise.all([client(socket), client(socket), client(socket)]);
    const draw = random(3);
    const model = Buffer.alloc(SIZE);
    for (let round = 0; round < 40; round += 1) {
      for (const [i, each] of clients.entries()) {
        const at = (i + 3 * draw(SIZE / BLOCK / 3 - 1)) * BLOCK;
        const fua = draw(3) === 0 ? CommandFlag.Fua : 0;
        const bytes = Buffer.alloc(BLOCK, 1 + draw(255));
        const kind = draw(4);
        if (kind === 0) {
          await each.request(Command.WriteZeroes, { offset: BigInt(at), length: BLOCK, flags: fua });
          bytes.fill(0);
        } else {
          await each.request(Command.Write, { offset: BigInt(at), flags: fua }, bytes);
        }
        bytes.copy(model, at);
      }
    }
    expect((await clients[1]?.request(Command.Flush, { length: 0 }))?.[0]?.errno).toBe(0);
    for (const each of clients) each.send(Command.Write, { offset: 0n }, Buffer.alloc(1 << 20, 9));
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    for (const each of clients) each.close();
    const left = readFileSync(path);
    // The last writes were not flushed: they may be there or not.
    expect(left.subarray(1 << 20).equals(model.subarray(1 << 20))).toBe(true);
    const again = await serveApart(options);
    const reader = await client(again.socket);
    expect((await reader.readDisk(1n << 20n, 1 << 20)).equals(model.subarray(1 << 20, 2 << 20))).toBe(true);
    reader.close();
  });

  it('has changed nothing below an overlay', async () => {
    const path = image();
    writeFileSync(path, Buffer.alloc(SIZE, 5));
    const { child, socket } = await serveApart({
      plugin: 'file',
      filters: ['cow'],
      parameters: [['file', path]],
    });
    const only = await client(socket);
    await only.request(Command.Write, { offset: 0n, flags: CommandFlag.Fua }, Buffer.alloc(1 << 20, 9));
    await only.request(Command.Flush, { length: 0 });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    only.close();
    expect(readFileSync(path).equals(Buffer.alloc(SIZE, 5))).toBe(true);
  });
});

/** What strace saw: a call's bytes as hexadecimal digits, from the line where it began to the line where it ended. */
interface Call {
  readonly name: string;
  readonly from: number;
  to: number;
  hex: string;
}

/** The calls of a trace in the order in which they began. */
function callsOf(trace: string): Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, Call>();
  for (const [line, text] of trace.split('\n').entries()) {
    const begun = /^(\d+) +(\w+)\(/.exec(text);
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>/.exec(text);
    const hex = [...text.matchAll(/\\x([0-9a-f]{2})/g)].map((match) => match[1]).join('');
    if (begun !== null) {
      const call = { name: begun[2] ?? '', from: line, to: line, hex };
      calls.push(call);
      if (text.includes('<unfinished')) unfinished.set(`${begun[1]} ${begun[2]}`, call);
    } else if (resumed !== null) {
      const call = unfinished.get(`${resumed[1]} ${resumed[2]}`);
      if (call === undefined) continue;
      call.to = line;
      call.hex += hex;
    }
  }
  return calls;
}

describe('the calls of a server', () => {
  it('have a fdatasync that began after every FLUSH and FUA request, and ended before its reply', async () => {
    const path = image();
    const trace = join(directory, 'trace');
    const calls = 'trace=fdatasync,fallocate,pwrite64,read,recvfrom,recvmsg,write,writev,sendto,sendmsg';
    const strace = ['strace', '-f', '-qq', '-xx', '-s', '64', '-e', calls, '-e', 'signal=none', '-o', trace];
    const { child, socket, pid } = await serveApart({ plugin: 'file', parameters: [['file', path]] }, strace);
    const only = await client(socket);
    const stable = new Set<string>();
    const others = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      const kind = [Command.Write, Command.Flush, Command.WriteZeroes, Command.Trim][i % 4] ?? Command.Flush;
      const fua = kind !== Command.Flush && i % 3 === 0;
      const fields = {
        offset: BigInt(i * BLOCK),
        length: kind === Command.Flush ? 0 : BLOCK,
        flags: fua ? CommandFlag.Fua : 0,
      };
      const payload = kind === Command.Write ? Buffer.alloc(BLOCK, i + 1) : undefined;
      const cookie = only.send(kind, kind === Command.Flush ? { length: 0 } : fields, payload);
      expect((await only.chunk()).errno).toBe(0);
      (fua || kind === Command.Flush ? stable : others).add(cookie.toString(16).padStart(16, '0'));
    }
    only.close();
    const ended = once(child, 'exit');
    // strace itself takes no signals.
    process.kill(pid, 'SIGTERM');
    await ended;
    const seen = callsOf(readFileSync(trace, 'latin1'));
    const syncs = seen.filter(({ name }) => name === 'fdatasync');
    expect(syncs).toHaveLength(stable.size);
    for (const cookie of [...stable, ...others]) {
      const asked = seen.find(({ hex }) => new RegExp(`25609513.{8}${cookie}`).test(hex));
      const replied = seen.find(({ hex }) => hex.includes(`6744669800000000${cookie}`));
      expect(asked, cookie).toBeDefined();
      expect(replied, cookie).toBeDefined();
      const between = syncs.filter(({ from, to }) => from > (asked?.to ?? 0) && to < (replied?.from ?? 0));
      expect(between.length, cookie).toBe(stable.has(cookie) ? 1 : 0);
    }
  });
});
