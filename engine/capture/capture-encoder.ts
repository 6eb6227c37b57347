import { crc32 } from 'node:zlib';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { hasText, RowKind } from '#shared/events/vocabulary.ts';
import { encodeBody } from './arrow-body.ts';
import { batchMessage, dictionaryMessage, schemaMessage } from './arrow-messages.ts';
import { type BatchFacts, encodeBatchFacts } from './batch-facts.ts';
import { AT, CaptureRows } from './capture-rows.ts';
import {
  arrowSchema,
  BATCH_META,
  CAPTURE_VERSION,
  KIND_WORDS,
  META,
  OP_WORDS,
  SESSION_ROW,
  STRUCTURES_ROW,
} from './capture-schema.ts';
import type { CaptureSession } from './capture-session.ts';
import { Dictionaries } from './dictionaries.ts';
import { RowJoiner } from './join-rows.ts';
import { putWhole } from './time64.ts';

/** Rows of the session in one batch of a capture at most: few enough that one is read in a moment. */
export const BATCH_ROWS = 16_384;

/** Turns a session's rows into the bytes of a capture, message by message. */
export class CaptureEncoder {
  readonly #joiner = new RowJoiner();
  readonly #dictionaries = new Dictionaries();
  readonly #scratch = new CaptureRows(BATCH_ROWS);

  /** The messages that stand in front of all rows. @param producer the program's name and version. */
  head(producer: string, session: CaptureSession): readonly Uint8Array[] {
    const metadata = new Map<string, string>([
      [META.version, `${CAPTURE_VERSION}`],
      [META.producer, producer],
      [META.session, JSON.stringify(session)],
    ]);
    const schema = schemaMessage(arrowSchema(metadata));
    return [schema, dictionaryMessage(KIND_WORDS), dictionaryMessage(OP_WORDS)];
  }

  /** Rows with clocks and sequence numbers, {@link BATCH_ROWS} at most. They must follow the rows of the call before. */
  rows(rows: EventBatch): Uint8Array {
    const out = this.#scratch;
    this.#joiner.join(rows, out);
    let requests = 0;
    let texts = 0;
    for (let i = 0; i < rows.count; i += 1) {
      if (rows.kind[i] === RowKind.Request) requests += 1;
      else if (hasText(rows.kind[i])) texts += 1;
    }
    return this.#message({
      first: rows.firstSequence,
      last: rows.firstSequence + rows.count - 1,
      firstUs: known(rows.clockUs[0]),
      lastUs: known(rows.clockUs[rows.count - 1]),
      requests,
      texts,
      session: false,
      before: false,
    });
  }

  /**
   * Requests that are in flight when the capture begins behind row `after`, each with its own sequence number. Their replies
   * then find them, and nothing is counted that does not come.
   */
  before(requests: EventBatch, sequences: Float64Array, after: number): Uint8Array {
    const out = this.#scratch;
    this.#joiner.begin(requests, sequences, out);
    return this.#message({ ...emptyAfter(after), requests: requests.count, before: true });
  }

  /** A row that says what the session's disks and arrays are from behind row `after` on. */
  session(session: CaptureSession, after: number): Uint8Array {
    this.#putWords(SESSION_ROW, JSON.stringify(session), after);
    return this.#message({ ...emptyAfter(after), session: true });
  }

  /** A row that says what is known of the structures on a disk (`version-text.ts`), behind row `after`. */
  structures(text: string, after: number): Uint8Array {
    this.#putWords(STRUCTURES_ROW, text, after);
    return this.#message({ ...emptyAfter(after), structures: true });
  }

  #putWords(kind: number, text: string, after: number): void {
    const out = this.#scratch;
    out.clear();
    out.count = 1;
    putWhole(out.sequence, 0, after);
    out.kind[0] = kind;
    out.text = new TextEncoder().encode(text);
    out.textEnds[1] = out.text.length;
    out.mark(AT.text, 0);
  }

  #message(facts: Omit<BatchFacts, 'crc'>): Uint8Array {
    const body = encodeBody(this.#scratch, this.#dictionaries);
    const head = encodeBatchFacts({ ...facts, crc: crc32(body.bytes) });
    return batchMessage(this.#scratch.count, body, new Map([[BATCH_META, head]]));
  }
}

function emptyAfter(after: number): Omit<BatchFacts, 'crc'> {
  return {
    first: after + 1,
    last: after,
    firstUs: null,
    lastUs: null,
    requests: 0,
    texts: 0,
    session: false,
    before: false,
  };
}

function known(us: number | undefined): number | null {
  return us === undefined || Number.isNaN(us) ? null : us;
}
