import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UPLOAD_CHUNK_BYTES, uploadChunks, wasReplaced } from './upload-chunks.ts';

describe('uploadChunks', () => {
  it('covers every byte once, in order, in frames of at most 1 MiB', () => {
    fc.assert(
      fc.property(fc.nat(5_000_000), fc.nat(5_000_000), (from, length) => {
        const spans = [...uploadChunks(from, from + length)];
        let at = from;
        for (const span of spans) {
          expect(span.from).toBe(at);
          expect(span.to).toBeGreaterThan(span.from);
          expect(span.to - span.from).toBeLessThanOrEqual(UPLOAD_CHUNK_BYTES);
          at = span.to;
        }
        expect(at).toBe(from + length);
      }),
    );
  });
});

describe('wasReplaced', () => {
  const head = Uint8Array.of(1, 2, 3);

  it('takes growth for growth', () => {
    expect(wasReplaced(3, 900, head, Uint8Array.of(1, 2, 3))).toBe(false);
    expect(wasReplaced(0, 5, new Uint8Array(), Uint8Array.of(9, 9))).toBe(false);
  });

  it('notices a file that shrank', () => {
    expect(wasReplaced(10, 9, head, head)).toBe(true);
  });

  it('notices another file that has grown past our position already', () => {
    expect(wasReplaced(3, 900, head, Uint8Array.of(1, 2, 4))).toBe(true);
  });
});
