/** The most that one upload frame carries. */
export const UPLOAD_CHUNK_BYTES = 1024 * 1024;

/** A part of a file, `to` exclusive. */
export interface ByteSpan {
  readonly from: number;
  readonly to: number;
}

/** Cuts bytes [from, to) of a file into spans of at most `chunkBytes`, in order and without gaps. */
export function* uploadChunks(
  from: number,
  to: number,
  chunkBytes = UPLOAD_CHUNK_BYTES,
): Generator<ByteSpan> {
  for (let at = from; at < to; at += chunkBytes) yield { from: at, to: Math.min(to, at + chunkBytes) };
}

/** Whether a followed file is another than the one sent so far: it has shrunk, or it begins otherwise. */
export function wasReplaced(
  sentBytes: number,
  sizeBytes: number,
  sentHead: Uint8Array,
  head: Uint8Array,
): boolean {
  if (sizeBytes < sentBytes) return true;
  return sentHead.some((byte, i) => byte !== head[i]);
}
