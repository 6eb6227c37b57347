import type { EventBatch } from '#shared/events/event-batch.ts';
import { FootprintWriter } from './footprint.ts';
import { decodeRows } from './row-decoder.ts';
import { RowEncoder } from './row-encoder.ts';

/** A chunk of rows as it is kept: bytes of its footprint (u32, little-endian), the footprint, and the rows behind it. */

const HEAD_BYTES = 4;

const encoder = new RowEncoder();
const footprints = new FootprintWriter();

/** The rows of a batch, whose clocks are set, with which blocks they are of. */
export function encodeChunk(batch: EventBatch): Uint8Array<ArrayBuffer> {
  const footprint = footprints.write(batch);
  const rows = encoder.encode(batch);
  const bytes = new Uint8Array(HEAD_BYTES + footprint.length + rows.length);
  new DataView(bytes.buffer).setUint32(0, footprint.length, true);
  bytes.set(footprint, HEAD_BYTES);
  bytes.set(rows, HEAD_BYTES + footprint.length);
  return bytes;
}

/** The footprint of a chunk, for mayTouch. */
export function footprintOf(chunk: Uint8Array): Uint8Array {
  return chunk.subarray(HEAD_BYTES, HEAD_BYTES + footprintBytes(chunk));
}

/** The rows of a chunk. Throws when the bytes are not whole. */
export function rowsOf(chunk: Uint8Array): EventBatch {
  return decodeRows(chunk.subarray(HEAD_BYTES + footprintBytes(chunk)));
}

function footprintBytes(chunk: Uint8Array): number {
  return new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength).getUint32(0, true);
}
