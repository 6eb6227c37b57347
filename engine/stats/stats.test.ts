import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatStats, formatUs } from './format-stats.ts';
import { collectStats } from './stats.ts';

const LOG = `2026-11-20 22:00:00.000000 Ready thread_model=3
2026-11-20 22:00:00.000010 connection=1 Connect export="" tls=0 size=0x4000000
2026-11-20 22:00:00.000020 connection=1 Write id=1 offset=0x200 count=0x1000 fua=0 ...
2026-11-20 22:00:00.000021 connection=1 Write id=2 offset=0x0 count=0x100000 fua=0 ...
2026-11-20 22:00:00.000030 connection=1 ...Write id=2 return=-1 error=EIO
2026-11-20 22:00:00.010020 connection=1 ...Write id=1 return=0
nonsense
2026-11-20 22:00:02.500010 connection=1 Flush id=3 ...
`;

let folder = '';
let log = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nbdscope-stats-'));
  log = join(folder, 'log');
  writeFileSync(log, LOG);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('collectStats', () => {
  it('counts per disk and operation, with stable keys', async () => {
    const report = await collectStats([log]);
    expect(report).toEqual({
      failed: [],
      logs: [
        {
          path: log,
          lines: 8,
          notUnderstoodLines: 1,
          timesBackwards: 0,
          runs: 1,
          disks: [
            {
              exportName: '',
              sizeBytes: '67108864',
              connections: 1,
              mostInFlight: 2,
              firstUs: Date.UTC(2026, 10, 20, 22) * 1000 + 10,
              lastUs: Date.UTC(2026, 10, 20, 22, 0, 2) * 1000 + 500_010,
              operations: [
                {
                  operation: 'write',
                  requests: 2,
                  bytes: 0x101000,
                  errors: 1,
                  unaligned: 1,
                  largestBytes: 0x100000,
                  unanswered: 0,
                  latency: { p50Us: 9, p90Us: 10_000, p99Us: 10_000, maxUs: 10_000 },
                },
                {
                  operation: 'flush',
                  requests: 1,
                  bytes: 0,
                  errors: 0,
                  unaligned: 0,
                  largestBytes: 0,
                  unanswered: 1,
                  latency: { p50Us: null, p90Us: null, p99Us: null, maxUs: null },
                },
              ],
            },
          ],
          notices: [
            { level: 'warning', text: '1 line was not understood: line 7', detail: 'line 7: nonsense' },
          ],
        },
      ],
    });
  });

  it('reads packed logs, each log for itself', async () => {
    const packed = join(folder, 'log.gz');
    writeFileSync(packed, gzipSync(LOG));
    const { logs } = await collectStats([log, packed]);
    expect(logs[1]).toEqual({ ...logs[0], path: packed });
  });

  it('says which logs cannot be read and why, and counts the others', async () => {
    const gone = join(folder, 'gone');
    const { logs, failed } = await collectStats([gone, log, folder]);
    expect(logs).toHaveLength(1);
    expect(failed).toEqual([
      {
        path: gone,
        text: `${gone}: no such file; give the path of a log that nbdkit --filter=log has written`,
      },
      { path: folder, text: `${folder}: a directory; give the log file in it` },
    ]);
  });
});

describe('formatStats', () => {
  it('makes a table for people', async () => {
    const report = await collectStats([log, join(folder, 'gone')]);
    const text = formatStats({ ...report, logs: report.logs.map((stats) => ({ ...stats, path: 'log' })) });
    expect(text).toBe(`log: 8 lines
  default export: 64 MiB, 1 connection, at most 2 in flight, 2.50 s from 2026-11-20 22:00:00 UTC
    operation  requests  bytes  errors  unaligned  largest  unanswered   p50      p90      p99      max
    write             2  1 MiB       1          1    1 MiB           0  9 µs  10.0 ms  10.0 ms  10.0 ms
    flush             1    0 B       0          0      0 B           1     -        -        -        -
  warning: 1 line was not understood: line 7

${report.failed[0]?.text}
`);
  });

  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [1000, '1.00 ms'],
    [10_123, '10.1 ms'],
    [123_456, '123 ms'],
    [999_999, '1000 ms'],
    [1_500_000, '1.50 s'],
    [33_400_000, '33.4 s'],
    [7_265_000_000, '7,265 s'],
  ])('shows %d µs as %s', (us, text) => {
    expect(formatUs(us)).toBe(text);
  });
});
