import { zstdDecompressSync } from 'node:zlib';
import { EventBatch } from '#shared/events/event-batch.ts';
import { RowKind } from '#shared/events/vocabulary.ts';
import { ByteSource, unfolded } from './byte-stream.ts';
import {
  AS_IT_IS,
  connectionPlace,
  diskPlace,
  Guesses,
  NUMBERS_FROM,
  STREAM_NAMES,
  type Streams,
  streamsOf,
  TUPLE,
  UNKNOWN,
} from './row-codec.ts';

/** The rows that a RowEncoder has written. Throws when the bytes are not whole. */
export function decodeRows(bytes: Uint8Array): EventBatch {
  const whole = zstdDecompressSync(bytes);
  const from = new ByteSource(whole);
  const count = from.whole();
  const batch = new EventBatch(Math.max(1, count));
  batch.firstSequence = from.f64();
  const scale = from.whole();
  const hasLatencies = from.whole() === 1;
  const tuples = Float64Array.from({ length: from.whole() * TUPLE }, () => from.whole());
  const textBytes = from.whole();
  const lengths = STREAM_NAMES.map(() => from.whole());
  batch.text = from.bytes(textBytes).slice();
  let at = from.at;
  let next = 0;
  const streams = streamsOf(() => {
    const stream = new ByteSource(whole, at);
    at += lengths[next] ?? 0;
    next += 1;
    return stream;
  });
  batch.count = count;
  readRows(batch, streams, tuples, scale, hasLatencies);
  return batch;
}

function readRows(
  batch: EventBatch,
  streams: Streams<ByteSource>,
  tuples: Float64Array,
  scale: number,
  hasLatencies: boolean,
): void {
  const guesses = new Guesses();
  let nextClock = streams.clocks.whole() - 1;
  for (let i = 0; i < batch.count; i += 1) {
    const t = streams.tuples.whole() * TUPLE;
    const kind = tuples[t] ?? 0;
    batch.kind[i] = kind;
    batch.errno[i] = tuples[t + 2] ?? 0;
    let r = -1;
    if (tuples[t + 1] === 1) {
      r = i - streams.links.whole();
      copyRequest(batch, i, r);
    } else {
      batch.op[i] = tuples[t + 3] ?? 0;
      batch.flags[i] = tuples[t + 4] ?? 0;
      batch.disk[i] = tuples[t + 5] ?? 0;
      batch.connection[i] = tuples[t + 6] ?? 0;
      batch.slot[i] = streams.links.whole();
      readBytes(batch, i, streams, guesses);
    }

    const timeUs = readNumber(streams.times, guesses.timeUs, scale);
    batch.timeUs[i] = timeUs;
    if (!Number.isNaN(timeUs)) guesses.timeUs = timeUs;

    let clockUs = guesses.clockAfter(timeUs);
    if (i === nextClock) {
      clockUs = streams.clocks.f64();
      const rows = streams.clocks.whole();
      nextClock = rows === 0 ? -1 : i + rows;
    }
    batch.clockUs[i] = clockUs;
    guesses.clockUs = clockUs;

    const guessed = guesses.latencyUs(batch, i, r);
    batch.latencyUs[i] = hasLatencies
      ? readNumber(streams.latencies, Number.isNaN(guessed) ? 0 : guessed, scale)
      : guessed;
    if (kind === RowKind.Request) guesses.noteRequest(batch, i);
  }
}

function copyRequest(batch: EventBatch, i: number, r: number): void {
  batch.op[i] = batch.op[r] ?? 0;
  batch.flags[i] = batch.flags[r] ?? 0;
  batch.disk[i] = batch.disk[r] ?? 0;
  batch.connection[i] = batch.connection[r] ?? 0;
  batch.slot[i] = batch.slot[r] ?? 0;
  batch.cookieLow[i] = batch.cookieLow[r] ?? 0;
  batch.cookieHigh[i] = batch.cookieHigh[r] ?? 0;
  batch.offsetLow[i] = batch.offsetLow[r] ?? 0;
  batch.offsetHigh[i] = batch.offsetHigh[r] ?? 0;
  batch.lengthLow[i] = batch.lengthLow[r] ?? 0;
  batch.lengthHigh[i] = batch.lengthHigh[r] ?? 0;
}

function readNumber(from: ByteSource, guessed: number, scale: number): number {
  const code = from.whole();
  if (code === UNKNOWN) return Number.NaN;
  if (code === AS_IT_IS) return from.f64();
  return guessed + unfolded(code - NUMBERS_FROM) / scale;
}

function readBytes(batch: EventBatch, i: number, streams: Streams<ByteSource>, guesses: Guesses): void {
  const c = connectionPlace(batch.connection[i] ?? 0);
  const cookieLow = ((guesses.cookieLow[c] ?? 0) + 1 + unfolded(streams.cookies.whole())) >>> 0;
  const cookieHigh = (streams.cookies.whole() ^ (guesses.cookieHigh[c] ?? 0)) >>> 0;
  batch.cookieLow[i] = cookieLow;
  batch.cookieHigh[i] = cookieHigh;
  guesses.cookieLow[c] = cookieLow;
  guesses.cookieHigh[c] = cookieHigh;

  const place = diskPlace(batch.disk[i] ?? 0, batch.op[i] ?? 0);
  const offset = streams.offsets.whole();
  const unit = offset % 4;
  if (unit === 2) {
    batch.offsetLow[i] = streams.offsets.u32();
    batch.offsetHigh[i] = streams.offsets.u32();
  } else {
    const ahead = unfolded((offset - unit) / 4) * (unit === 0 ? 4096 : unit === 1 ? 512 : 1);
    const offsetBytes = (guesses.endBytes[place] ?? 0) + ahead;
    const high = Math.floor(offsetBytes / 0x1_0000_0000);
    batch.offsetHigh[i] = high;
    batch.offsetLow[i] = offsetBytes - high * 0x1_0000_0000;
  }

  const length = streams.lengths.whole();
  if (length === 0) {
    batch.lengthLow[i] = guesses.lengthLow[place] ?? 0;
    batch.lengthHigh[i] = guesses.lengthHigh[place] ?? 0;
  } else if (length === 1) {
    batch.lengthLow[i] = streams.lengths.u32();
    batch.lengthHigh[i] = streams.lengths.u32();
  } else if (length % 2 === 0) batch.lengthLow[i] = (length - 2) * 256;
  else batch.lengthLow[i] = (length - 3) / 2;
  guesses.noteBytes(
    place,
    (batch.offsetHigh[i] ?? 0) * 0x1_0000_0000 + (batch.offsetLow[i] ?? 0),
    batch.lengthLow[i] ?? 0,
    batch.lengthHigh[i] ?? 0,
  );
}
