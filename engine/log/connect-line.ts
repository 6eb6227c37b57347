import { ascii, lastMatch, matchesAt } from './ascii.ts';

/** What a Connect line tells. */
export interface ConnectLine {
  readonly exportName: string;
  /** Null when the line does not say, or says it in a form that is none. */
  readonly sizeBytes: bigint | null;
}

const EXPORT = ascii(' export=');
const TLS = ascii("' tls=");
const SIZE = ascii('size=0x');
const BACKSLASH = 92;
const DOUBLE = 34;
const SINGLE = 39;

/**
 * Reads what follows `Connect` on a line, from `from` to `to`. Export names are absent up to nbdkit 1.20, between single
 * quotes and not escaped in 1.22, quoted for a shell since 1.24; they may hold anything. Null when the quotes do not
 * close.
 */
export function readConnectLine(bytes: Uint8Array, from: number, to: number): ConnectLine | null {
  let at = from;
  let exportName = '';
  if (matchesAt(bytes, at, EXPORT)) {
    at += EXPORT.length;
    const quote = bytes[at];
    let end: number;
    if (quote === DOUBLE) {
      end = closingQuote(bytes, at + 1, to);
      if (end < 0) return null;
      exportName = unescaped(bytes, at + 1, end);
      end += 1;
    } else if (quote === SINGLE) {
      end = lastMatch(bytes, at + 1, to, TLS);
      if (end < 0) return null;
      exportName = new TextDecoder().decode(bytes.subarray(at + 1, end));
      end += 1;
    } else {
      end = at;
      while (end < to && bytes[end] !== 32) end += 1;
      exportName = new TextDecoder().decode(bytes.subarray(at, end));
    }
    at = end;
  }
  return { exportName, sizeBytes: readSize(bytes, at, to) };
}

function closingQuote(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === DOUBLE) return at;
  }
  return -1;
}

function unescaped(bytes: Uint8Array, from: number, to: number): string {
  const plain: number[] = [];
  for (let at = from; at < to; at += 1) {
    if (bytes[at] === BACKSLASH && at + 1 < to) at += 1;
    plain.push(bytes[at] ?? 0);
  }
  return new TextDecoder().decode(Uint8Array.from(plain));
}

function readSize(bytes: Uint8Array, from: number, to: number): bigint | null {
  for (let at = from + 1; at < to; at += 1) {
    if (bytes[at - 1] !== 32 || !matchesAt(bytes, at, SIZE)) continue;
    let end = at + SIZE.length;
    while (end < to && bytes[end] !== 32) end += 1;
    const digits = new TextDecoder().decode(bytes.subarray(at + SIZE.length, end));
    return /^[0-9a-f]{1,16}$/.test(digits) ? BigInt(`0x${digits}`) : null;
  }
  return null;
}
