import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectStats } from '#engine/stats/stats.ts';
import { parseSize } from '#shared/bytes/size.ts';
import { RECORDINGS } from './golden/make-golden.ts';

/** A row of the table in the recordings' README, as it stands there. */
interface Expected {
  readonly log: string;
  readonly size: string;
  readonly lines: number;
  readonly requests: number;
  readonly byKind: string;
  readonly connections: number;
  readonly mostInFlight: number;
  readonly unaligned: number;
  readonly largest: number;
  readonly timesBackwards: number;
  readonly errors: number;
}

const LETTERS: Readonly<Record<string, string>> = {
  read: 'R',
  write: 'W',
  trim: 'T',
  zero: 'Z',
  flush: 'F',
  extents: 'X',
  cache: 'C',
};

function readTable(): Expected[] {
  const rows: Expected[] = [];
  for (const line of readFileSync(join(RECORDINGS, 'README.md'), 'utf8').split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length !== 11 || !/^\d+$/.test(cells[2] ?? '')) continue;
    const number = (column: number): number => Number(cells[column]);
    rows.push({
      log: cells[0] ?? '',
      size: cells[1] ?? '',
      lines: number(2),
      requests: number(3),
      byKind: cells[4] ?? '',
      connections: number(5),
      mostInFlight: number(6),
      unaligned: number(7),
      largest: number(8),
      timesBackwards: number(9),
      errors: number(10),
    });
  }
  return rows;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('recordings', () => {
  const table = readTable();

  it('are all in the table', () => {
    expect(table).toHaveLength(34);
  });

  it.each(table)('$log holds what the README says', async (expected) => {
    const { logs, failed } = await collectStats([join(RECORDINGS, expected.log)]);
    expect(failed).toEqual([]);
    const [log] = logs;
    if (log === undefined) throw new Error('no statistics');
    const operations = log.disks.flatMap((disk) => disk.operations);
    const byKind = new Map<string, number>();
    for (const { operation, requests } of operations) {
      const letter = LETTERS[operation] ?? '?';
      byKind.set(letter, (byKind.get(letter) ?? 0) + requests);
    }
    const size = parseSize(expected.size);
    expect({
      log: expected.log,
      sizes: [...new Set(log.disks.map((disk) => disk.sizeBytes))],
      lines: log.lines,
      requests: sum(operations.map(({ requests }) => requests)),
      byKind: Object.fromEntries(byKind),
      connections: sum(log.disks.map(({ connections }) => connections)),
      mostInFlight: Math.max(...log.disks.map(({ mostInFlight }) => mostInFlight)),
      unaligned: sum(operations.map(({ unaligned }) => unaligned)),
      largest: Math.max(...operations.map(({ largestBytes }) => largestBytes)),
      timesBackwards: log.timesBackwards,
      errors: sum(operations.map(({ errors }) => errors)),
      notUnderstood: log.notUnderstoodLines,
      runs: log.runs,
      notices: log.notices,
    }).toEqual({
      log: expected.log,
      sizes: ['bytes' in size ? String(size.bytes) : size.error],
      lines: expected.lines,
      requests: expected.requests,
      byKind: Object.fromEntries(
        expected.byKind.split(' ').map((part) => {
          const [letter = '', count] = part.split(':');
          return [letter, Number(count)];
        }),
      ),
      connections: expected.connections,
      mostInFlight: expected.mostInFlight,
      unaligned: expected.unaligned,
      largest: expected.largest,
      timesBackwards: expected.timesBackwards,
      errors: expected.errors,
      notUnderstood: 0,
      runs: 1,
      notices: [],
    });
  });

  it('keep the six exports of one log apart', async () => {
    const { logs } = await collectStats([join(RECORDINGS, 'daemon-exports/log')]);
    const names = logs[0]?.disks.map(({ exportName }) => exportName);
    expect(names).toEqual(["d'e", 'naïve', 'x=y ...Write id=1', 'f$g"h', 'a', 'b c']);
    expect(logs[0]?.disks.map(({ operations }) => operations[0]?.requests)).toEqual([3, 3, 3, 3, 3, 3]);
  });
});

describe('damaged recordings', () => {
  async function notices(name: string): Promise<{ texts: string[]; requests: number; runs: number }> {
    const { logs } = await collectStats([join(RECORDINGS, 'bad', name)]);
    const [log] = logs;
    if (log === undefined) throw new Error('no statistics');
    return {
      texts: log.notices.map(({ text }) => text),
      requests: sum(log.disks.flatMap(({ operations }) => operations.map(({ requests }) => requests))),
      runs: log.runs,
    };
  }

  it('truncated-midline: the cut line is told, the others count', async () => {
    expect(await notices('truncated-midline.log')).toEqual({
      texts: ['The last line is cut: the log ends in the middle of it'],
      requests: 100,
      runs: 1,
    });
  });

  it('rotated: the missing head is told, the first half has nothing to tell', async () => {
    expect(await notices('rotated.log.1')).toEqual({ texts: [], requests: 248, runs: 1 });
    expect(await notices('rotated.log')).toEqual({
      texts: ['1 connection has no Connect line: the head of the log is missing'],
      requests: 317,
      runs: 1,
    });
  });

  it('appended-restart: two runs in one file', async () => {
    expect(await notices('appended-restart.log')).toEqual({ texts: [], requests: 346, runs: 2 });
  });

  it('crlf: read as if the carriage returns were not there, and told', async () => {
    expect(await notices('crlf.log')).toEqual({
      texts: ['Lines end in CR LF, from line 1: the log was copied through Windows'],
      requests: 148,
      runs: 1,
    });
  });

  it('garbage: counted with the first place, the log lines between all read', async () => {
    expect(await notices('garbage.log')).toEqual({
      texts: [
        '41 lines were not understood; the first is line 5',
        '1 line longer than 64 KiB left out; the first is line 242',
      ],
      requests: 129,
      runs: 1,
    });
  });

  it('empty: nothing to tell, nothing breaks', async () => {
    expect(await notices('empty.log')).toEqual({ texts: [], requests: 0, runs: 1 });
  });

  it('real-truncated-in-place: the hole is told, the lines behind it are read', async () => {
    expect(await notices('real-truncated-in-place.log')).toEqual({
      texts: [
        'The log was emptied while nbdkit wrote to it: 1.1 KiB of zero bytes were left out, and what they held is lost',
      ],
      requests: 5,
      runs: 1,
    });
  });
});
