import type { ByteReader, ByteWriter } from '../../bytes/binary.ts';
import { OP_COUNT, Op } from '../../events/vocabulary.ts';

/** Errors further apart than this belong to two spells. */
const SPELL_GAP_US = 10_000_000;
const KEPT = 8;
const KEPT_FIELDS = 2;

/** NBD_ENOTSUP: how a server declines fast zeroing or a command it does not know. Nothing is wrong with the disk. */
const ENOTSUP = 95;

/** Whether errors come back: lately, or as the last answer there was. */
export function isFailing(errors: ErrorSpells, nowUs: number): boolean {
  return errors.run > 0 || nowUs - errors.lastUs <= SPELL_GAP_US;
}

/** One disk's errors: the present or latest spell in detail, earlier ones by their times. */
export class ErrorSpells {
  /** Clock of the spell's first and last error, µs since the epoch; NaN before the first. */
  startUs = Number.NaN;
  lastUs = Number.NaN;
  lastErrno = 0;
  /** Errors since a read, write, trim or zeroing last succeeded, and the clock of the first of them. */
  run = 0;
  runStartUs = Number.NaN;
  /** Replies and errors of the spell, by {@link Op}. */
  readonly replies = new Float64Array(OP_COUNT);
  readonly errors = new Float64Array(OP_COUNT);
  readonly #kept = new Float64Array(KEPT * KEPT_FIELDS);
  #keptCount = 0;

  /** Notes a reply. Hot path. */
  reply(op: number, errno: number, clockUs: number): void {
    if (errno !== 0 && errno !== ENOTSUP) {
      this.#error(op, errno, clockUs);
    } else {
      if (op <= Op.Zero) this.run = 0;
      if (!(clockUs - this.lastUs <= SPELL_GAP_US)) return;
    }
    if (op < OP_COUNT) this.replies[op] = (this.replies[op] ?? 0) + 1;
  }

  #error(op: number, errno: number, clockUs: number): void {
    if (!(clockUs - this.lastUs <= SPELL_GAP_US)) {
      if (!Number.isNaN(this.lastUs)) this.#keep();
      this.startUs = clockUs;
      this.replies.fill(0);
      this.errors.fill(0);
    }
    if (this.run === 0) this.runStartUs = clockUs;
    this.run += 1;
    this.lastUs = clockUs;
    this.lastErrno = errno;
    if (op < OP_COUNT) this.errors[op] = (this.errors[op] ?? 0) + 1;
  }

  #keep(): void {
    const at = (this.#keptCount % KEPT) * KEPT_FIELDS;
    this.#kept[at] = this.startUs;
    this.#kept[at + 1] = this.lastUs;
    this.#keptCount += 1;
  }

  /** The latest spells, that in detail last, with the clock of each one's first and last error. */
  spells(): { readonly startUs: number; readonly lastUs: number }[] {
    const found: { startUs: number; lastUs: number }[] = [];
    for (let n = Math.max(0, this.#keptCount - KEPT); n < this.#keptCount; n += 1) {
      const at = (n % KEPT) * KEPT_FIELDS;
      found.push({ startUs: this.#kept[at] ?? 0, lastUs: this.#kept[at + 1] ?? 0 });
    }
    if (!Number.isNaN(this.lastUs)) found.push({ startUs: this.startUs, lastUs: this.lastUs });
    return found;
  }

  write(to: ByteWriter): void {
    for (const n of [this.startUs, this.lastUs, this.lastErrno, this.run, this.runStartUs, this.#keptCount])
      to.f64(n);
    for (const column of [this.replies, this.errors, this.#kept]) to.array(column);
  }

  read(from: ByteReader): void {
    this.startUs = from.f64();
    this.lastUs = from.f64();
    this.lastErrno = from.f64();
    this.run = from.f64();
    this.runStartUs = from.f64();
    this.#keptCount = from.f64();
    for (const column of [this.replies, this.errors, this.#kept]) from.into(column);
  }
}
