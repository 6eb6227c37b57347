/** What a file system holds, in words. */

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

/** Seconds since 1970 as a moment in UTC: `2026-12-01 03:34:57 UTC`; `never` for 0. */
export function momentText(seconds: number): string {
  if (seconds === 0) return 'never';
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
