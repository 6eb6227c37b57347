import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { CompressionType, compressionRegistry, tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CaptureHistory } from '#engine/capture/capture-history.ts';
import {
  plainRows,
  RECORDINGS,
  Recorded,
  recordedLog,
  recordedLogs,
  writeCapture,
} from '#engine/capture/testing/recorded.ts';
import { EventBatch } from '#shared/events/event-batch.ts';
import { OP_NAMES, RowKind } from '#shared/events/vocabulary.ts';
import { convert } from './convert.ts';
import { Outcome, RequestTable, TABLE_ROWS } from './request-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'nbdscope-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function newPath(end: string): string {
  files += 1;
  return join(folder, `${files}.${end}`);
}

let duckdb: DuckDBInstance;
beforeAll(async () => {
  duckdb = await DuckDBInstance.create(':memory:');
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstdDecompressSync(bytes) });
});
afterAll(() => duckdb.closeSync());

type Counts = Readonly<Record<string, number>>;

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await duckdb.connect();
  const rows = await (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  return rows;
}

async function countByOp(file: string): Promise<Counts> {
  const rows = await query(`select op, count(*)::int as n from '${file}' group by op`);
  return Object.fromEntries(rows.map(({ op, n }) => [`${op}`, Number(n)]));
}

/** What apache-arrow, which the reader here does not use for rows, finds in a capture. */
function countInCapture(path: string): Counts {
  const table = tableFromIPC(readFileSync(path));
  const counts: Record<string, number> = {};
  for (const { kind, op } of table) if (kind === 'request') counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

const LETTERS: Readonly<Record<string, string>> = {
  R: 'read',
  W: 'write',
  T: 'trim',
  Z: 'zero',
  F: 'flush',
  C: 'cache',
  X: 'extents',
};

/** Of each recording, its log and what its README counts in it. */
const COUNTED = readFileSync(join(RECORDINGS, 'README.md'), 'utf8')
  .split('\n')
  .map((line) => line.split(' | '))
  .filter((cells) => cells.length === 11 && cells[4]?.includes(':'))
  .map((cells) => ({
    log: cells[0] ?? '',
    errors: Number(cells[10]),
    counts: Object.fromEntries(
      (cells[4] ?? '').split(' ').map((part): [string, number] => {
        const [letter = '', count] = part.split(':');
        return [LETTERS[letter] ?? letter, Number(count)];
      }),
    ),
  }));

const base = { from: null, to: null, replace: false, producer: 'nbdscope test' };

describe('converting', () => {
  it.each(COUNTED)('counts in $log what its README does', async ({ log, counts, errors }) => {
    const inputs = [join(RECORDINGS, log)];
    const [capture, parquet, csv] = [newPath('nbdscope'), newPath('parquet'), newPath('csv')];
    await convert({ ...base, inputs, output: capture });
    await convert({ ...base, inputs, output: parquet });
    await convert({ ...base, inputs: [capture], output: csv });
    expect(countInCapture(capture)).toEqual(counts);
    expect(await countByOp(parquet)).toEqual(counts);
    expect(await countByOp(csv)).toEqual(counts);
    const failed = `select count(*)::int as n from '${parquet}' where errno <> 0`;
    expect(await query(failed)).toEqual([{ n: errors }]);
  });

  it.each(recordedLogs())('makes the capture of %s that its session would make', async (log) => {
    const output = newPath('nbdscope');
    await convert({ ...base, inputs: [join(RECORDINGS, log)], output });
    const { history } = recordedLog(log);
    const capture = await CaptureHistory.open(output, { cacheDir: folder });
    const rows = await plainRows(capture.rows(1, capture.lastSequence));
    expect(rows).toEqual(await plainRows(history.rows(1, history.lastSequence)));
    await capture.dispose();
  });

  it('merges logs by time and names their disks', async () => {
    const logs = [1, 2, 3, 4, 5].map((n) => `raid5-logfirst-5x64M/log${n}`);
    const output = newPath('parquet');
    await convert({ ...base, inputs: logs.map((log) => join(RECORDINGS, log)), output });
    const counted = await query(
      `select disk_name as name, count(*)::int as n from '${output}' group by 1 order by 1`,
    );
    const expected = COUNTED.filter(({ log }) => logs.includes(log)).map(({ log, counts }) => ({
      name: log.split('/')[1],
      n: Object.values(counts).reduce((sum, n) => sum + n, 0),
    }));
    expect(counted).toEqual(expected);
    const early = await query(`with t as (select arrival, lag(max_us) over (order by sequence) as before from
      (select arrival, sequence, max(arrival) over (order by sequence) as max_us from '${output}'))
      select count(*)::int as n from t where arrival < before - interval 1 second`);
    expect(early).toEqual([{ n: 0 }]);
  });

  it('takes a span, with the replies that come after it', async () => {
    const input = join(RECORDINGS, 'ext4-blog-64M-40ms/log');
    const [all, part] = [newPath('parquet'), newPath('parquet')];
    await convert({ ...base, inputs: [input], output: all });
    await convert({ ...base, inputs: [input], output: part, from: { afterS: 12 }, to: { afterS: 20 } });
    const inSpan = `select * from '${all}' where arrival between
      (select min(arrival) from '${all}') + interval 11 second and (select min(arrival) from '${all}') + interval 21 second`;
    const rows = await query(`select * from '${part}'`);
    expect(rows.length).toBeGreaterThan(10);
    expect(await query(`select count(*)::int as n from '${part}' where errno is null`)).toEqual([{ n: 0 }]);
    const strangers = `select count(*)::int as n from (select sequence, op, "offset", latency_us from '${part}'
      except select sequence, op, "offset", latency_us from (${inSpan}))`;
    expect(await query(strangers)).toEqual([{ n: 0 }]);
    const capture = newPath('arrows');
    await convert({ ...base, inputs: [input], output: capture, from: { afterS: 12 }, to: { afterS: 20 } });
    const history = await CaptureHistory.open(capture, { cacheDir: folder });
    const { firstUs, lastUs } = history.info();
    expect((lastUs ?? 0) - (firstUs ?? 0)).toBeLessThanOrEqual(8e6);
    const end = await history.stateAt(history.lastSequence);
    expect(end.disks[0]?.counters.inFlight).toBe(end.disks[0]?.inFlight.count);
    await history.dispose();
  });

  it('keeps offsets and cookies whole up to 64 bits, and words that a spreadsheet would run', async () => {
    const recorded = new Recorded();
    const batch = new EventBatch(2);
    const request = {
      kind: RowKind.Request,
      offsetBytes: (1n << 63n) + 1n,
      lengthBytes: 512,
      slot: 0,
      timeUs: 5e15,
    };
    batch.push({ ...request, cookie: (1n << 64n) - 1n });
    batch.push({
      ...request,
      cookie: (1n << 64n) - 1n,
      kind: RowKind.Completion,
      errno: 28,
      latencyUs: 0.25,
    });
    recorded.rows(batch);
    const capture = newPath('nbdscope');
    await writeCapture(capture, recorded, 1, Number.POSITIVE_INFINITY, {
      arrays: [],
      disks: [{ id: 0, name: '=1+1,"x"', exportName: '', sizeBytes: null, source: '', faultFile: null }],
    });
    for (const end of ['parquet', 'csv']) {
      const output = newPath(end);
      await convert({ ...base, inputs: [capture], output });
      const columns = 'cookie::text as cookie, "offset"::text as "at", error, latency_us, disk_name';
      const source = end === 'csv' ? `read_csv('${output}', all_varchar = true)` : `'${output}'`;
      const [row] = await query(`select ${columns} from ${source}`);
      expect(row).toMatchObject({
        cookie: '18446744073709551615',
        at: '9223372036854775809',
        error: 'ENOSPC',
      });
      expect(Number(row?.['latency_us'])).toBe(0.25);
      expect(row?.['disk_name']).toBe(end === 'csv' ? '\'=1+1,"x"' : '=1+1,"x"');
    }
  });

  it('leaves what is there alone, and nothing behind where it fails', async () => {
    const inputs = [join(RECORDINGS, 'all-ops-10M/log')];
    const output = newPath('parquet');
    await convert({ ...base, inputs, output });
    await expect(convert({ ...base, inputs, output })).rejects.toThrow('is there already');
    await convert({ ...base, inputs, output, replace: true });
    const other = newPath('csv');
    await expect(convert({ ...base, inputs: [join(folder, 'none.log')], output: other })).rejects.toThrow(
      'none.log: no such file; give the path of a log',
    );
    await expect(convert({ ...base, inputs, output: newPath('xlsx') })).rejects.toThrow('.parquet');
    expect(() => readFileSync(other)).toThrow('ENOENT');
  });
});

describe('the table of requests', () => {
  it('has one row for each request, and its own reply in it, however late that comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(999), { minLength: 3, maxLength: 3 }), (late) => {
        const table = new RequestTable();
        const total = TABLE_ROWS * 11;
        const answeredAtEnd = new Set(late);
        const seen = new Map<number, number>();
        const take = (parts: ReturnType<RequestTable['rows']>): void => {
          for (const part of parts) {
            for (let i = 0; i < part.count; i += 1) {
              const number = part.requests.cookieLow[i] ?? 0;
              expect(seen.has(number)).toBe(false);
              expect(part.outcome[i]).toBe(Outcome.Answered);
              seen.set(number, part.replyUs[i] ?? 0);
            }
          }
        };
        const batch = new EventBatch(2);
        const push = (kind: number, number: number): void => {
          batch.push({
            kind,
            op: number % OP_NAMES.length,
            cookie: number,
            slot: answeredAtEnd.has(number) ? number + 1 : 0,
            timeUs: number,
          });
        };
        for (let n = 0; n < total; n += 1) {
          batch.count = 0;
          push(RowKind.Request, n);
          if (!answeredAtEnd.has(n)) push(RowKind.Completion, n);
          take(table.rows(batch));
        }
        for (const n of answeredAtEnd) {
          batch.count = 0;
          push(RowKind.Completion, n);
          take(table.rows(batch));
        }
        take(table.end());
        expect(seen.size).toBe(total);
        for (const n of answeredAtEnd) expect(seen.get(n)).toBe(n);
      }),
      { numRuns: 1 },
    );
  });
});
