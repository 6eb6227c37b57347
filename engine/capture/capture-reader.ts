import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { type ColumnPlace, decodeBody } from './arrow-body.ts';
import {
  CONTINUATION,
  MAX_METADATA_BYTES,
  type MessageFacts,
  PREFIX_BYTES,
  readKeys,
  readLayout,
  readMessage,
} from './arrow-messages.ts';
import { type BatchFacts, decodeBatchFacts } from './batch-facts.ts';
import { BatchTable } from './batch-table.ts';
import type { CaptureRows } from './capture-rows.ts';
import { BATCH_META, KIND_WORDS, META, OP_WORDS } from './capture-schema.ts';
import { type CaptureSession, decodeSession, NO_SESSION } from './capture-session.ts';
import { Dictionaries } from './dictionaries.ts';
import { readDictionary, readSchema, type SchemaFacts } from './read-schema.ts';
import { splitRows } from './split-rows.ts';

/** Read at the place of each message: its metadata, and mostly no more. */
const HEAD_READ_BYTES = 4096;
/** Rows of one batch at most; our own have far fewer. */
const MAX_ROWS = 1 << 20;
const MAX_DICTIONARIES = 16;
/** Messages between two breaths of the event loop, while heads are read. */
const HEADS_AT_ONCE = 64;

/** Where and why a capture ends before its end. */
export interface Damage {
  readonly offset: number;
  readonly why: string;
}

interface FoundMessage {
  readonly facts: MessageFacts;
  readonly bodyOffset: number;
}

/** A message that is read whole. */
interface WholeMessage {
  readonly facts: MessageFacts;
  readonly body: Uint8Array;
}

/**
 * Opens a capture by its heads: from message to message, no body read but the last that tells of the session. Batches are then
 * read one at a time, in any order. A file that is cut or damaged is opened as far as it goes, and `damage` says where that is.
 */
export class CaptureReader {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly batches = new BatchTable();
  /** What the disks and arrays were at the end. */
  session: CaptureSession = NO_SESSION;
  producer = '';
  damage: Damage | null = null;
  /** Whether the writer has said that this is all. */
  isFinished = false;
  /** The row behind which the capture begins. */
  base = 0;
  readonly #file: FileHandle;
  /** Where batches lie that hold requests which were in flight when the capture began. */
  readonly #before: { readonly offset: number; readonly bytes: number }[] = [];
  /** Where rows lie that tell of structures. */
  readonly #structures: { readonly offset: number; readonly bytes: number }[] = [];
  #sessionAt: { readonly offset: number; readonly bytes: number } | null = null;
  #places: readonly ColumnPlace[] = [];
  #dictionaries = new Dictionaries();

  private constructor(path: string, file: FileHandle, sizeBytes: number, modifiedMs: number) {
    this.path = path;
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.modifiedMs = modifiedMs;
  }

  /** @throws RangeError when the file is no capture; Error when it cannot be read. */
  static async open(path: string, signal?: AbortSignal): Promise<CaptureReader> {
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const reader = new CaptureReader(path, file, size, mtimeMs);
      await reader.#scan(signal);
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** The rows of a batch. @throws RangeError when it is damaged, Error when it cannot be read. */
  async rows(batch: number): Promise<EventBatch> {
    const read = await this.captureRows(batch);
    return splitRows(read, this.batches.first(batch), this.batches.last(batch));
  }

  /** The rows of a batch as they lie in the file. @throws as {@link rows}. */
  captureRows(batch: number): Promise<CaptureRows> {
    return this.#rowsAt(this.batches.offset(batch), this.batches.bytes(batch));
  }

  /** The requests that were in flight when the capture began. @throws as {@link rows}. */
  async *before(): AsyncGenerator<CaptureRows> {
    for (const { offset, bytes } of this.#before) yield await this.#rowsAt(offset, bytes);
  }

  /** What was known of structures, in order, as texts (`version-text.ts`); up to where the file is damaged. */
  async *structures(): AsyncGenerator<string> {
    for (const { offset, bytes } of this.#structures) {
      try {
        const { text } = await this.#rowsAt(offset, bytes);
        yield new TextDecoder().decode(text);
      } catch (error) {
        if (!isAboutContent(error)) throw error;
        return;
      }
    }
  }

  /** The first bytes of the file, by which it is told from another of its size. */
  start(bytes: number): Promise<Uint8Array> {
    return this.#read(0, Math.min(bytes, this.sizeBytes));
  }

  async #scan(signal?: AbortSignal): Promise<void> {
    let at = await this.#readStart();
    try {
      for (let n = 1; ; n += 1) {
        if (n % HEADS_AT_ONCE === 0) {
          signal?.throwIfAborted();
          await new Promise((resolve) => setImmediate(resolve));
        }
        const message = await this.#messageAt(at);
        if (typeof message === 'string') {
          this.isFinished = message === 'end';
          break;
        }
        const end = message.bodyOffset + message.facts.bodyBytes;
        if (end > this.sizeBytes) throw new RangeError('it is cut within a batch of rows');
        this.#noteBatch(at, end - at, message.facts);
        at = end;
      }
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      this.damage = { offset: at, why: error.message };
    }
    await this.#readSession();
  }

  /** Reads the schema and the dictionaries; returns where the first batch is. */
  async #readStart(): Promise<number> {
    let start: FoundMessage | 'end' | 'nothing' = 'nothing';
    try {
      start = await this.#messageAt(0);
    } catch (error) {
      if (!isAboutContent(error)) throw error;
    }
    if (typeof start === 'string' || start.facts.type !== 'schema') {
      throw new RangeError(
        `${this.path} is no capture: it does not begin with the schema of an Arrow stream`,
      );
    }
    try {
      const schema = readSchema(start.facts);
      this.#places = schema.places;
      this.producer = schema.metadata.get(META.producer) ?? '';
      this.session = decodeSession(schema.metadata.get(META.session) ?? '') ?? NO_SESSION;
      return await this.#readDictionaries(start.bodyOffset + start.facts.bodyBytes, schema);
    } catch (error) {
      if (!isAboutContent(error)) throw error;
      throw new RangeError(`${this.path} cannot be opened: ${error.message}`);
    }
  }

  async #readDictionaries(start: number, schema: SchemaFacts): Promise<number> {
    const words = new Map<number, readonly string[]>();
    let at = start;
    while (words.size < MAX_DICTIONARIES) {
      const found = await this.#messageAt(at).catch((error: unknown) => {
        if (!isAboutContent(error)) throw error;
        return 'nothing' as const;
      });
      if (typeof found === 'string' || found.facts.type !== 'dictionary') break;
      const end = found.bodyOffset + found.facts.bodyBytes;
      if (end > this.sizeBytes) break;
      const { facts, body } = await this.#whole(at, end - at);
      const { id, names } = readDictionary(facts, body);
      words.set(id, names);
      at = end;
    }
    this.#dictionaries = new Dictionaries(
      words.get(schema.kindDictionary) ?? KIND_WORDS.names,
      words.get(schema.opDictionary) ?? OP_WORDS.names,
    );
    return at;
  }

  #noteBatch(offset: number, bytes: number, facts: MessageFacts): void {
    if (facts.type !== 'batch')
      throw new RangeError('a message of another kind stands where a batch of rows should');
    const { count } = readLayout(facts, MAX_ROWS);
    const batch = decodeBatchFacts(readKeys(facts.table).get(BATCH_META));
    this.#checkOrder(batch, count);
    if (batch.session) this.#sessionAt = { offset, bytes };
    if (batch.before) this.#before.push({ offset, bytes });
    if (batch.structures === true) this.#structures.push({ offset, bytes });
    if (batch.last >= batch.first) this.batches.add(offset, bytes, batch);
  }

  #checkOrder({ first, last, requests, texts }: BatchFacts, count: number): void {
    const { batches } = this;
    const rows = last - first + 1;
    if (rows > 2 * count || (rows > 0 && requests + texts > rows)) {
      throw new RangeError(`a batch of ${count} rows that says it holds ${rows} of the session`);
    }
    if (batches.length === 0) this.base = first - 1;
    const next = batches.length === 0 ? first : batches.last(batches.length - 1) + 1;
    if (first !== next) throw new RangeError(`rows from ${first} on follow where ${next} is due`);
  }

  async #readSession(): Promise<void> {
    if (this.#sessionAt === null) return;
    try {
      const rows = await this.#rowsAt(this.#sessionAt.offset, this.#sessionAt.bytes);
      this.session = decodeSession(new TextDecoder().decode(rows.text)) ?? this.session;
    } catch (error) {
      // What is known from the beginning will do.
      if (!isAboutContent(error)) throw error;
    }
  }

  async #rowsAt(offset: number, bytes: number): Promise<CaptureRows> {
    const { facts, body } = await this.#whole(offset, bytes);
    const layout = readLayout(facts, MAX_ROWS);
    const { crc } = decodeBatchFacts(readKeys(facts.table).get(BATCH_META));
    if (crc32(body) !== crc)
      throw new RangeError('a batch of rows is not what was written: its checksum is another');
    return decodeBody(body, layout.regions, this.#places, layout.count, layout.isPacked, this.#dictionaries);
  }

  async #whole(offset: number, bytes: number): Promise<WholeMessage> {
    const read = await this.#read(offset, bytes);
    const bodyStart = PREFIX_BYTES + new DataView(read.buffer, read.byteOffset).getUint32(4, true);
    const facts = readMessage(read.subarray(PREFIX_BYTES, bodyStart));
    return { facts, body: read.subarray(bodyStart, bodyStart + facts.bodyBytes) };
  }

  /** The message at `at`; `nothing` at the end of the file, `end` where the writer has marked it. */
  async #messageAt(at: number): Promise<FoundMessage | 'end' | 'nothing'> {
    const left = this.sizeBytes - at;
    if (left <= 0) return 'nothing';
    if (left < PREFIX_BYTES) throw new RangeError('it is cut within the head of a batch');
    let head = await this.#read(at, Math.min(left, HEAD_READ_BYTES));
    const view = new DataView(head.buffer, head.byteOffset);
    if (view.getUint32(0, true) !== CONTINUATION) throw new RangeError('there is no batch of rows there');
    const metadataBytes = view.getUint32(4, true);
    if (metadataBytes === 0) return 'end';
    if (metadataBytes > MAX_METADATA_BYTES) {
      throw new RangeError(`a head of ${metadataBytes} bytes; at most ${MAX_METADATA_BYTES} can be right`);
    }
    const bodyAt = PREFIX_BYTES + metadataBytes;
    if (bodyAt > left) throw new RangeError('it is cut within the head of a batch');
    if (bodyAt > head.length) head = await this.#read(at, bodyAt);
    return { facts: readMessage(head.subarray(PREFIX_BYTES, bodyAt)), bodyOffset: at + bodyAt };
  }

  async #read(offset: number, bytes: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await this.#file.read(buffer, done, bytes - done, offset + done);
      if (bytesRead === 0) throw new RangeError('the file has become shorter since it was opened');
      done += bytesRead;
    }
    return buffer;
  }
}

/** Whether an error tells of what is in a file, not of reading it or of being called off. */
export function isAboutContent(error: unknown): error is Error {
  return error instanceof Error && !('syscall' in error) && error.name !== 'AbortError';
}
