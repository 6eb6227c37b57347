/**
 * The language of nbdkit's `data` parameter (nbdkit-data-plugin(1), "DATA FORMAT"), from text to expressions.
 * `<(SCRIPT)` is refused: a disk that somebody hands over must not run programs.
 */

import { visible } from '../visible.ts';

/** An expression, and where it begins in the text. */
export type Expression =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'goto'; readonly offset: bigint }
  | { readonly kind: 'move'; readonly by: bigint }
  | { readonly kind: 'align'; readonly to: bigint }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'group'; readonly list: readonly Expression[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'assign'; readonly name: string; readonly of: Expression }
  | { readonly kind: 'repeat'; readonly of: Expression; readonly times: bigint }
  | { readonly kind: 'slice'; readonly of: Expression; readonly from: bigint; readonly to: bigint | null };

/** A part of a data string, for a message. */
export function quoted(text: string): string {
  return visible(text, 60);
}

/** What is wrong with a data string, and where. */
export class DataError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DataError';
  }
}

const MAX = (1n << 63n) - 1n;
/** Groups within groups. */
const MAX_DEPTH = 200;
const SPACE = /[ \t\n\f\r\v]*/y;
/** As C reads an integer of unknown base: after a 0 come octal digits, so `08` is `0` and then `8`. */
const NUMBER = /[ \t\n\f\r\v]*\+?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/y;
const WORD = /(le|be)(16|32|64):(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?![0-9a-zA-Z])/y;
const NAME = /[ \t\n\f\r\v]*\\([A-Za-z0-9_-]+)/y;
const VARIABLE = /\$([A-Za-z_][A-Za-z0-9_]*)/y;
const FILE = /<([^*[) \t\n]+)/y;
const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  '"': 34,
};

/** Reads a data string. @throws DataError telling what cannot be read and where. */
export function parseData(text: string): Expression {
  return { kind: 'group', list: new Parser(text).list(0) };
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Expressions up to the end, or within a group up to its end. */
  list(depth: number): Expression[] {
    if (depth > MAX_DEPTH) throw this.#error('groups are nested too deep');
    const list: Expression[] = [];
    for (;;) {
      this.#match(SPACE);
      const next = this.#text[this.#at];
      if (next === undefined) {
        if (depth > 0) throw this.#error("a '(' has no ')'");
        return list;
      }
      if (next === ')') {
        if (depth === 0) throw this.#error("a ')' has no '('");
        this.#at += 1;
        return list;
      }
      if (next === '#') this.#skipComment();
      else if (next === '(') {
        this.#at += 1;
        list.push({ kind: 'group', list: this.list(depth + 1) });
      } else if (next === '*' || next === '[' || next === '-') list.push(this.#after(next, list.pop()));
      else list.push(this.#single(next));
    }
  }

  /** What stands behind an expression and makes another of it. */
  #after(sign: '*' | '[' | '-', of: Expression | undefined): Expression {
    const words = { '*': '*N', '[': '[N:M]', '-': '->' }[sign];
    if (sign === '-' && this.#text[this.#at + 1] !== '>') {
      throw this.#error('"-" means nothing here; is it "->"?');
    }
    if (of === undefined) throw this.#error(`${words} follows nothing`);
    if (of.kind === 'goto' || of.kind === 'move' || of.kind === 'align') {
      throw this.#error(`${words} cannot follow an @offset`);
    }
    if (sign === '-') {
      this.#at += 2;
      const name = this.#match(NAME)?.[1];
      if (name === undefined) throw this.#error('-> is followed by \\NAME');
      return { kind: 'assign', name, of };
    }
    this.#at += 1;
    if (sign === '*')
      return { kind: 'repeat', of, times: this.#number('* is followed by a number, as in *16') };
    return this.#slice(of);
  }

  #slice(of: Expression): Expression {
    const from = this.#optionalNumber() ?? 0n;
    this.#expect(':', 'a slice is [N:M], [N:] or [:M]');
    const to = this.#optionalNumber();
    this.#expect(']', 'a slice is [N:M], [N:] or [:M]');
    return { kind: 'slice', of, from, to };
  }

  #single(next: string): Expression {
    switch (next) {
      case '@':
        return this.#offset();
      case '"':
        return { kind: 'bytes', bytes: this.#string() };
      case '<':
        return this.#file();
      case '\\': {
        const name = this.#match(NAME)?.[1];
        if (name === undefined) throw this.#error('\\ is followed by a name');
        return { kind: 'name', name };
      }
      case '$': {
        const name = this.#match(VARIABLE)?.[1];
        if (name === undefined) throw this.#error('$ is followed by the name of a parameter');
        return { kind: 'variable', name };
      }
      default:
        return { kind: 'bytes', bytes: next === 'l' || next === 'b' ? this.#word() : this.#byte() };
    }
  }

  #offset(): Expression {
    this.#at += 1;
    const sign = this.#text[this.#at];
    if (sign === '+' || sign === '-' || sign === '^') {
      this.#at += 1;
      const number = this.#number(`@${sign} is followed by a number, as in @${sign}512`);
      if (sign !== '^') return { kind: 'move', by: sign === '-' ? -number : number };
      if (number === 0n || (number & (number - 1n)) !== 0n) {
        throw this.#error(`@^${number}: an alignment is a power of two, as in @^512`);
      }
      return { kind: 'align', to: number };
    }
    if (sign === undefined || sign < '0' || sign > '9') {
      throw this.#error('@ is followed by an offset, as in @0x1fe, @+2, @-2 or @^512');
    }
    return { kind: 'goto', offset: this.#number('@ is followed by an offset') };
  }

  #byte(): Buffer {
    const start = this.#at;
    const number = this.#optionalNumber();
    if (number === null)
      throw this.#error(`"${visible(this.#text.slice(start, start + 10), 10)}" cannot be read`);
    if (number > 255n) {
      this.#at = start;
      throw this.#error(`${number} is no byte; a byte is 0 to 255, and le16:${number} a word`);
    }
    return Buffer.of(Number(number));
  }

  #word(): Buffer {
    const match = this.#match(WORD);
    if (match === null) throw this.#error('a word is le16:N, le32:N, le64:N, be16:N, be32:N or be64:N');
    const bits = Number(match[2]);
    const value = integer(match[3] ?? '0');
    if (value >> BigInt(bits) !== 0n)
      throw this.#error(`${quoted(match[0])}: the number has more than ${bits} bits`);
    const bytes = Buffer.alloc(8);
    if (match[1] === 'le') bytes.writeBigUInt64LE(value);
    else bytes.writeBigUInt64BE(value);
    return match[1] === 'le' ? bytes.subarray(0, bits / 8) : bytes.subarray(8 - bits / 8);
  }

  #file(): Expression {
    if (this.#text[this.#at + 1] === '(') {
      throw this.#error(
        '<(SCRIPT) runs a program, which nbdscope does not; write its output to a file and use <FILE',
      );
    }
    const path = this.#match(FILE)?.[1];
    if (path === undefined) throw this.#error('< is followed by the path of a file');
    return { kind: 'file', path };
  }

  #string(): Buffer {
    const parts: Buffer[] = [];
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const from = this.#at;
      while (this.#at < this.#text.length && !'"\\'.includes(this.#text[this.#at] ?? '')) this.#at += 1;
      parts.push(Buffer.from(this.#text.slice(from, this.#at)));
      const stop = this.#text[this.#at];
      const escaped = this.#text[this.#at + 1];
      if (stop === '"') {
        this.#at += 1;
        return Buffer.concat(parts);
      }
      if (stop === undefined || escaped === undefined) {
        this.#at = start;
        throw this.#error('a string has no end');
      }
      if (escaped === 'x') {
        const digits = /^[0-9a-fA-F]{2}/.exec(this.#text.slice(this.#at + 2, this.#at + 4))?.[0];
        if (digits === undefined) throw this.#error('\\x is followed by two hexadecimal digits');
        parts.push(Buffer.from(digits, 'hex'));
        this.#at += 4;
      } else if (/[0-9u]/.test(escaped)) {
        throw this.#error(`\\${escaped} is not known in a string; use \\xNN`);
      } else {
        const point = this.#text.codePointAt(this.#at + 1) ?? 0;
        const byte = ESCAPES[escaped];
        parts.push(byte === undefined ? Buffer.from(String.fromCodePoint(point)) : Buffer.of(byte));
        this.#at += point > 0xffff ? 3 : 2;
      }
    }
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #number(otherwise: string): bigint {
    const number = this.#optionalNumber();
    if (number === null) throw this.#error(otherwise);
    return number;
  }

  #optionalNumber(): bigint | null {
    const digits = this.#match(NUMBER)?.[1];
    if (digits === undefined) return null;
    const number = integer(digits);
    if (number > MAX) throw this.#error(`${quoted(digits)} is more than 2^63-1`);
    return number;
  }

  #expect(sign: string, otherwise: string): void {
    if (this.#text[this.#at] !== sign) throw this.#error(otherwise);
    this.#at += 1;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #error(message: string): DataError {
    const lines = this.#text.slice(0, this.#at).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    const where = lines.length === 1 ? `character ${column}` : `line ${lines.length}, character ${column}`;
    return new DataError(`${message} (at ${where})`);
  }
}

function integer(digits: string): bigint {
  if (/^0[xX]/.test(digits)) return BigInt(digits);
  return digits.startsWith('0') && digits.length > 1 ? BigInt(`0o${digits}`) : BigInt(digits);
}
