import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import { DelayFilter } from './filters/delay-filter.ts';
import { ErrorFilter } from './filters/error-filter.ts';
import { LogFilter } from './filters/log-filter.ts';
import { ReadonlyFilter } from './filters/readonly-filter.ts';
import { HostedExport } from './hosted-export.ts';
import { Command, CommandFlag } from './protocol.ts';
import { NbdServer } from './server.ts';
import { CachingBackend } from './testing/caching-backend.ts';
import { random } from './testing/random.ts';
import type { RawClient } from './testing/raw-client.ts';
import { Stage, socketPath, testParent } from './testing/served.ts';

const BLOCK = 512;
const BLOCKS_EACH = 24;
const CONNECTIONS = 3;
const ROUNDS = 400;
const DEPTH = 16;
const LATE_MS = 4;

const stage = new Stage();
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-durability-'));
});
afterEach(async () => {
  await stage.end();
  rmSync(directory, { recursive: true });
});

function delayed(next: Backend): Backend {
  const delay = new DelayFilter(next);
  for (const key of ['delay-write', 'delay-zero', 'delay-trim']) delay.configure(key, '2ms');
  return delay;
}

function logged(next: Backend): Backend {
  const log = new LogFilter(next);
  log.configure('logfile', join(directory, 'disk.log'));
  log.ready();
  return log;
}

function failing(next: Backend): Backend {
  const error = new ErrorFilter(next, Math.random);
  error.configure('error-rate', '10%');
  return error;
}

function protecting(next: Backend): Backend {
  const readonly = new ReadonlyFilter(next);
  readonly.enabled = false;
  return readonly;
}

const STACKS: readonly (readonly [string, (backend: Backend) => Backend])[] = [
  ['no filter', (backend) => backend],
  ['delay', delayed],
  ['log', logged],
  ['error', failing],
  ['readonly', protecting],
  ['log, error, delay, readonly', (backend) => logged(failing(delayed(protecting(backend))))],
  ['readonly, delay, error, log', (backend) => protecting(delayed(failing(logged(backend))))],
];

/** What a reply promises: the version that the block had, or a later one, outlives a power cut. */
class Promises {
  readonly #disk: CachingBackend;
  /** The latest version of each block whose change was answered with success. */
  readonly #replied = new Map<number, number>();
  broken = 0;
  checked = 0;

  constructor(disk: CachingBackend) {
    this.#disk = disk;
  }

  replied(block: number, version: number): void {
    this.#replied.set(block, version);
  }

  get soFar(): [number, number][] {
    return [...this.#replied];
  }

  check(promised: readonly (readonly [block: number, version: number])[]): void {
    for (const [block, version] of promised) {
      this.checked += 1;
      if (this.#disk.stable.readUInt32BE(block * BLOCK) < version) this.broken += 1;
    }
  }
}

/** Keeps a connection busy with changes of its own blocks, each answered before the next of the same block. */
async function work(
  raw: RawClient,
  first: number,
  promises: Promises,
  draw: (below: number) => number,
): Promise<number> {
  const waiting = new Map<bigint, (errno: number) => void>();
  const busy = new Set<number>();
  let version = 0;
  let sent = 0;
  let flushes = 0;
  const sendOne = (): void => {
    sent += 1;
    if (draw(5) === 0) {
      const promised = promises.soFar;
      waiting.set(raw.send(Command.Flush), (errno) => {
        if (errno !== 0) return;
        flushes += 1;
        promises.check(promised);
      });
      return;
    }
    let block = first + draw(BLOCKS_EACH);
    while (busy.has(block)) block = first + ((block - first + 1) % BLOCKS_EACH);
    busy.add(block);
    version += 1;
    const mine = version;
    const fua = draw(4) === 0;
    const payload = Buffer.alloc(BLOCK, mine & 0xff);
    payload.writeUInt32BE(mine);
    const cookie = raw.send(
      Command.Write,
      { offset: BigInt(block * BLOCK), flags: fua ? CommandFlag.Fua : 0 },
      payload,
    );
    waiting.set(cookie, (errno) => {
      busy.delete(block);
      if (errno !== 0) return;
      promises.replied(block, mine);
      if (fua) promises.check([[block, mine]]);
    });
  };
  while (sent < ROUNDS || waiting.size > 0) {
    while (sent < ROUNDS && waiting.size < DEPTH) sendOne();
    const { cookie, errno } = await raw.chunk();
    waiting.get(cookie)?.(errno);
    waiting.delete(cookie);
  }
  return flushes;
}

describe('a disk with a volatile cache', () => {
  async function serve(
    stack: (backend: Backend) => Backend,
  ): Promise<{ disk: CachingBackend; socket: string }> {
    const disk = new CachingBackend(CONNECTIONS * BLOCKS_EACH, BLOCK, LATE_MS, random(1));
    const backend = stack(disk);
    const server = new NbdServer({ socketParent: testParent() });
    stage.after(() => backend.dispose());
    stage.after(() => server.close());
    server.addExport(new HostedExport('', '', backend, null));
    return { disk, socket: socketPath(await server.listen()) };
  }

  for (const [name, stack] of STACKS) {
    it(`has all that was replied to before a flush when the flush is replied to, whoever wrote it, and FUA's own: ${name}`, async () => {
      const { disk, socket } = await serve(stack);
      const promises = new Promises(disk);
      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => stage.client(socket)));
      const flushes = await Promise.all(
        clients.map((raw, i) => work(raw, i * BLOCKS_EACH, promises, random(100 + i))),
      );
      expect(promises.broken).toBe(0);
      expect(Math.min(...flushes)).toBeGreaterThan(ROUNDS / 20);
      expect(promises.checked).toBeGreaterThan(ROUNDS);
    });

    it(`has zeroes and trims with FUA, and does not have those without before a flush: ${name}`, async () => {
      const { disk, socket } = await serve(stack);
      const raw = await stage.client(socket);
      const until = async (command: number, flags: number, payload?: Buffer): Promise<void> => {
        const length = command === Command.Flush ? 0 : BLOCK;
        for (let errno = -1, tries = 0; errno !== 0; tries += 1) {
          if (tries > 100) throw new Error(`command ${command} fails with ${errno}`);
          errno = (await raw.request(command, { flags, length }, payload))[0]?.errno ?? -1;
        }
      };
      const stable = (): number => disk.stable.readUInt8(0);
      const ones = Buffer.alloc(BLOCK, 1);
      for (const command of [Command.WriteZeroes, Command.Trim]) {
        await until(Command.Write, CommandFlag.Fua, ones);
        expect(stable()).toBe(1);
        await until(command, 0);
        expect(stable()).toBe(1);
        await until(Command.Flush, 0);
        expect(stable()).toBe(0);
        await until(Command.Write, 0, ones);
        expect(stable()).toBe(0);
        await until(Command.Write, CommandFlag.Fua, ones);
        await until(command, CommandFlag.Fua);
        expect(stable()).toBe(0);
      }
    });
  }
});
