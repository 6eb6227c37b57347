import { changesDisk, type DiskFaults, type FaultRule } from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import type { Request } from '../backend.ts';

/** How a rule stands, as windows are told. */
export type RuleStanding = DiskFaults['rules'][number];

/** One rule of a hosted disk from when it was turned on: whether it holds for a request, and what it has done so far. */
export class RunningRule {
  rule: FaultRule;
  /** Requests it has hit. */
  hits = 0;
  /** Requests it holds unanswered now. */
  frozen = 0;
  /** When it begins and ends, ms of the filter's clock. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** A bit for each operation. */
  readonly #ops: number;
  readonly #hasRange: boolean;
  readonly #fromHigh: number;
  readonly #fromLow: number;
  readonly #toHigh: number;
  readonly #toLow: number;

  /** @param nowMs when it was put in place: on, its times are counted from then. */
  constructor(rule: FaultRule, nowMs: number) {
    this.rule = rule;
    this.fromMs = nowMs + rule.afterMs;
    this.untilMs = rule.forMs === null ? Number.POSITIVE_INFINITY : this.fromMs + rule.forMs;
    let ops = 0;
    for (const op of rule.ops) {
      if (rule.action.do !== 'readonly' || changesDisk(op)) ops |= 1 << OP_NAMES.indexOf(op);
    }
    this.#ops = ops;
    const from = BigInt(rule.range?.from ?? 0);
    const to = BigInt(rule.range?.to ?? 0);
    this.#hasRange = rule.range !== null;
    this.#fromHigh = Number(from >> 32n);
    this.#fromLow = Number(from & 0xffff_ffffn);
    this.#toHigh = Number(to >> 32n);
    this.#toLow = Number(to & 0xffff_ffffn);
  }

  /** Whether it holds for this request at this time. No allocation: every request asks while a rule is on. */
  holds(op: number, request: Request, nowMs: number): boolean {
    return (
      (this.#ops & (1 << op)) !== 0 &&
      nowMs >= this.fromMs &&
      nowMs < this.untilMs &&
      !this.isSpent &&
      (!this.#hasRange || this.#touches(request))
    );
  }

  /** Whether it has hit as many requests as it may. */
  get isSpent(): boolean {
    return this.rule.times !== null && this.hits >= this.rule.times;
  }

  standing(nowMs: number): RuleStanding {
    return { rule: this.rule, state: this.#state(nowMs), hits: this.hits, frozen: this.frozen };
  }

  #state(nowMs: number): RuleStanding['state'] {
    if (!this.rule.on) return 'off';
    if (nowMs < this.fromMs) return 'waiting';
    return nowMs >= this.untilMs || this.isSpent ? 'over' : 'inForce';
  }

  /** A flush touches no bytes, and so no range. */
  #touches({ offsetHigh, offsetLow, lengthHigh, length }: Request): boolean {
    if (length === 0 && lengthHigh === 0) return false;
    const beginsBeforeEnd =
      offsetHigh < this.#toHigh || (offsetHigh === this.#toHigh && offsetLow < this.#toLow);
    if (!beginsBeforeEnd) return false;
    const end = offsetLow + length;
    const carry = end > 0xffff_ffff ? 1 : 0;
    const endHigh = offsetHigh + lengthHigh + carry;
    const endLow = end - carry * 0x1_0000_0000;
    return endHigh > this.#fromHigh || (endHigh === this.#fromHigh && endLow > this.#fromLow);
  }
}

/** Two rules that are the same but for their names do the same. */
export function sameDeed(a: FaultRule, b: FaultRule): boolean {
  return deed(a) === deed(b);
}

function deed(rule: FaultRule): string {
  const { on, ops, range, action, percent, times, afterMs, forMs } = rule;
  const what =
    action.do === 'fail' ? action.error : action.do === 'delay' ? [action.ms, action.jitterMs] : null;
  return JSON.stringify([on, ops, range?.from, range?.to, action.do, what, percent, times, afterMs, forMs]);
}
