import { MAX_STRING_BYTES } from './protocol.ts';

/** The data of NBD_OPT_INFO and NBD_OPT_GO. */
export interface InfoRequest {
  readonly exportName: string;
  readonly infos: readonly number[];
}

/** The data of NBD_OPT_LIST_META_CONTEXT and NBD_OPT_SET_META_CONTEXT. */
export interface MetaContextRequest {
  readonly exportName: string;
  readonly queries: readonly string[];
}

/** What was wrong with an option's data, for the client's person. */
export interface Malformed {
  readonly error: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads one option's data front to back; every step says what it could not read. */
class OptionReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u16(): number | null {
    if (this.left < 2) return null;
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  u32(): number | null {
    if (this.left < 4) return null;
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** A string after its 32-bit length, of which `reserve` bytes more must follow. */
  string(what: string, reserve: number): string | Malformed {
    const length = this.u32();
    if (length === null) return { error: `the option ends before the length of ${what}` };
    if (length > this.left - reserve) {
      return { error: `${what} of ${length} bytes does not fit the option, which has ${this.left} left` };
    }
    this.#at += length;
    return readName(this.#bytes.subarray(this.#at - length, this.#at), what);
  }
}

/** A string as proto.md's "Conventions" allow it: UTF-8, no NUL, at most 4096 bytes. */
export function readName(bytes: Buffer, what: string): string | Malformed {
  if (bytes.length > MAX_STRING_BYTES) {
    return { error: `${what} of ${bytes.length} bytes; the protocol allows ${MAX_STRING_BYTES}` };
  }
  if (bytes.includes(0)) return { error: `${what} contains a NUL` };
  try {
    return utf8.decode(bytes);
  } catch {
    return { error: `${what} is not UTF-8` };
  }
}

/** Reads the data of NBD_OPT_INFO or NBD_OPT_GO ("Option types"). */
export function readInfoRequest(data: Buffer): InfoRequest | Malformed {
  const reader = new OptionReader(data);
  const exportName = reader.string('the export name', 2);
  if (typeof exportName !== 'string') return exportName;
  const count = reader.u16();
  if (count === null) return { error: 'the option ends before the number of information requests' };
  if (reader.left !== count * 2) {
    return { error: `${count} information requests announced, ${reader.left} bytes follow` };
  }
  const infos: number[] = [];
  for (let info = reader.u16(); info !== null; info = reader.u16()) infos.push(info);
  return { exportName, infos };
}

/** Reads the data of NBD_OPT_LIST_META_CONTEXT or NBD_OPT_SET_META_CONTEXT ("Option types"). */
export function readMetaContextRequest(data: Buffer): MetaContextRequest | Malformed {
  const reader = new OptionReader(data);
  const exportName = reader.string('the export name', 4);
  if (typeof exportName !== 'string') return exportName;
  const count = reader.u32();
  if (count === null) return { error: 'the option ends before the number of queries' };
  if (count * 4 > reader.left) {
    return { error: `${count} queries announced, ${reader.left} bytes follow` };
  }
  const queries: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const query = reader.string('a query', 0);
    if (typeof query !== 'string') return query;
    queries.push(query);
  }
  if (reader.left !== 0) return { error: `${reader.left} bytes follow the last query` };
  return { exportName, queries };
}
