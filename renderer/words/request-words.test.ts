import { describe, expect, it } from 'vitest';
import { Op } from '#shared/events/vocabulary.ts';
import { ERRNO_PENDING } from '#shared/model/recent-requests.ts';
import { blocksWords, requestsAsTsv } from './request-words.ts';

const request = {
  sequence: 1,
  arrivalUs: Date.UTC(2026, 4, 1, 22, 20, 5) * 1000 + 123_456,
  latencyUs: 1234.6,
  op: Op.Write as number,
  errno: 0,
  connection: 3,
  offsetBytes: 1n << 63n,
  lengthBytes: 4096n,
};

describe('requestsAsTsv', () => {
  it('has a line of names, and numbers that a sheet reads as such', () => {
    const waiting = { ...request, op: Op.Read as number, latencyUs: Number.NaN, errno: ERRNO_PENDING };
    const lines = requestsAsTsv([request, waiting, { ...request, errno: 5 }], 'utc').split('\n');
    expect(lines[0]).toBe('time (UTC)\toperation\toffset\tbytes\tlatency (µs)\tconnection\tresult');
    expect(lines[1]).toBe('2026-05-01 22:20:05.123456\twrite\t0x8000000000000000\t4096\t1235\t3\tok');
    expect(lines[2]?.split('\t').slice(4)).toEqual(['', '3', '…']);
    expect(lines[3]).toMatch(/\tEIO$/);
    expect(lines.slice(4)).toEqual(['']);
  });

  it('has the names alone for no request', () => {
    expect(requestsAsTsv([], 'local')).toMatch(/^time \(UTC\)\t.*\n$/);
  });
});

describe('blocksWords', () => {
  it('call a block by its number, and several by their ends, the last included', () => {
    expect(blocksWords({ firstBlock: 4096, endBlock: 4097 })).toBe('block 4,096');
    expect(blocksWords({ firstBlock: 0, endBlock: 16 })).toBe('blocks 0 to 15 (64 KiB)');
  });

  it('know the size of the largest disk', () => {
    expect(blocksWords({ firstBlock: 0, endBlock: 2 ** 51 })).toBe(
      'blocks 0 to 2,251,799,813,685,247 (8 EiB)',
    );
  });
});
