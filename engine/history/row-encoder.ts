import { constants, zstdCompressSync } from 'node:zlib';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { ByteSink, folded } from './byte-stream.ts';
import {
  AS_IT_IS,
  connectionPlace,
  diskPlace,
  Guesses,
  NUMBERS_FROM,
  STREAM_NAMES,
  same,
  streamsOf,
  TUPLE,
  UNKNOWN,
} from './row-codec.ts';

const TUPLE_HASHES = 1024;
/** Numbers are written whole below this: folded and counted on they are still below 2^53. */
const MOST_WHOLE = 2 ** 50;
/** Of an offset in a double. */
const MOST_OFFSET_HIGH = 0x20_0000;

/** Quick, and as small as levels that take several times as long. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Writes chunks of rows in few bytes. Lossless; some 10 bytes a request with its reply. */
export class RowEncoder {
  readonly #streams = streamsOf(() => new ByteSink());
  readonly #whole = new ByteSink();
  readonly #tuple = new Float64Array(TUPLE);
  #tuples = new Float64Array(64 * TUPLE);
  #tupleCount = 0;
  /** The last tuple of each hash, and of each tuple the one of the same hash before it; -1 for none. */
  readonly #byHash = new Int32Array(TUPLE_HASHES);
  #nextOfHash = new Int32Array(64);

  /** All rows of a batch, whose clocks are set, as bytes of their own. */
  encode(batch: EventBatch): Uint8Array {
    const streams = this.#streams;
    for (const name of STREAM_NAMES) streams[name].clear();
    this.#tupleCount = 0;
    this.#byHash.fill(-1);
    const scale = isWhole(batch) ? 1 : 4;
    const guesses = new Guesses();
    let hasLatencies = false;
    let lastClock = -1;
    for (let i = 0; i < batch.count; i += 1) {
      const r = guesses.requestOf(batch, i);
      streams.tuples.whole(this.#tupleOf(batch, i, r >= 0));
      if (r >= 0) {
        streams.links.whole(i - r);
      } else {
        streams.links.whole(batch.slot[i] ?? 0);
        this.#writeBytes(batch, i, guesses);
      }
      if (batch.kind[i] === RowKind.Request) guesses.noteRequest(batch, i);

      const timeUs = batch.timeUs[i] ?? Number.NaN;
      this.#writeNumber(streams.times, timeUs, guesses.timeUs, scale);
      if (!Number.isNaN(timeUs)) guesses.timeUs = timeUs;

      const clockUs = batch.clockUs[i] ?? Number.NaN;
      if (!same(clockUs, guesses.clockAfter(timeUs))) {
        streams.clocks.whole(i - lastClock);
        streams.clocks.f64(clockUs);
        lastClock = i;
      }
      guesses.clockUs = clockUs;

      const latencyUs = batch.latencyUs[i] ?? Number.NaN;
      const guessed = guesses.latencyUs(batch, i, r);
      if (!same(latencyUs, guessed)) hasLatencies = true;
      this.#writeNumber(streams.latencies, latencyUs, Number.isNaN(guessed) ? 0 : guessed, scale);
    }
    streams.clocks.whole(0);
    if (!hasLatencies) streams.latencies.clear();
    return this.#packed(batch, scale, hasLatencies);
  }

  #packed(batch: EventBatch, scale: number, hasLatencies: boolean): Uint8Array {
    const to = this.#whole;
    to.clear();
    to.whole(batch.count);
    to.f64(batch.firstSequence);
    to.whole(scale);
    to.whole(hasLatencies ? 1 : 0);
    to.whole(this.#tupleCount);
    for (let t = 0; t < this.#tupleCount * TUPLE; t += 1) to.whole(this.#tuples[t] ?? 0);
    to.whole(batch.text.length);
    for (const name of STREAM_NAMES) to.whole(this.#streams[name].length);
    to.bytes(batch.text);
    for (const name of STREAM_NAMES) to.bytes(this.#streams[name].view());
    return zstdCompressSync(to.view(), ZSTD);
  }

  /** Number of the row's tuple in the chunk's table, where it is put when it is not there yet. */
  #tupleOf(batch: EventBatch, i: number, linked: boolean): number {
    const tuple = this.#tuple;
    const kind = batch.kind[i] ?? 0;
    const errno = batch.errno[i] ?? 0;
    const op = linked ? 0 : (batch.op[i] ?? 0);
    const flags = linked ? 0 : (batch.flags[i] ?? 0);
    const disk = linked ? 0 : (batch.disk[i] ?? 0);
    const connection = linked ? 0 : (batch.connection[i] ?? 0);
    tuple[0] = kind;
    tuple[1] = linked ? 1 : 0;
    tuple[2] = errno;
    tuple[3] = op;
    tuple[4] = flags;
    tuple[5] = disk;
    tuple[6] = connection;
    const hash =
      (kind + op * 16 + disk * 131 + connection * 31 + flags * 517 + errno * 67 + (linked ? 8 : 0)) &
      (TUPLE_HASHES - 1);
    let known = this.#byHash[hash] ?? -1;
    while (known >= 0 && !this.#isTuple(known)) known = this.#nextOfHash[known] ?? -1;
    return known >= 0 ? known : this.#addTuple(hash);
  }

  #isTuple(number: number): boolean {
    const tuples = this.#tuples;
    for (let t = 0; t < TUPLE; t += 1) if (tuples[number * TUPLE + t] !== this.#tuple[t]) return false;
    return true;
  }

  #addTuple(hash: number): number {
    const number = this.#tupleCount;
    const at = number * TUPLE;
    if (at === this.#tuples.length) {
      const wider = new Float64Array(at * 2);
      wider.set(this.#tuples);
      this.#tuples = wider;
      const widerNext = new Int32Array(number * 2);
      widerNext.set(this.#nextOfHash);
      this.#nextOfHash = widerNext;
    }
    this.#tuples.set(this.#tuple, at);
    this.#nextOfHash[number] = this.#byHash[hash] ?? -1;
    this.#byHash[hash] = number;
    this.#tupleCount = number + 1;
    return number;
  }

  /** A time or latency as how far it is from what is guessed, in parts of a µs. */
  #writeNumber(to: ByteSink, value: number, guessed: number, scale: number): void {
    if (Number.isNaN(value)) {
      to.whole(UNKNOWN);
      return;
    }
    const parts = (value - guessed) * scale;
    if (
      Number.isInteger(parts) &&
      Math.abs(parts) < MOST_WHOLE &&
      guessed + parts / scale === value &&
      !Object.is(value, -0)
    ) {
      to.whole(NUMBERS_FROM + folded(parts));
    } else {
      to.whole(AS_IT_IS);
      to.f64(value);
    }
  }

  /** What a row that answers no request of this chunk has of its own. */
  #writeBytes(batch: EventBatch, i: number, guesses: Guesses): void {
    const { cookies, offsets, lengths } = this.#streams;
    const c = connectionPlace(batch.connection[i] ?? 0);
    const cookieLow = batch.cookieLow[i] ?? 0;
    const cookieHigh = batch.cookieHigh[i] ?? 0;
    cookies.whole(folded((cookieLow - (guesses.cookieLow[c] ?? 0) - 1) | 0));
    cookies.whole((cookieHigh ^ (guesses.cookieHigh[c] ?? 0)) >>> 0);
    guesses.cookieLow[c] = cookieLow;
    guesses.cookieHigh[c] = cookieHigh;

    const place = diskPlace(batch.disk[i] ?? 0, batch.op[i] ?? 0);
    const offsetLow = batch.offsetLow[i] ?? 0;
    const offsetHigh = batch.offsetHigh[i] ?? 0;
    const lengthLow = batch.lengthLow[i] ?? 0;
    const lengthHigh = batch.lengthHigh[i] ?? 0;
    const offsetBytes = offsetHigh * 0x1_0000_0000 + offsetLow;
    const ahead = offsetBytes - (guesses.endBytes[place] ?? 0);
    if (offsetHigh >= MOST_OFFSET_HIGH || !(Math.abs(ahead) < MOST_WHOLE / 4)) {
      offsets.whole(2);
      offsets.u32(offsetLow);
      offsets.u32(offsetHigh);
    } else if (ahead % 4096 === 0) offsets.whole(folded(ahead / 4096) * 4);
    else if (ahead % 512 === 0) offsets.whole(folded(ahead / 512) * 4 + 1);
    else offsets.whole(folded(ahead) * 4 + 3);

    if (lengthLow === guesses.lengthLow[place] && lengthHigh === guesses.lengthHigh[place]) {
      lengths.whole(0);
    } else if (lengthHigh !== 0) {
      lengths.whole(1);
      lengths.u32(lengthLow);
      lengths.u32(lengthHigh);
    } else if (lengthLow % 512 === 0) lengths.whole(2 + lengthLow / 256);
    else lengths.whole(3 + lengthLow * 2);
    guesses.noteBytes(place, offsetBytes, lengthLow, lengthHigh);
  }
}

/** Whether all times are whole µs, as those of logs are; a hosted disk's are in quarters. */
function isWhole(batch: EventBatch): boolean {
  for (let i = 0; i < batch.count; i += 1) {
    const timeUs = batch.timeUs[i] ?? 0;
    if (timeUs % 1 !== 0 && !Number.isNaN(timeUs)) return false;
  }
  return true;
}
