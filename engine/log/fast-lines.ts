import { OP_NAMES, Op, RowFlag, RowKind } from '#shared/events/vocabulary.ts';
import { CR, DOT, LF, SPACE, word } from './ascii.ts';
import type { DecoderFacts } from './decoder-facts.ts';
import { readErrno } from './errno.ts';
import type { LogDisks } from './log-disks.ts';
import type { PendingTable } from './pending-table.ts';
import type { RowWriter } from './row-writer.ts';
import { readSecondUs } from './timestamp.ts';

/** Why {@link FastLines.run} came back. But for End and Full, at the beginning of a line, which is not yet counted. */
export const Stop = {
  /** All lines are done. */
  End: 0,
  /** The batch is full. */
  Full: 1,
  /** The line is no request and no reply, or not understood. */
  Other: 2,
  /** The line is request 1 of a connection that had one. */
  Restart: 3,
  /** The same connection and id wait for a reply already. */
  Duplicate: 4,
  /** No slot is free. */
  Overflow: 5,
  /** The line's connection is unknown. */
  NewConnection: 6,
} as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

const TIME = word('Time');
const UNKN = word(' unk');
const NOWN = word('nown');
const CONN = word('conn');
const ECTI = word('ecti');
const ION_ = word('ion=');
const _ID_ = word(' id=');
const _OFF = word(' off');
const SET_ = word('set=');
const _COU = word(' cou');
const NT_0 = word('nt=0');
const _RET = word(' ret');
const URN_ = word('urn=');
const _EXT = word(' ext');
const DOTS = word(' ...');
const _FUA = word(' fua');
const _TRI = word(' tri');
const _FAS = word(' fas');
const _REQ = word(' req');

const LETTER_X = 120;
const DIGIT_0 = 48;
const EQUALS = 61;
const MINUS = 45;
const TWO_32 = 0x1_0000_0000;
const MAX_NUMBER_DIGITS = 15;

/** By the low half of their first letter: the operations' names, as first and last four letters, and what they mean. */
const ACTION_HEADS = new Int32Array(16);
const ACTION_TAILS = new Int32Array(16);
const ACTION_BYTES = new Uint8Array(16);
const ACTION_OPS = new Uint8Array(16);
OP_NAMES.forEach((name, op) => {
  const action = name[0]?.toUpperCase() + name.slice(1);
  const letter = action.charCodeAt(0) & 15;
  ACTION_HEADS[letter] = word(action.slice(0, 4));
  ACTION_TAILS[letter] = word(action.slice(-4));
  ACTION_BYTES[letter] = action.length;
  ACTION_OPS[letter] = op;
});
const POWERS_OF_10 = Int32Array.of(1, 10, 100, 1000, 10000);
/**
 * The hot loop: requests and replies straight from bytes to columns. Written for the machine: words of four letters
 * are compared at a time, the second of a time is parsed only where it changes, nothing is allocated per line, and
 * whatever is out of the ordinary is left to the caller.
 */
export class FastLines {
  /** Why the last run came back. */
  stop: Stop = Stop.End;
  /** Of the line it stopped at, where that matters: its connection, id and time in µs. */
  connection = 0;
  id = 0;
  timeUs = Number.NaN;
  readonly #rows: RowWriter;
  readonly #pending: PendingTable;
  readonly #disks: LogDisks;
  readonly #facts: DecoderFacts;
  readonly #second = new Int32Array(5);
  #secondUs = 0;

  constructor(rows: RowWriter, pending: PendingTable, disks: LogDisks, facts: DecoderFacts) {
    this.#rows = rows;
    this.#pending = pending;
    this.#disks = disks;
    this.#facts = facts;
  }

  /**
   * Decodes whole lines from `from` on until one ends at `to`, and returns where it stopped. `view` is a view of
   * `bytes`, whose byte before `to` is a line feed and which goes on for at least 64 bytes after `to`.
   */
  run(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const rows = this.#rows;
    const pending = this.#pending;
    const disks = this.#disks;
    const facts = this.#facts;
    const second = this.#second;
    const batch = rows.batch;
    const capacity = batch.capacity;
    const diskLimit = rows.diskLimit;
    // Four views and the columns' places in them need fewer registers than thirteen columns: a tenth of the time.
    const f64 = new Float64Array(batch.buffer, 0, batch.buffer.byteLength >> 3);
    const u32 = new Uint32Array(batch.buffer);
    const u16 = new Uint16Array(batch.buffer);
    const u8 = new Uint8Array(batch.buffer);
    const timeUs = batch.timeUs.byteOffset >> 3;
    const latencyUs = batch.latencyUs.byteOffset >> 3;
    const connection = batch.connection.byteOffset >> 2;
    const slot = batch.slot.byteOffset >> 2;
    const cookieLow = batch.cookieLow.byteOffset >> 2;
    const cookieHigh = batch.cookieHigh.byteOffset >> 2;
    const offsetLow = batch.offsetLow.byteOffset >> 2;
    const offsetHigh = batch.offsetHigh.byteOffset >> 2;
    const lengthLow = batch.lengthLow.byteOffset >> 2;
    const disk = batch.disk.byteOffset >> 1;
    const flags = batch.flags.byteOffset >> 1;
    const errno = batch.errno.byteOffset >> 1;
    const kind = batch.kind.byteOffset;
    const op = batch.op.byteOffset;
    let s0 = second[0] ?? 0;
    let s1 = second[1] ?? 0;
    let s2 = second[2] ?? 0;
    let s3 = second[3] ?? 0;
    let s4 = second[4] ?? 0;
    let secondUs = this.#secondUs;
    let latestUs = facts.latestUs;
    let backwards = 0;
    let lines = 0;
    let n = batch.count;
    let stop: Stop = Stop.End;
    let p = from;

    while (p < to) {
      if (n === capacity) {
        stop = Stop.Full;
        break;
      }
      stop = Stop.Other;
      let q = p + 27;
      let time: number;
      const w0 = view.getInt32(p, true);
      if (
        w0 !== s0 ||
        view.getInt32(p + 4, true) !== s1 ||
        view.getInt32(p + 8, true) !== s2 ||
        view.getInt32(p + 12, true) !== s3 ||
        view.getInt32(p + 15, true) !== s4
      ) {
        if (w0 === TIME) {
          if (view.getInt32(p + 4, true) !== UNKN || view.getInt32(p + 8, true) !== NOWN) break;
          if (view.getUint8(p + 12) !== SPACE) break;
        } else {
          const us = readSecondUs(bytes, p);
          if (us < 0) break;
          secondUs = us;
          s0 = w0;
          s1 = view.getInt32(p + 4, true);
          s2 = view.getInt32(p + 8, true);
          s3 = view.getInt32(p + 12, true);
          s4 = view.getInt32(p + 15, true);
        }
      }
      if (w0 === TIME) {
        time = Number.NaN;
        q = p + 13;
      } else {
        // The first four digits of the microseconds at once: digits have 3 in the high half and at most 9 in the low.
        const four = view.getInt32(p + 20, true);
        const d4 = view.getUint8(p + 24) - 48;
        const d5 = view.getUint8(p + 25) - 48;
        if ((four & 0xf0f0f0f0) !== 0x30303030 || ((four + 0x06060606) & 0xf0f0f0f0) !== 0x30303030) break;
        if (d4 >>> 0 > 9 || d5 >>> 0 > 9) break;
        if (view.getUint8(p + 19) !== DOT || view.getUint8(p + 26) !== SPACE) break;
        const low = four & 0x0f0f0f0f;
        const pairs = Math.imul(low, 10) + (low >>> 8);
        time = secondUs + ((pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff)) * 100 + d4 * 10 + d5;
      }

      if (view.getInt32(q, true) !== CONN) break;
      if (view.getInt32(q + 4, true) !== ECTI || view.getInt32(q + 7, true) !== ION_) break;
      q += 11;
      let start = q;
      let number = 0;
      let d = view.getUint8(q) - 48;
      while (d >>> 0 <= 9) {
        number = number * 10 + d;
        q += 1;
        d = view.getUint8(q) - 48;
      }
      if (q === start || q - start > 10 || number >= TWO_32 || d !== SPACE - 48) break;
      const conn = number;
      q += 1;

      const isReply = view.getUint8(q) === DOT;
      if (isReply) {
        if (view.getUint8(q + 1) !== DOT || view.getUint8(q + 2) !== DOT) break;
        q += 3;
      }
      // The operations' names differ in the low half of their first letter.
      const action = view.getInt32(q, true);
      const letter = action & 15;
      if (action !== ACTION_HEADS[letter]) break;
      q += ACTION_BYTES[letter] ?? 0;
      if (view.getInt32(q - 4, true) !== ACTION_TAILS[letter]) break;
      const opNumber = ACTION_OPS[letter] ?? 0;
      if (view.getInt32(q, true) !== _ID_) break;
      q += 4;
      start = q;
      number = 0;
      for (;;) {
        // Four decimal digits at once; of fewer, those before the first other byte.
        let four = view.getInt32(q, true) ^ 0x30303030;
        const other = (four | (four + 0x06060606)) & 0xf0f0f0f0;
        const digits = other === 0 ? 4 : (31 - Math.clz32(other & -other)) >> 3;
        if (digits === 0) break;
        four <<= 32 - (digits << 3);
        const pairs = Math.imul(four, 10) + (four >>> 8);
        number = number * (POWERS_OF_10[digits] ?? 0) + (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
        q += digits;
        if (other !== 0 || q - start > MAX_NUMBER_DIGITS) break;
      }
      if (q === start || q - start > MAX_NUMBER_DIGITS) break;
      const id = number;

      if (isReply) {
        if (view.getInt32(q, true) === _EXT) {
          q = afterExtents(bytes, q);
          if (q < 0) break;
        }
        if (view.getInt32(q, true) !== _RET || view.getInt32(q + 4, true) !== URN_) break;
        q += 8;
        let error = 0;
        const result = view.getUint8(q);
        if (result === MINUS) error = readErrno(bytes, q + 2);
        else if (result !== DIGIT_0) break;
        q += 1;
        let end = view.getUint8(q);
        if (end !== LF) {
          if (end !== SPACE && end !== CR && result !== MINUS) break;
          q = bytes.indexOf(LF, q);
          end = view.getUint8(q - 1);
          if (end === CR && facts.crlfLine === 0) facts.crlfLine = facts.lines + lines + 1;
        }
        p = q + 1;
        lines += 1;
        if (time < latestUs) backwards += 1;
        else if (w0 !== TIME) latestUs = time;
        const s = pending.find(conn, id);
        if (s < 0 || pending.op[s] !== opNumber) {
          facts.repliesAlone += 1;
          if (facts.firstReplyAlone === 0) facts.firstReplyAlone = facts.lines + lines;
          continue;
        }
        const diskNumber = pending.disk[s] ?? 0;
        const latency = time - (pending.timeUs[s] ?? 0);
        u8[kind + n] = RowKind.Completion;
        u8[op + n] = opNumber;
        u16[flags + n] = pending.flags[s] ?? 0;
        u16[errno + n] = error;
        u16[disk + n] = diskNumber;
        u32[connection + n] = conn;
        u32[slot + n] = s;
        u32[cookieLow + n] = id >>> 0;
        u32[cookieHigh + n] = id < TWO_32 ? 0 : id / TWO_32;
        u32[offsetLow + n] = pending.offsetLow[s] ?? 0;
        u32[offsetHigh + n] = pending.offsetHigh[s] ?? 0;
        u32[lengthLow + n] = pending.lengthLow[s] ?? 0;
        f64[timeUs + n] = time;
        f64[latencyUs + n] = Math.max(latency, 0);
        pending.remove(s);
        if (diskNumber < diskLimit) n += 1;
        continue;
      }

      let offLow = 0;
      let offHigh = 0;
      let length = 0;
      if (opNumber !== Op.Flush) {
        if (view.getInt32(q, true) !== _OFF || view.getInt32(q + 4, true) !== SET_) break;
        if (view.getUint8(q + 8) !== DIGIT_0 || view.getUint8(q + 9) !== LETTER_X) break;
        q += 10;
        start = q;
        for (;;) {
          // Four hexadecimal digits at once; of fewer, those that spell the same when written again.
          const letters = view.getInt32(q, true);
          let nibbles = (letters & 0x0f0f0f0f) + Math.imul((letters >>> 6) & 0x01010101, 9);
          const tens = ((nibbles + 0x06060606) >>> 4) & 0x01010101;
          const other = ((nibbles + 0x30303030 + Math.imul(tens, 0x27)) ^ letters) | (nibbles & 0xf0f0f0f0);
          const digits = other === 0 ? 4 : (31 - Math.clz32(other & -other)) >> 3;
          if (digits === 0) break;
          nibbles <<= 32 - (digits << 3);
          const pairs = ((nibbles & 0x00ff00ff) << 4) | ((nibbles >>> 8) & 0x00ff00ff);
          const value = ((pairs & 0xff) << 8) | (pairs >>> 16);
          const shift = digits << 2;
          offHigh = (offHigh << shift) | (offLow >>> (32 - shift));
          offLow = (offLow << shift) | value;
          q += digits;
          if (other !== 0 || q - start > 16) break;
        }
        if (q === start || q - start > 16) break;
        if (view.getInt32(q, true) !== _COU || view.getInt32(q + 4, true) !== NT_0) break;
        if (view.getUint8(q + 8) !== LETTER_X) break;
        q += 9;
        start = q;
        for (;;) {
          // Four hexadecimal digits at once; of fewer, those that spell the same when written again.
          const letters = view.getInt32(q, true);
          let nibbles = (letters & 0x0f0f0f0f) + Math.imul((letters >>> 6) & 0x01010101, 9);
          const tens = ((nibbles + 0x06060606) >>> 4) & 0x01010101;
          const other = ((nibbles + 0x30303030 + Math.imul(tens, 0x27)) ^ letters) | (nibbles & 0xf0f0f0f0);
          const digits = other === 0 ? 4 : (31 - Math.clz32(other & -other)) >> 3;
          if (digits === 0) break;
          nibbles <<= 32 - (digits << 3);
          const pairs = ((nibbles & 0x00ff00ff) << 4) | ((nibbles >>> 8) & 0x00ff00ff);
          const value = ((pairs & 0xff) << 8) | (pairs >>> 16);
          const shift = digits << 2;
          length = (length << shift) | value;
          q += digits;
          if (other !== 0 || q - start > 8) break;
        }
        if (q === start || q - start > 8) break;
      }
      let bits = 0;
      let end = view.getInt32(q, true);
      while (end !== DOTS && (end & 0xff) === SPACE) {
        if (end === _FUA) {
          if (view.getUint8(q + 4) !== EQUALS) break;
          if (view.getUint8(q + 5) !== DIGIT_0) bits |= RowFlag.Fua;
          q += 6;
        } else if (end === _TRI) {
          if (view.getUint8(q + 5) !== EQUALS) break;
          if (view.getUint8(q + 6) !== DIGIT_0) bits |= RowFlag.MayTrim;
          q += 7;
        } else if (end === _FAS) {
          if (view.getUint8(q + 5) !== EQUALS) break;
          if (view.getUint8(q + 6) !== DIGIT_0) bits |= RowFlag.Fast;
          q += 7;
        } else if (end === _REQ) {
          if (view.getUint8(q + 8) !== EQUALS) break;
          if (view.getUint8(q + 9) !== DIGIT_0) bits |= RowFlag.ReqOne;
          q += 10;
        } else break;
        end = view.getInt32(q, true);
      }
      // nbdkit 1.16 to 1.22 write no space before the dots of a Zero.
      if (end === DOTS) q += 4;
      else if ((end & 0xffffff) === 0x2e2e2e) q += 3;
      else break;
      if (view.getUint8(q) !== LF) {
        if (view.getUint8(q) !== CR || view.getUint8(q + 1) !== LF) break;
        if (facts.crlfLine === 0) facts.crlfLine = facts.lines + lines + 1;
        q += 1;
      }

      const known = disks.ofConnection(conn);
      let s = -1;
      if (known === 0) stop = Stop.NewConnection;
      else if (pending.isFull) stop = Stop.Overflow;
      else if (id === 1 && !disks.begin(conn)) stop = Stop.Restart;
      else {
        s = pending.add(conn, id);
        if (s < 0) stop = Stop.Duplicate;
      }
      if (s < 0) {
        this.connection = conn;
        this.id = id;
        this.timeUs = time;
        break;
      }
      p = q + 1;
      lines += 1;
      if (time < latestUs) backwards += 1;
      else if (w0 !== TIME) latestUs = time;

      const diskNumber = known - 1;
      pending.op[s] = opNumber;
      pending.flags[s] = bits;
      pending.disk[s] = diskNumber;
      pending.offsetLow[s] = offLow;
      pending.offsetHigh[s] = offHigh;
      pending.lengthLow[s] = length;
      pending.timeUs[s] = time;
      const endSum = (offLow >>> 0) + (length >>> 0);
      const endLow = endSum >>> 0;
      const endHigh = (offHigh >>> 0) + (endSum >= TWO_32 ? 1 : 0);
      const limitHigh = disks.limitHigh[diskNumber] ?? TWO_32;
      if (endHigh > limitHigh || (endHigh === limitHigh && endLow > (disks.limitLow[diskNumber] ?? 0))) {
        if (disks.reach(diskNumber, endHigh, endLow)) {
          facts.beyondEnd += 1;
          if (facts.firstBeyondEnd === 0) facts.firstBeyondEnd = facts.lines + lines;
        }
      }
      if (diskNumber < diskLimit) {
        u8[kind + n] = RowKind.Request;
        u8[op + n] = opNumber;
        u16[flags + n] = bits;
        u16[errno + n] = 0;
        u16[disk + n] = diskNumber;
        u32[connection + n] = conn;
        u32[slot + n] = s;
        u32[cookieLow + n] = id >>> 0;
        u32[cookieHigh + n] = id < TWO_32 ? 0 : id / TWO_32;
        u32[offsetLow + n] = offLow;
        u32[offsetHigh + n] = offHigh;
        u32[lengthLow + n] = length;
        f64[timeUs + n] = time;
        f64[latencyUs + n] = Number.NaN;
        n += 1;
      }
    }

    if (p >= to) stop = Stop.End;
    batch.count = n;
    second[0] = s0;
    second[1] = s1;
    second[2] = s2;
    second[3] = s3;
    second[4] = s4;
    this.#secondUs = secondUs;
    facts.latestUs = latestUs;
    facts.timesBackwards += backwards;
    facts.lines += lines;
    facts.understood += lines;
    this.stop = stop;
    return p;
  }
}

/** Where ` return=` begins at the end of an Extents reply whose ` extents=` begins at `at`; -1 when it does not. */
function afterExtents(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(LF, at);
  for (let q = end - 9; q > at; q -= 1) {
    if (bytes[q] === SPACE && bytes[q + 1] === 114 && bytes[q + 2] === 101 && bytes[q + 3] === 116) return q;
  }
  return -1;
}
