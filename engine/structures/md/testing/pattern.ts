/** Content by which a byte tells where in an array it lies: each block of 4096 bytes repeats its number. */

export const PATTERN_BLOCK_BYTES = 4096;
const MARK = 0x6b63_6f6c_6264_6d2dn;

/** The block with the number, 0 being the first of the array. */
export function patternBlock(block: number): Uint8Array {
  const words = new BigUint64Array(PATTERN_BLOCK_BYTES / 8);
  for (let i = 0; i < words.length; i += 2) {
    words[i] = MARK;
    words[i + 1] = BigInt(block);
  }
  return new Uint8Array(words.buffer);
}

/** What block some bytes say they are; null when they are no block of the pattern. */
export function blockInPattern(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length !== PATTERN_BLOCK_BYTES || view.getBigUint64(0, true) !== MARK) return null;
  const block = Number(view.getBigUint64(8, true));
  return Buffer.compare(bytes, patternBlock(block)) === 0 ? block : null;
}
