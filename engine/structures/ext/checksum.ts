/**
 * The checksums of ext4 metadata: CRC-32C (polynomial 0x1EDC6F41, reflected) without the final complement, so that a
 * result goes on as the next seed, and CRC-16 (polynomial 0x8005, reflected) for group descriptors before metadata_csum.
 * Kernel Documentation/filesystems/ext4/checksums.rst and group_descr.rst.
 */

const CRC32C_REFLECTED = 0x82f63b78;
const CRC16_REFLECTED = 0xa001;

const CRC32C_TABLE = table(CRC32C_REFLECTED);
const CRC16_TABLE = table(CRC16_REFLECTED);

function table(polynomial: number): Uint32Array {
  const entries = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    entries[byte] = value >>> 0;
  }
  return entries;
}

/** What a CRC-32C begins with when no seed is kept. */
export const CRC32C_START = 0xffffffff;

/** CRC-32C of bytes [from, end), going on from `seed`. A hot path: a loop over typed arrays, no allocation. */
export function crc32c(seed: number, bytes: Uint8Array, from = 0, end: number = bytes.length): number {
  let crc = seed;
  for (let at = from; at < end; at++) {
    crc = (CRC32C_TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return crc >>> 0;
}

/** CRC-16 of `bytes`, going on from `seed`; begins with 0xffff. */
export function crc16(seed: number, bytes: Uint8Array): number {
  let crc = seed;
  for (let at = 0; at < bytes.length; at++) {
    crc = (CRC16_TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return crc & 0xffff;
}

/** Goes on from `seed` over a number as it is stored: little-endian, 32 bits. */
export function crc32cOfU32(seed: number, value: number): number {
  return crc32c(seed, littleEndian32(value));
}

/** Goes on from `seed` over a number as it is stored: little-endian, 64 bits. */
export function crc32cOfU64(seed: number, value: number): number {
  const low = crc32cOfU32(seed, value % 2 ** 32);
  return crc32cOfU32(low, Math.floor(value / 2 ** 32));
}

/** A number as it is stored: little-endian, 32 bits. */
export function littleEndian32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
}
