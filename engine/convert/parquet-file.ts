import { type FileHandle, open } from 'node:fs/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { errnoName, opName } from '#shared/events/vocabulary.ts';
import { Outcome, type RequestPart } from './request-table.ts';
import type { TableFacts, TableFile } from './table-file.ts';

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

const required = 'REQUIRED' as const;
const optional = 'OPTIONAL' as const;
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const time = {
  type: 'INT64',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
} as const;
const u64 = { type: 'INT64', converted_type: 'UINT_64' } as const;
const i32 = { type: 'INT32' } as const;

const SCHEMA = [
  { name: 'requests', num_children: 14 },
  { name: 'sequence', type: 'INT64', repetition_type: required },
  { name: 'disk', ...i32, repetition_type: required },
  { name: 'disk_name', ...text, repetition_type: required },
  { name: 'op', ...text, repetition_type: required },
  { name: 'flags', ...i32, repetition_type: required },
  { name: 'connection', type: 'INT64', repetition_type: required },
  { name: 'cookie', ...u64, repetition_type: required },
  { name: 'offset', ...u64, repetition_type: required },
  { name: 'length', ...u64, repetition_type: required },
  { name: 'arrival', ...time, repetition_type: optional },
  { name: 'reply_time', ...time, repetition_type: optional },
  { name: 'latency_us', type: 'DOUBLE', repetition_type: optional },
  { name: 'errno', ...i32, repetition_type: optional },
  { name: 'error', ...text, repetition_type: optional },
] as const;

/** A Parquet file of requests, a row group for each part that is written. */
export class ParquetFile implements TableFile {
  readonly #file: FileHandle;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  readonly #facts: TableFacts;
  /** How much of the file is written. */
  #written = 0;

  private constructor(file: FileHandle, facts: TableFacts) {
    this.#file = file;
    this.#facts = facts;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: SCHEMA.map((element) => ({ ...element })),
      codec: 'ZSTD',
      compressors: { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes, LEVEL) },
      createdBy: facts.producer,
    });
  }

  static async create(path: string, facts: TableFacts): Promise<ParquetFile> {
    return new ParquetFile(await open(path, 'w'), facts);
  }

  async write(part: RequestPart): Promise<void> {
    if (part.count === 0) return;
    const columns = columnsOf(part, this.#facts);
    await this.#writer.write({ columnData: columns, rowGroupSize: part.count });
    await this.#flush();
  }

  async finish(): Promise<void> {
    await this.#writer.finish();
    await this.#flush();
    await this.#file.datasync();
    await this.#file.close();
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#bytes.getBytes();
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#written + done);
      done += bytesWritten;
    }
    this.#written += done;
    this.#bytes.index = 0;
  }
}

function columnsOf(part: RequestPart, { diskName }: TableFacts) {
  const { requests, count, outcome } = part;
  const column = <T>(of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));
  const known = (us: number): bigint | null => (Number.isNaN(us) ? null : BigInt(Math.floor(us)));
  const answered = (i: number): boolean => outcome[i] === Outcome.Answered;
  return [
    { name: 'sequence', data: BigInt64Array.from(part.sequence.subarray(0, count), (n) => BigInt(n)) },
    { name: 'disk', data: Int32Array.from(requests.disk.subarray(0, count)) },
    { name: 'disk_name', data: column((i) => diskName(requests.disk[i] ?? 0)) },
    { name: 'op', data: column((i) => opName(requests.op[i] ?? 0)) },
    { name: 'flags', data: Int32Array.from(requests.flags.subarray(0, count)) },
    {
      name: 'connection',
      data: BigInt64Array.from(requests.connection.subarray(0, count), (n) => BigInt(n)),
    },
    { name: 'cookie', data: joined(requests.cookieHigh, requests.cookieLow, count) },
    { name: 'offset', data: joined(requests.offsetHigh, requests.offsetLow, count) },
    { name: 'length', data: joined(requests.lengthHigh, requests.lengthLow, count) },
    { name: 'arrival', data: column((i) => known(requests.timeUs[i] ?? Number.NaN)) },
    { name: 'reply_time', data: column((i) => known(part.replyUs[i] ?? Number.NaN)) },
    {
      name: 'latency_us',
      data: column((i) => (Number.isNaN(requests.latencyUs[i]) ? null : (requests.latencyUs[i] ?? null))),
    },
    { name: 'errno', data: column((i) => (answered(i) ? (requests.errno[i] ?? 0) : null)) },
    {
      name: 'error',
      data: column((i) =>
        answered(i) && requests.errno[i] !== 0 ? errnoName(requests.errno[i] ?? 0) : null,
      ),
    },
  ];
}

function joined(high: Uint32Array, low: Uint32Array, count: number): BigUint64Array {
  const both = new Uint32Array(2 * count);
  for (let i = 0; i < count; i += 1) {
    both[2 * i] = low[i] ?? 0;
    both[2 * i + 1] = high[i] ?? 0;
  }
  return new BigUint64Array(both.buffer);
}
