import { KIND_WORDS, OP_WORDS, type Words } from './capture-schema.ts';

type DictionaryColumn = 'kind' | 'op';

/**
 * The words of a file's dictionary columns, from their place in the file to our number and back. A file may have words that
 * we do not know: kinds that came later are read as rows that change nothing.
 */
export class Dictionaries {
  readonly #toNumber: Readonly<Record<DictionaryColumn, Uint8Array>>;
  readonly #toIndex: Readonly<Record<DictionaryColumn, Uint8Array>>;

  /** @param kinds the file's words for kinds, in its order; likewise `ops`. */
  constructor(kinds: readonly string[] = KIND_WORDS.names, ops: readonly string[] = OP_WORDS.names) {
    this.#toNumber = { kind: numbersOf(kinds, KIND_WORDS, 0), op: numbersOf(ops, OP_WORDS, OTHER_OP) };
    this.#toIndex = { kind: indexesOf(kinds, KIND_WORDS), op: indexesOf(ops, OP_WORDS) };
  }

  toNumbers(column: DictionaryColumn, indexes: Uint8Array): Uint8Array {
    return mapped(indexes, this.#toNumber[column]);
  }

  toIndexes(column: DictionaryColumn, numbers: Uint8Array): Uint8Array {
    return mapped(numbers, this.#toIndex[column]);
  }
}

const OTHER_OP = OP_WORDS.numbers.length - 1;

function mapped(values: Uint8Array, table: Uint8Array): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) out[i] = table[values[i] ?? 0] ?? 0;
  return out;
}

function numbersOf(names: readonly string[], words: Words, unknown: number): Uint8Array {
  const table = new Uint8Array(256).fill(unknown);
  for (const [index, name] of names.slice(0, 256).entries()) {
    const number = words.numbers[words.names.indexOf(name)];
    if (number !== undefined) table[index] = number;
  }
  return table;
}

/** A number without a word has that of the unknown: the first of the kinds, the last of the operations. */
function indexesOf(names: readonly string[], words: Words): Uint8Array {
  const unknown = names.indexOf(words === KIND_WORDS ? 'unknown' : 'other');
  const table = new Uint8Array(256).fill(Math.max(0, unknown));
  for (const [i, name] of words.names.entries()) {
    const index = names.indexOf(name);
    if (index >= 0) table[words.numbers[i] ?? 0] = index;
  }
  return table;
}
