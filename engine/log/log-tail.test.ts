import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '#engine/session/source.ts';
import { createLogSource } from './log-source.ts';
import { probe, type SourceProbe, until } from './source-probe.ts';

let folder = '';
let path = '';
let source: Source | null = null;
let micros = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-tail-'));
  path = join(folder, 'log');
  micros = 0;
});

afterEach(async () => {
  await source?.stop();
  source = null;
  rmSync(folder, { recursive: true, force: true });
});

function stamp(): string {
  micros += 1;
  return `2026-11-20 22:34:35.${String(micros).padStart(6, '0')}`;
}

function connect(connection = 1): string {
  return `${stamp()} connection=${connection} Connect export="" tls=0 size=0x4000000\n`;
}

/** The head of a log: nbdkit is ready, a client has connected. */
function head(): string {
  return `${stamp()} Ready thread_model=3\n${connect()}`;
}

function requests(from: number, to: number, connection = 1): string {
  let text = '';
  for (let id = from; id <= to; id += 1) {
    text += `${stamp()} connection=${connection} Read id=${id} offset=0x${(id * 512).toString(16)} count=0x200 ...\n`;
    text += `${stamp()} connection=${connection} ...Read id=${id} return=0\n`;
  }
  return text;
}

function ids(from: number, to: number, connection = 1): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `${connection}:${from + i}`);
}

function follow(): SourceProbe {
  source = createLogSource(path);
  return probe(source);
}

async function seen(sink: SourceProbe, expected: readonly string[]): Promise<void> {
  await until(
    () => sink.requests.length >= expected.length,
    () => ({ requests: sink.requests, latest: sink.latest }),
  );
  expect(sink.requests).toEqual(expected);
}

function status(sink: SourceProbe, wanted: string): Promise<void> {
  return until(
    () => sink.latest?.status === wanted,
    () => sink.latest,
  );
}

describe('a log that is followed', () => {
  it('may appear later', async () => {
    const sink = follow();
    await status(sink, 'waiting');
    expect(sink.latest?.statusText).toBe(`waiting for ${path} to appear`);
    writeFileSync(path, head() + requests(1, 2));
    await seen(sink, ids(1, 2));
    await status(sink, 'live');
  });

  it('grows, and a line that is cut waits for its rest', async () => {
    writeFileSync(path, head() + requests(1, 1));
    const sink = follow();
    await seen(sink, ids(1, 1));
    const text = requests(2, 3);
    appendFileSync(path, text.slice(0, text.length - 70));
    await new Promise((resolve) => setTimeout(resolve, 60));
    appendFileSync(path, text.slice(text.length - 70));
    await seen(sink, ids(1, 3));
    await until(
      () => sink.lines.length === 7,
      () => sink.lines,
    );
    expect([...sink.notices.values()]).toEqual([]);
  });

  it('is truncated by a restart of nbdkit: another run, the picture starts anew', async () => {
    writeFileSync(path, head() + requests(1, 3));
    const sink = follow();
    await seen(sink, ids(1, 3));
    await status(sink, 'live');
    truncateSync(path, 0);
    appendFileSync(path, head() + requests(1, 1));
    await seen(sink, [...ids(1, 3), ...ids(1, 1)]);
    expect(sink.lines.filter((line) => line.includes('ClearPicture'))).toHaveLength(1);
    expect(sink.notices.get('truncated')?.text).toBe('The log was truncated; reading goes on from its start');
    expect(sink.latest?.notUnderstood).toBe(0);
  });

  it('is noticed to be truncated even when it has grown past where reading stood', async () => {
    writeFileSync(path, head() + requests(1, 3));
    const sink = follow();
    await seen(sink, ids(1, 3));
    const file = openSync(path, 'r+');
    // In one go, so that no size below the old one can be seen.
    const text = Buffer.from(head() + requests(1, 9));
    writeSync(file, text, 0, text.length, 0);
    closeSync(file);
    await seen(sink, [...ids(1, 3), ...ids(1, 9)]);
    expect(sink.notices.has('truncated')).toBe(true);
    expect(sink.latest?.notUnderstood).toBe(0);
  });

  it('is noticed to be truncated when it is as long as before', async () => {
    const first = head() + requests(1, 3);
    writeFileSync(path, first);
    const sink = follow();
    await seen(sink, ids(1, 3));
    await status(sink, 'live');
    const file = openSync(path, 'r+');
    const text = Buffer.from(head() + requests(1, 3));
    expect(text.length).toBe(first.length);
    writeSync(file, text, 0, text.length, 0);
    closeSync(file);
    await seen(sink, [...ids(1, 3), ...ids(1, 3)]);
    expect(sink.notices.has('truncated')).toBe(true);
  });

  it('is emptied in place while nbdkit goes on: the run goes on behind the hole', async () => {
    const file = openSync(path, 'w');
    let at = 0;
    const write = (text: string): void => {
      at += writeSync(file, text, at);
    };
    write(head() + requests(1, 3));
    const sink = follow();
    await seen(sink, ids(1, 3));
    for (const next of [4, 6]) {
      ftruncateSync(file, 0);
      // With and without a look at the empty file in between.
      if (next === 6) await new Promise((resolve) => setTimeout(resolve, 700));
      write(requests(next, next + 1));
      await seen(sink, ids(1, next + 1));
    }
    closeSync(file);
    expect(sink.notices.has('emptied')).toBe(true);
    expect(sink.lines.filter((line) => line.includes('ClearPicture'))).toHaveLength(0);
    expect(sink.latest?.runs).toHaveLength(1);
    expect(sink.latest?.notUnderstood).toBe(0);
  });

  it('is renamed: the old file is followed until another stands at the path', async () => {
    writeFileSync(path, head() + requests(1, 2));
    const sink = follow();
    await seen(sink, ids(1, 2));
    await status(sink, 'live');
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, requests(3, 4));
    await seen(sink, ids(1, 4));
    await until(
      () => /renamed or deleted/.test(sink.latest?.statusText ?? ''),
      () => sink.latest,
    );
    // logrotate makes an empty file; nbdkit still writes to the old one.
    writeFileSync(path, '');
    appendFileSync(`${path}.1`, requests(5, 5));
    await seen(sink, ids(1, 5));
    appendFileSync(path, head() + requests(1, 2));
    await seen(sink, [...ids(1, 5), ...ids(1, 2)]);
    expect(sink.notices.get('replaced')?.text).toBe(
      'Another file stands at the path now; reading goes on from its start',
    );
    expect(sink.lines.filter((line) => line.includes('ClearPicture'))).toHaveLength(1);
  });

  it('is deleted and made again', async () => {
    writeFileSync(path, head() + requests(1, 2));
    const sink = follow();
    await seen(sink, ids(1, 2));
    rmSync(path);
    writeFileSync(path, head() + requests(1, 3));
    await seen(sink, [...ids(1, 2), ...ids(1, 3)]);
    expect(sink.latest?.runs).toHaveLength(2);
  });

  it('stays whole through all of that at once, while it is being written', async () => {
    writeFileSync(path, head());
    const sink = follow();
    const expected: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      for (let id = 1; id <= 40; id += 1) {
        appendFileSync(path, requests(id, id));
        expected.push(`1:${id}`);
        if (id % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await seen(sink, expected);
      if (round % 3 === 0) truncateSync(path, 0);
      if (round % 3 === 1) renameSync(path, `${path}.${round}`);
      if (round % 3 === 2) rmSync(path);
      appendFileSync(path, head());
    }
    expect(sink.latest?.notUnderstood).toBe(0);
  });

  it('is a directory, then a file', async () => {
    mkdirSync(path);
    const sink = follow();
    await status(sink, 'failed');
    expect(sink.latest?.statusText).toBe(`${path} is a directory; open the log file that nbdkit writes`);
    rmSync(path, { recursive: true });
    writeFileSync(path, head() + requests(1, 1));
    await seen(sink, ids(1, 1));
    await status(sink, 'live');
  });

  it('waits for a session that asks for it', async () => {
    const text = head() + requests(1, 20_000);
    writeFileSync(path, text);
    source = createLogSource(path);
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let batches = 0;
    source.start({
      rows: () => {
        batches += 1;
        return gate;
      },
      disk: () => {},
      notice: () => {},
      progress: () => {},
    });
    await until(
      () => batches > 0,
      () => batches,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    const held = batches;
    expect(held * 2048).toBeLessThan(20_000);
    release();
    await until(
      () => batches > held,
      () => batches,
    );
  });

  it('stops even when the session never takes more', async () => {
    writeFileSync(path, head() + requests(1, 20_000));
    source = createLogSource(path);
    let batches = 0;
    source.start({
      rows: () => {
        batches += 1;
        return new Promise<void>(() => {});
      },
      disk: () => {},
      notice: () => {},
      progress: () => {},
    });
    await until(
      () => batches > 0,
      () => batches,
    );
    await source.stop();
  });

  it('tells nothing after it was stopped', async () => {
    writeFileSync(path, head() + requests(1, 1));
    const sink = follow();
    await seen(sink, ids(1, 1));
    await source?.stop();
    const { latest } = sink;
    appendFileSync(path, requests(2, 2));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(sink.requests).toEqual(ids(1, 1));
    expect(sink.latest).toBe(latest);
  });
});

describe('a FIFO', () => {
  beforeEach(() => {
    const { status: code } = spawnSync('mkfifo', [path]);
    expect(code).toBe(0);
  });

  it('is opened without blocking, and outlives its writers', async () => {
    const sink = follow();
    await status(sink, 'live');
    for (const id of [1, 2, 3]) {
      const writer = openSync(path, 'w');
      writeSync(writer, (id === 1 ? head() : '') + requests(id, id));
      closeSync(writer);
      await seen(sink, ids(1, id));
    }
    expect(source?.canRestart).toBe(false);
  });

  it('lets go at once when nobody ever writes', async () => {
    const sink = follow();
    await status(sink, 'live');
    const startMs = performance.now();
    await source?.stop();
    // One that waits for a writer waits for ever.
    expect(performance.now() - startMs).toBeLessThan(30_000);
  });
});

describe('a packed log', () => {
  const pack = { gzip: gzipSync, zstd: zstdCompressSync } as const;

  it.each(['gzip', 'zstd'] as const)('is told by its bytes, not by its name: %s', async (format) => {
    writeFileSync(path, pack[format](head() + requests(1, 5000)));
    const sink = follow();
    await status(sink, 'ended');
    expect(sink.requests).toEqual(ids(1, 5000));
    expect(sink.latest?.bytesRead).toBe(sink.latest?.totalBytes);
    expect([...sink.notices.values()]).toEqual([]);
  });

  it.each(['gzip', 'zstd'] as const)('that is cut or damaged keeps what came before: %s', async (format) => {
    const whole = pack[format](head() + requests(1, 20_000));
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 2)));
    const sink = follow();
    await status(sink, 'ended');
    expect(sink.requests.length).toBeGreaterThan(1000);
    expect(sink.notices.get('damaged')?.text).toBe(
      'The packed log is damaged or cut; what came before the damage is shown',
    );
    await source?.stop();

    const damaged = Buffer.from(whole);
    damaged.fill(0x55, damaged.length >> 1);
    writeFileSync(path, damaged);
    const again = follow();
    await status(again, 'ended');
    expect(again.requests.length).toBeGreaterThan(1000);
    expect(again.notices.has('damaged')).toBe(true);
  });
});
