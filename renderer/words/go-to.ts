import { formatBytes, parseSize, thousands } from '#shared/bytes/size.ts';

/** Where the person wants to go, as a byte on the disk, or the sentence that says what was wrong. */
export type GoToTarget = { readonly offsetBytes: bigint } | { readonly error: string };

const FORMS =
  'use a block (4096), a sector (s32768), bytes (16M, 16777216b) or hexadecimal bytes (0x1000000)';

/**
 * Reads a place on a disk: a bare number is a block of 4 KiB, `s123` a sector of 512 bytes, a number with a suffix
 * (`16M`, `16777216b`) or in hexadecimal (`0x1000000`) a byte offset. Commas, underscores and spaces between digits are
 * allowed. Never throws.
 *
 * @param sizeBytes size of the disk: a place past its end is an error.
 */
export function parseGoTo(text: string, sizeBytes: bigint): GoToTarget {
  const plain = plainDigits(text);
  if (plain === '') return { error: `nothing to go to: ${FORMS}` };
  const offset = parsePlace(text);
  if ('error' in offset) return offset;
  if (offset.offsetBytes >= sizeBytes) return { error: pastTheEnd(plain, sizeBytes) };
  return offset;
}

/** Reads a place as {@link parseGoTo} does, on a disk of any size. Never throws. */
export function parsePlace(text: string): GoToTarget {
  return readOffset(plainDigits(text), text);
}

function plainDigits(text: string): string {
  return text.trim().replace(/(?<=[\da-f])[\s,_]+(?=[\da-f])/gi, '');
}

function readOffset(plain: string, text: string): GoToTarget {
  if (/^\d{1,20}$/.test(plain)) return { offsetBytes: BigInt(plain) << 12n };
  const sector = /^s(\d{1,20})$/i.exec(plain);
  if (sector) return { offsetBytes: BigInt(sector[1] ?? '0') << 9n };
  if (/^0x[\da-f]{1,16}$/i.test(plain)) return { offsetBytes: BigInt(plain) };
  if (/^0+[bskmgtpe]$/i.test(plain)) return { offsetBytes: 0n };
  const size = /^(?!0x)\d+[a-z]+$/i.test(plain) ? parseSize(plain) : null;
  if (size !== null && 'bytes' in size) return { offsetBytes: size.bytes };
  if (size !== null) return { error: size.error };
  return { error: `"${text.trim()}" is no place on a disk: ${FORMS}` };
}

function pastTheEnd(plain: string, sizeBytes: bigint): string {
  const lastBlock = sizeBytes === 0n ? 0n : (sizeBytes - 1n) >> 12n;
  return `"${plain}" is past the end of the disk: it has ${formatBytes(sizeBytes)}, its last block is ${thousands(lastBlock)}`;
}
