/** ASCII text as bytes, and the four-byte words by which the decoder compares it. */

export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const DOT = 46;

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Four ASCII letters as DataView.getInt32(at, true) reads them; always positive. */
export function word(letters: string): number {
  if (letters.length !== 4) throw new RangeError(`"${letters}" is not four letters`);
  return new DataView(ascii(letters).buffer).getInt32(0, true);
}

/** Whether `text` stands in `bytes` at `at`. */
export function matchesAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return false;
  return true;
}

/** Where `text` last begins in `bytes` between `from` and `to`, or -1. */
export function lastMatch(bytes: Uint8Array, from: number, to: number, text: Uint8Array): number {
  for (let at = to - text.length; at >= from; at -= 1) if (matchesAt(bytes, at, text)) return at;
  return -1;
}
