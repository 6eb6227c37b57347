import { constants, zstdCompressSync } from 'node:zlib';
import { EventBatch } from '#shared/events/event-batch.ts';
import { encodeRegion } from './region-codec.ts';
import { RegionColumns } from './region-columns.ts';
import { encodeChunk } from './row-chunk.ts';

/** What is encoded: a chunk of rows, pages of a region or what changed of them, or bytes that are only compressed. */
export type EncodingKind = 'rows' | 'pages' | 'changes' | 'plain';

/** Quick, and as small as levels that take several times as long. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Bytes as the history keeps them.
 * @param raw what {@link EventBatch.encode}, {@link RegionColumns.pack} or a ByteWriter made.
 */
export function encoded(kind: EncodingKind, raw: Uint8Array<ArrayBuffer>): Uint8Array {
  switch (kind) {
    case 'rows':
      return encodeChunk(EventBatch.decode(raw));
    case 'pages':
    case 'changes':
      return encodedRegion(RegionColumns.unpack(raw));
    case 'plain':
      return zstdCompressSync(raw, ZSTD);
  }
}

/** Pages of a region, or what changed of them. */
export function encodedRegion(columns: RegionColumns): Uint8Array {
  return zstdCompressSync(encodeRegion(columns), ZSTD);
}
