/** Fields of on-disk records: little-endian unless said otherwise, and read only inside the bytes at hand. */

/** A view of the very bytes that `bytes` shows. */
export function fieldsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 16 bits. */
export function u16(view: DataView, offsetBytes: number): number {
  return view.getUint16(offsetBytes, true);
}

/** 32 bits. */
export function u32(view: DataView, offsetBytes: number): number {
  return view.getUint32(offsetBytes, true);
}

/** 48 or 64 bits kept as two fields. Block numbers stay below 2^48, which a double holds exactly. */
export function joined(low: number, high: number): number {
  return high * 2 ** 32 + low;
}

/** Text up to the first NUL, with what cannot be shown written as `\xNN`. */
export function textField(bytes: Uint8Array, offsetBytes: number, lengthBytes: number): string {
  const field = bytes.subarray(offsetBytes, offsetBytes + lengthBytes);
  const end = field.indexOf(0);
  return shownText(end < 0 ? field : field.subarray(0, end));
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that name something, for people: UTF-8 where it is, and each byte that is not, or is a control, as `\xNN`. */
export function shownText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = STRICT_UTF8.decode(bytes);
  } catch {
    text = Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCodePoint(byte) : escapedByte(byte))).join(
      '',
    );
  }
  return text.replace(/\p{Cc}/gu, (control) => escapedByte(control.codePointAt(0) ?? 0));
}

function escapedByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** A UUID as it is written. */
export function uuidField(bytes: Uint8Array, offsetBytes: number): string {
  const hex = Buffer.from(bytes.subarray(offsetBytes, offsetBytes + 16)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Seconds since 1970 as a moment in UTC: `2026-12-01 03:34:57 UTC`; `never` for 0. */
export function momentText(seconds: number): string {
  if (seconds === 0) return 'never';
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
