import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogDecoder } from '#engine/log/log-decoder.ts';
import type { SourceDisk } from '#engine/session/source.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { opName, RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import { Filter } from '../backend.ts';
import { MemoryAllowance } from '../memory-allowance.ts';
import { Errno } from '../protocol.ts';
import { readBackend, request, writeBackend } from '../testing/requests.ts';
import { DelayFilter } from './delay-filter.ts';
import { ErrorFilter } from './error-filter.ts';
import { LogFilter } from './log-filter.ts';
import { ReadonlyFilter } from './readonly-filter.ts';
import { buildDisk, type DiskStack } from './stack.ts';

const CONNECTION = { number: 7, exportName: '' };

async function build(
  filters: string[],
  parameters: [string, string][] = [],
  addFilters = false,
): Promise<DiskStack> {
  const all: [string, string][] = [['size', '1M'], ...parameters];
  return buildDisk({ plugin: 'memory', filters, parameters: all, addFilters }, new MemoryAllowance(1 << 30));
}

function filterOf<T>(stack: DiskStack, kind: new (...args: never[]) => T): T {
  const found = stack.filters.find((filter) => filter instanceof kind);
  if (!(found instanceof kind)) throw new Error(`no ${kind.name} in the stack`);
  return found;
}

async function elapsed(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nbdscope-filters-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the delay filter', () => {
  it('delays what its parameters name, in seconds or ms, and nothing else', async () => {
    const cases: [string, string, Partial<Record<string, number>>][] = [
      ['rdelay', '40ms', { read: 40 }],
      ['delay-read', '1', { read: 1000 }],
      ['wdelay', '2s', { write: 2000, zero: 2000, trim: 2000 }],
      ['delay-write', '5ms', { write: 5 }],
      ['delay-zero', '5ms', { zero: 5 }],
      ['delay-trim', '5ms', { trim: 5 }],
      ['delay-extents', '5ms', { extents: 5 }],
      ['delay-cache', '5ms', { cache: 5 }],
      ['delay-open', '5ms', { open: 5 }],
      ['delay-close', '5ms', { close: 5 }],
    ];
    const none = { read: 0, write: 0, zero: 0, trim: 0, extents: 0, cache: 0, open: 0, close: 0 };
    for (const [key, value, expected] of cases) {
      const filter = filterOf(await build(['delay'], [[key, value]]), DelayFilter);
      expect(filter.delaysMs, key).toEqual({ ...none, ...expected });
    }
  });

  it('answers that much later, many at once as soon as one', async () => {
    const { backend } = await build(['delay'], [['rdelay', '60ms']]);
    const took = await elapsed(() =>
      Promise.all(Array.from({ length: 1000 }, () => readBackend(backend, 0n, 512))),
    );
    expect(took).toBeGreaterThanOrEqual(59);
    // One after another they would take a minute.
    expect(took).toBeLessThan(30_000);
  });

  it('delays every operation it can and never flush', async () => {
    const all: [string, string][] = [
      'read',
      'write',
      'zero',
      'trim',
      'extents',
      'cache',
      'open',
      'close',
    ].map((name) => [`delay-${name}`, '15ms']);
    const { backend } = await build(['delay'], all);
    const slow: (() => unknown)[] = [
      () => backend.read(request(0n, 1)),
      () => backend.write(request(0n, 1, 0, Buffer.alloc(1))),
      () => backend.zero(request(0n, 1)),
      () => backend.trim(request(0n, 1)),
      () => backend.extents(request(0n, 1)),
      () => backend.cache(request(0n, 1)),
      () => backend.open(CONNECTION),
      () => backend.close(CONNECTION, true, 0),
    ];
    for (const work of slow) expect(await elapsed(work)).toBeGreaterThanOrEqual(14);
    expect(backend.flush(request(0n, 0))).toBe(0);
    expect(backend.close(CONNECTION, false, 0)).toBeUndefined();
  });

  it('refuses fast zeroes at once when told to, and changes nothing', async () => {
    const { backend, plugin } = await build(
      ['delay'],
      [
        ['delay-fast-zero', 'false'],
        ['wdelay', '1'],
      ],
    );
    await writeBackend(plugin.backend, 0n, Buffer.alloc(512, 7));
    expect(backend.zero(request(0n, 512, RowFlag.Fast))).toBe(Errno.ENOTSUP);
    expect((await readBackend(plugin.backend, 0n, 512)).every((byte) => byte === 7)).toBe(true);
  });

  it('can be changed while it is in use', async () => {
    const stack = await build(['delay'], [['rdelay', '1']]);
    filterOf(stack, DelayFilter).configure('rdelay', '0');
    expect(stack.backend.read(request(0n, 512))).toBe(0);
  });
});

describe('the error filter', () => {
  it('does nothing until a rate is set', async () => {
    const { backend } = await build(['error'], [['error', 'ENOSPC']]);
    expect(backend.read(request(0n, 512))).toBe(0);
  });

  it('fails every operation but flush with the error chosen, before the disk sees it', async () => {
    const { backend, plugin } = await build(
      ['error'],
      [
        ['error', 'ENOSPC'],
        ['error-rate', '100%'],
      ],
    );
    expect(await writeBackend(backend, 0n, Buffer.alloc(512, 7))).toBe(Errno.ENOSPC);
    expect(plugin.usedBytes).toBe(0);
    expect(backend.read(request(0n, 1))).toBe(Errno.ENOSPC);
    expect(backend.trim(request(0n, 1))).toBe(Errno.ENOSPC);
    expect(backend.zero(request(0n, 1))).toBe(Errno.ENOSPC);
    expect(backend.cache(request(0n, 1))).toBe(Errno.ENOSPC);
    expect(backend.extents(request(0n, 1))).toBe(Errno.ENOSPC);
    expect(backend.flush(request(0n, 0))).toBe(0);
  });

  it('fails one operation alone with its own error', async () => {
    const { backend } = await build(
      ['error'],
      [
        ['error-pread', 'EPERM'],
        ['error-pread-rate', '1'],
      ],
    );
    expect(backend.read(request(0n, 1))).toBe(Errno.EPERM);
    expect(backend.trim(request(0n, 1))).toBe(0);
  });

  it('fails at the rate asked for', async () => {
    let draw = 0;
    const filter = new ErrorFilter((await build([])).backend, () => (draw++ % 10) / 10);
    filter.configure('error-rate', '30%');
    const failed = Array.from({ length: 100 }, () => filter.read(request(0n, 1))).filter(
      (errno) => errno !== 0,
    );
    expect(failed.length).toBe(30);
  });

  it('fails only while its file exists', async () => {
    const file = join(directory, 'inject');
    const { backend } = await build(
      ['error'],
      [
        ['error-rate', '100%'],
        ['error-pwrite-file', file],
        ['error-file', file],
      ],
    );
    expect(backend.read(request(0n, 1))).toBe(0);
    writeFileSync(file, '');
    expect(backend.read(request(0n, 1))).toBe(Errno.EIO);
    rmSync(file);
    expect(backend.read(request(0n, 1))).toBe(0);
  });
});

describe('the readonly filter', () => {
  it('protects the disk, and can be switched at any time', async () => {
    const stack = await build(['readonly']);
    const filter = filterOf(stack, ReadonlyFilter);
    const write = (): unknown => stack.backend.write(request(0n, 1, 0, Buffer.alloc(1)));
    expect(stack.backend.readOnly).toBe(true);
    expect([write(), stack.backend.trim(request(0n, 1)), stack.backend.zero(request(0n, 1))]).toEqual([
      1, 1, 1,
    ]);
    filter.enabled = false;
    expect([stack.backend.readOnly, write()]).toEqual([false, 0]);
  });

  it('protects the disk while a file exists', async () => {
    const file = join(directory, 'ro');
    const { backend } = await build(['readonly'], [['readonly-file', file]]);
    expect(backend.readOnly).toBe(false);
    writeFileSync(file, '');
    expect(backend.trim(request(0n, 1))).toBe(Errno.EPERM);
  });
});

describe('the log filter', () => {
  it('says in words why its file cannot be opened', async () => {
    const missing = join(directory, 'missing', 'disk.log');
    await expect(build(['log'], [['logfile', missing]])).rejects.toThrow(
      `logfile=${missing}: there is no directory ${join(directory, 'missing')}; make it, or name another file`,
    );
    await expect(build(['log'], [['logfile', directory]])).rejects.toThrow('it is a directory; name a file');
  });

  it("writes nbdkit's own lines", async () => {
    const file = join(directory, 'disk.log');
    const { backend } = await build(['log'], [['logfile', file]]);
    await backend.open({ number: 7, exportName: 'a "b" $c' });
    await backend.read(request(0x1_0000_0000n - 512n, 512));
    await writeBackend(backend, 4096n, Buffer.alloc(4096, 1));
    await backend.zero(request(0n, 65536, RowFlag.MayTrim | RowFlag.Fua));
    await backend.trim(request(0n, 65536));
    await backend.flush(request(0n, 0));
    await backend.cache(request(0n, 1));
    await backend.extents(request(0n, 1 << 20, RowFlag.ReqOne));
    await backend.close(CONNECTION, true, 7);
    await backend.dispose();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const stamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} /;
    expect(lines.every((line) => stamp.test(line))).toBe(true);
    expect(lines.map((line) => line.replace(stamp, '').replace(/connection=\d /, ''))).toEqual([
      'Ready thread_model=3',
      'Connect export="a \\"b\\" \\$c" tls=0 size=0x100000 minsize=0x1 prefsize=0x1000 maxsize=0x2000000' +
        ' write=1 flush=1 rotational=0 trim=1 zero=2 fua=2 extents=1 cache=2 fast_zero=1',
      'Read id=1 offset=0xfffffe00 count=0x200 ...',
      '...Read id=1 return=0',
      'Write id=2 offset=0x1000 count=0x1000 fua=0 ...',
      '...Write id=2 return=0',
      'Zero id=3 offset=0x0 count=0x10000 trim=1 fua=1 fast=0 ...',
      '...Zero id=3 return=0',
      'Trim id=4 offset=0x0 count=0x10000 fua=0 ...',
      '...Trim id=4 return=0',
      'Flush id=5 ...',
      '...Flush id=5 return=0',
      'Cache id=6 offset=0x0 count=0x1 ...',
      '...Cache id=6 return=0',
      'Extents id=7 offset=0x0 count=0x100000 req_one=1 ...',
      '...Extents id=7 extents=(0x0 0x100000 "hole,zero") return=0',
      'Disconnect transactions=7',
    ]);
  });

  it('is read back by our own decoder, errors and late answers included', async () => {
    const file = join(directory, 'disk.log');
    const { backend } = await build(
      ['log', 'error', 'delay'],
      [
        ['logfile', file],
        ['error-pread-rate', '1'],
        ['wdelay', '5ms'],
      ],
    );
    await backend.open({ number: 1, exportName: 'd e' });
    const writing = writeBackend(backend, 4096n, Buffer.alloc(4096, 1));
    await backend.read(request(512n, 512));
    await writing;
    await backend.close(CONNECTION, true, 2);
    await backend.dispose();
    const seen: string[] = [];
    const disks: SourceDisk[] = [];
    const decoder = new LogDecoder({
      rows: (batch: EventBatch) => {
        for (let i = 0; i < batch.count; i += 1) {
          if (batch.kind[i] === RowKind.Completion)
            seen.push(`${opName(batch.op[i] ?? 0)} ${batch.errno[i]}`);
        }
      },
      disk: (disk) => disks.push(disk),
    });
    decoder.push(readFileSync(file));
    decoder.end();
    expect(seen).toEqual(['read 5', 'write 0']);
    expect(disks.at(-1)).toMatchObject({ exportName: 'd e', sizeBytes: 1n << 20n });
    expect(decoder.facts.notUnderstood).toBe(0);
  });

  it('keeps what is in the file only with logappend', async () => {
    const file = join(directory, 'disk.log');
    writeFileSync(file, 'old\n');
    const { backend } = await build(
      ['log'],
      [
        ['logfile', file],
        ['logappend', 'true'],
      ],
    );
    await backend.dispose();
    expect(readFileSync(file, 'utf8')).toMatch(/^old\n.*Ready thread_model=3\n$/);
    await (await build(['log'], [['logfile', file]])).backend.dispose();
    expect(readFileSync(file, 'utf8')).not.toContain('old');
  });

  it('logs a backend that throws as EIO', async () => {
    class Broken extends Filter {
      override async read(): Promise<number> {
        throw new Error('broken');
      }
    }
    const file = join(directory, 'disk.log');
    const log = new LogFilter(new Broken((await build([])).backend));
    log.configure('logfile', file);
    log.ready();
    expect(await log.read(request(0n, 1))).toBe(Errno.EIO);
    await log.dispose();
    expect(readFileSync(file, 'utf8')).toContain('...Read id=1 return=-1 error=EIO');
  });
});

describe('building a disk from words', () => {
  it('stacks filters as they are named, the first nearest to the client', async () => {
    const stack = await build(['error', 'delay', 'log', 'readonly']);
    const kinds = stack.filters.map((filter) => filter.constructor.name);
    expect(kinds).toEqual(['ErrorFilter', 'DelayFilter', 'LogFilter', 'ReadonlyFilter']);
    expect(stack.backend).toBe(stack.filters[0]);
  });

  it('adds the filters that parameters name, in the short form alone', async () => {
    const parameters: [string, string][] = [
      ['rdelay', '40ms'],
      ['error-rate', '0'],
    ];
    const kinds = (await build([], parameters, true)).filters.map((filter) => filter.constructor.name);
    expect(kinds).toEqual(['ErrorFilter', 'DelayFilter']);
    await expect(build([], parameters)).rejects.toThrow(
      'rdelay=40ms: this parameter belongs to the delay filter',
    );
  });

  it('names the parameter and the value it refuses', async () => {
    const refused: [string, string, string][] = [
      ['rdelay', '40mss', 'rdelay=40mss: a delay is'],
      ['wdelay', '-1', 'wdelay=-1: a delay is'],
      ['rdelay', '99999999999', 'at most'],
      ['error', 'EFOO', 'error=EFOO: use one of EPERM, EIO'],
      ['error', 'toString', 'error=toString: use one of'],
      ['error-rate', '101%', 'error-rate=101%: a rate is'],
      ['error-rate', '1.1', 'a rate is'],
      ['error-trim-file', '', 'error-trim-file=: give the name'],
      ['delay-fast-zero', 'maybe', 'delay-fast-zero=maybe: use true or false'],
      ['size', '64X', 'size=64X: "64X": unknown size suffix'],
      ['colour', 'red', 'colour=red: neither the memory plugin nor a filter has this parameter'],
    ];
    for (const [key, value, message] of refused) {
      await expect(build([], [[key, value]], true), key).rejects.toThrow(message);
    }
    await expect(build(['calf'])).rejects.toThrow(
      'unknown filter "calf"; there are log, error, delay, readonly, cow',
    );
    const allowance = new MemoryAllowance(0);
    const plain = { filters: [], parameters: [], addFilters: true };
    await expect(buildDisk({ plugin: 'rope', ...plain }, allowance)).rejects.toThrow('unknown plugin "rope"');
    await expect(buildDisk({ plugin: 'memory', ...plain }, allowance)).rejects.toThrow(
      'memory needs size=SIZE',
    );
  });
});
