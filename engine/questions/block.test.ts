import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '#shared/channel/answer.ts';
import type { BlockAnswer } from '#shared/contract/questions.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import { batchesOf, rowStream, type StreamRow } from '#shared/testing/streams.ts';
import { answerBlock } from './block.ts';
import { ChunkedHistory, MemoryHistory } from './testing/memory-history.ts';
import { type NaiveRequest, naiveBlock, naiveRequests } from './testing/naive.ts';

const NEVER = new AbortController().signal;

/** The requests of an answer, as the plain way tells them. */
function requestsOf({ columns }: Answer): unknown[] {
  return [...(columns['sequence'] ?? [])].map((sequence, i) => ({
    sequence,
    arrivalUs: columns['arrivalUs']?.[i],
    latencyUs: columns['latencyUs']?.[i],
    op: columns['op']?.[i],
    flags: columns['flags']?.[i],
    errno: columns['errno']?.[i],
    connection: columns['connection']?.[i],
    offset: columns['offsetBytes']?.[i],
    length: columns['lengthBytes']?.[i],
  }));
}

const plain = ({ disk: _, endSequence: __, ...request }: NaiveRequest): unknown => request;

describe('the requests on some blocks', () => {
  it('are those that looking at every request finds, page by page, whatever the history knows of its chunks', async () => {
    const place = fc.record({
      disk: fc.nat(1),
      first: fc.nat(16_383),
      blocks: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9000 })),
      limit: fc.integer({ min: 1, max: 9 }),
    });
    const streams = rowStream({ disks: 2, sizeBytes: 64n << 20n, maxRows: 200, minRows: 60 });
    await fc.assert(
      fc.asyncProperty(
        streams,
        place,
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (stream, asked, cut, chunked) => {
          const batches = batchesOf(stream, [cut]);
          const history = chunked ? new ChunkedHistory(batches) : new MemoryHistory(batches);
          const { disk, first, blocks, limit } = asked;
          const all = naiveBlock(naiveRequests(batches), disk, first, first + blocks);
          const found: unknown[] = [];
          let beforeSequence: number | null = null;
          for (;;) {
            const question = { about: 'block' as const, disk, firstBlock: first, endBlock: first + blocks };
            const answer = await answerBlock(
              history,
              { ...question, beforeSequence, limit, count: true },
              NEVER,
            );
            const { total, more } = answer.json as BlockAnswer;
            expect(total).toBe(all.length);
            const page = requestsOf(answer);
            expect(page.length).toBe(Math.min(limit, all.length - found.length));
            found.push(...page);
            expect(more).toBe(found.length < all.length);
            if (!more) break;
            beforeSequence = answer.columns['sequence']?.at(-1) as number;
          }
          expect(found).toEqual(all.map(plain));
        },
      ),
      { numRuns: 200 },
    );
  });

  /** 64 writes of one block each, one behind the other, with their replies. */
  const writes = (): StreamRow[] =>
    Array.from({ length: 64 }, (_, n): StreamRow[] => {
      const row = {
        op: Op.Write,
        disk: 0,
        slot: 0,
        offsetBytes: n * 4096,
        lengthBytes: 4096,
        clockUs: n,
        timeUs: n,
      };
      return [
        { ...row, kind: RowKind.Request },
        { ...row, kind: RowKind.Completion, latencyUs: 3 },
      ];
    }).flat();

  it('are looked for only where they may be', async () => {
    const history = new ChunkedHistory(batchesOf(writes(), [8]));
    const question = { about: 'block' as const, disk: 0, firstBlock: 20, endBlock: 21 };
    const answer = await answerBlock(
      history,
      { ...question, beforeSequence: null, limit: 5, count: true },
      NEVER,
    );
    expect(requestsOf(answer)).toMatchObject([{ sequence: 41, latencyUs: 3, errno: 0, offset: 81_920n }]);
    expect(new Set(history.read)).toEqual(new Set([41]));
  });

  it('are found from the end, without reading the beginning, when they need not be counted', async () => {
    const history = new ChunkedHistory(batchesOf(writes(), [8]));
    const question = { about: 'block' as const, disk: 0, firstBlock: 0, endBlock: 64 };
    const answer = await answerBlock(
      history,
      { ...question, beforeSequence: null, limit: 5, count: false },
      NEVER,
    );
    expect(answer.json).toEqual({ total: null, more: true });
    expect(history.read).toEqual([121, 113]);
  });

  it('are looked for no longer once nobody wants to know', async () => {
    const history = new MemoryHistory(batchesOf(writes(), [8]));
    const work = new AbortController();
    work.abort();
    const question = { about: 'block' as const, disk: 0, firstBlock: 0, endBlock: 64 };
    await expect(
      answerBlock(history, { ...question, beforeSequence: null, limit: 5, count: false }, work.signal),
    ).rejects.toThrow('aborted');
    expect(history.read).toEqual([]);
  });
});
