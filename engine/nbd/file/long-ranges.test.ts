import { once } from 'node:events';
import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Command, CommandFlag, Errno } from '../protocol.ts';
import { RawClient } from '../testing/raw-client.ts';
import { errnos, type ServeOptions, Stage } from '../testing/served.ts';
import { serveUnder } from '../testing/served-under.ts';

const MIB = 1n << 20n;
const GIB = 1n << 30n;
const SIZE = 16n * GIB;
const BLOCK = 4096;
const ANSWER_MS = 20_000;
/** Blocks of data in an otherwise empty disk, on both sides of every multiple of 4 GiB. */
const PLACES = [0n, 4n * GIB - BigInt(BLOCK), 4n * GIB, 9n * GIB + MIB, 12n * GIB, SIZE - BigInt(BLOCK)];
const DATA = Buffer.alloc(BLOCK, 5);

const stage = new Stage();
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-long-'));
});
afterEach(async () => {
  await stage.end();
  rmSync(directory, { recursive: true, force: true });
});

/** 16 GiB, nearly all of it a hole. */
function image(where = directory): string {
  const path = join(where, 'disk.img');
  writeFileSync(path, '');
  truncateSync(path, Number(SIZE));
  const fd = openSync(path, 'r+');
  for (const place of PLACES) writeSync(fd, DATA, 0, BLOCK, Number(place));
  return path;
}

async function clientOf(socket: string): Promise<RawClient> {
  const client = await RawClient.connect(socket, ANSWER_MS);
  stage.after(() => client.close());
  expect(await client.enter({ extended: true, allocation: true })).toBe(true);
  return client;
}

async function serve(options: ServeOptions): Promise<RawClient> {
  return clientOf((await stage.serve(options)).socket);
}

const inFile = (path: string, ...filters: string[]): ServeOptions => ({
  plugin: 'file',
  filters,
  parameters: [['file', path]],
});

const usedBytes = (path: string): number => statSync(path).blocks * 512;

async function dataLeft(client: RawClient): Promise<bigint[]> {
  const left: bigint[] = [];
  for (const place of PLACES) {
    const bytes = await client.readDisk(place, BLOCK);
    expect(bytes.equals(DATA) || bytes.equals(Buffer.alloc(BLOCK))).toBe(true);
    if (bytes.equals(DATA)) left.push(place);
  }
  return left;
}

/** The extents of the whole disk with their offsets, neighbours of a kind together; and how often was asked. */
async function extents(client: RawClient): Promise<{ runs: [at: bigint, flags: bigint][]; asked: number }> {
  const runs: [bigint, bigint][] = [];
  let asked = 0;
  for (let at = 0n; at < SIZE; asked += 1) {
    const [chunk] = await client.request(Command.BlockStatus, { offset: at, length: SIZE - at });
    if (chunk === undefined || chunk.errno !== 0) throw new Error(`block status failed at ${at}`);
    for (let i = 0; i < chunk.data.readUInt32BE(4); i += 1) {
      const flags = chunk.data.readBigUInt64BE(16 + 16 * i);
      if (runs.at(-1)?.[1] !== flags) runs.push([at, flags]);
      at += chunk.data.readBigUInt64BE(8 + 16 * i);
    }
  }
  return { runs, asked };
}

const HOLE = 3n;
/** The middle of the disk: more than 4 GiB, with data before, in and after it. */
const MIDDLE = { offset: 4n * GIB, length: 8n * GIB };
const OUTSIDE = PLACES.filter((place) => place < MIDDLE.offset || place >= MIDDLE.offset + MIDDLE.length);

const KINDS = [
  ['in a file', () => inFile(image())],
  ['in an overlay over a file', () => inFile(image(), 'cow')],
] as const;

describe.each(KINDS)('requests of more than 4 GiB for a disk of 16 GiB, %s', (_name, options) => {
  it.each([
    ['trim', Command.Trim, 0],
    ['write zeroes', Command.WriteZeroes, 0],
    ['write zeroes with FUA', Command.WriteZeroes, CommandFlag.Fua],
  ])('%s changes all of its range and nothing else', async (_what, command, flags) => {
    const client = await serve(options());
    expect(await dataLeft(client)).toEqual(PLACES);
    expect(errnos(await client.request(command, { ...MIDDLE, flags }))).toEqual([0]);
    expect(await dataLeft(client)).toEqual(OUTSIDE);
  });

  it('ends within a block, on both sides, where it was told to', async () => {
    const client = await serve(options());
    const init = { offset: 100n, length: SIZE - 200n };
    expect(errnos(await client.request(Command.Trim, init))).toEqual([0]);
    const [first, last] = [
      await client.readDisk(0n, BLOCK),
      await client.readDisk(SIZE - BigInt(BLOCK), BLOCK),
    ];
    expect(first.lastIndexOf(5)).toBe(99);
    expect(last.indexOf(5)).toBe(BLOCK - 100);
  });

  it('block status tells of all of it, and cache is done', async () => {
    const client = await serve(options());
    expect(errnos(await client.request(Command.Cache, { length: SIZE }))).toEqual([0]);
    const { runs, asked } = await extents(client);
    const data = runs.filter(([, flags]) => flags === 0n).map(([at]) => at);
    // Neighbours on both sides of 4 GiB are one run.
    expect(data).toEqual(PLACES.filter((place) => place !== 4n * GIB));
    expect(runs.filter(([, flags]) => flags !== 0n).every(([, flags]) => flags === HOLE)).toBe(true);
    expect(asked).toBeLessThan(6);
    expect(errnos(await client.request(Command.Trim, { length: SIZE }))).toEqual([0]);
    expect((await extents(client)).runs).toEqual([[0n, HOLE]]);
    expect(await dataLeft(client)).toEqual([]);
  });

  it('refuses what goes beyond the end, and has changed nothing', async () => {
    const client = await serve(options());
    const beyond = { offset: 512n, length: SIZE };
    expect(errnos(await client.request(Command.Trim, beyond))).toEqual([Errno.EINVAL]);
    expect(errnos(await client.request(Command.WriteZeroes, beyond))).toEqual([Errno.ENOSPC]);
    expect(await dataLeft(client)).toEqual(PLACES);
  });
});

describe('a file of 16 GiB', () => {
  it('gives its place back for a long trim, and block status is one answer', async () => {
    const path = image();
    const client = await serve(inFile(path));
    expect(usedBytes(path)).toBe(PLACES.length * BLOCK);
    expect(errnos(await client.request(Command.Trim, MIDDLE))).toEqual([0]);
    expect(usedBytes(path)).toBe(OUTSIDE.length * BLOCK);
    expect((await extents(client)).asked).toBe(1);
  });

  it('on tmpfs is zeroed with its place kept, by the file system', async () => {
    const where = mkdtempSync('/dev/shm/nbdscope-long-');
    stage.after(() => rmSync(where, { recursive: true }));
    const path = image(where);
    const client = await serve(inFile(path));
    const range = { offset: 9n * GIB, length: 2n * MIB, flags: CommandFlag.NoHole | CommandFlag.FastZero };
    expect(errnos(await client.request(Command.WriteZeroes, range))).toEqual([0]);
    expect(usedBytes(path)).toBe((PLACES.length - 1) * BLOCK + Number(range.length));
    expect(await dataLeft(client)).toEqual(PLACES.filter((place) => place !== 9n * GIB + MIB));
  });

  it('is asked once for each long request, and FUA is one fdatasync after it', async () => {
    const path = image();
    const trace = join(directory, 'trace');
    const strace = ['strace', '-f', '-qq', '-o', trace, '-P', path, '-e'];
    const calls = 'trace=fallocate,fadvise64,fdatasync,pwrite64,pwritev2';
    const { child, sockets, pid } = await serveUnder([...strace, calls], directory, inFile(path));
    const client = await clientOf(sockets[0] ?? '');
    const fua = { ...MIDDLE, flags: CommandFlag.Fua };
    for (const command of [Command.Trim, Command.WriteZeroes]) {
      expect(errnos(await client.request(command, fua))).toEqual([0]);
    }
    expect(errnos(await client.request(Command.Cache, MIDDLE))).toEqual([0]);
    client.close();
    const ended = once(child, 'exit');
    process.kill(pid, 'SIGTERM');
    await ended;
    const seen = readFileSync(trace, 'latin1').split('\n');
    const lines = seen.flatMap(
      (line) => /(?:^|\d+ +)((?:fallocate|fadvise64|fdatasync|pwrite).*)/.exec(line)?.[1] ?? [],
    );
    const middle = `${MIDDLE.offset}, ${MIDDLE.length}`;
    expect(
      lines.map((line) => line.replace(/\w+\(\d+(, )?/, (call) => `${call.slice(0, call.indexOf('('))} `)),
    ).toEqual([
      // Whether there are holes at all.
      expect.stringMatching(/^fallocate .*, 17179869184, 4096\)/),
      expect.stringContaining(middle),
      expect.stringMatching(/^fdatasync /),
      expect.stringContaining(middle),
      expect.stringMatching(/^fdatasync /),
      expect.stringMatching(new RegExp(`^fadvise64 ${middle}`)),
    ]);
  });
});
