import { open, stat } from 'node:fs/promises';
import { CONTINUATION, MAX_METADATA_BYTES, PREFIX_BYTES } from './arrow-messages.ts';

/** Whether a file is an Arrow stream, as captures are, by its first bytes. False for one that cannot be read. */
export async function isCapture(path: string): Promise<boolean> {
  try {
    // Opening a FIFO would wait for its writer.
    if (!(await stat(path)).isFile()) return false;
    const file = await open(path, 'r');
    try {
      const head = new Uint8Array(PREFIX_BYTES);
      const { bytesRead } = await file.read(head, 0, PREFIX_BYTES, 0);
      return bytesRead === PREFIX_BYTES && startsCapture(head);
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/** Whether the first bytes of a file, {@link PREFIX_BYTES} at least, are those of an Arrow stream. */
export function startsCapture(head: Uint8Array): boolean {
  if (head.length < PREFIX_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  const metadataBytes = view.getUint32(4, true);
  return view.getUint32(0, true) === CONTINUATION && metadataBytes > 0 && metadataBytes <= MAX_METADATA_BYTES;
}
