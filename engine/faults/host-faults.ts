import { formatBytes, shortSize } from '#shared/bytes/size.ts';
import {
  CHANGING_OPS,
  changesDisk,
  type DiskFaults,
  type FaultRule,
  MAX_FAULT_RULES,
} from '#shared/contract/faults.ts';
import { rulesChangeWords, short } from '#shared/faults/words.ts';
import type { FaultFilter } from '../nbd/filters/fault-filter.ts';
import { RefusedError } from '../refused-error.ts';
import type { FaultControl, OnFaultsChanged } from './fault-control.ts';

/** The faults of a hosted disk: its fault filter, and a word to the session about each change the moment it is made. */
export class HostFaults implements FaultControl {
  readonly #filter: FaultFilter;
  readonly #sizeBytes: bigint;
  readonly #changed: OnFaultsChanged;
  #changes = 0;

  constructor(filter: FaultFilter, sizeBytes: bigint, changed: OnFaultsChanged) {
    this.#filter = filter;
    this.#sizeBytes = sizeBytes;
    this.#changed = changed;
  }

  info(): DiskFaults {
    return {
      errorSwitch: { on: this.#filter.error, file: null, foreign: false, problem: null },
      takesRules: true,
      rules: this.#filter.standings(),
      hint: null,
    };
  }

  /**
   * What {@link info} tells is another when this is. Changes count: they are told at once, and counts that have come back
   * since to what they were before are news again.
   */
  get mark(): string {
    const rules = this.#filter.standings().map(({ state, hits, frozen }) => `${state} ${hits} ${frozen}`);
    return `${this.#changes}|${this.#filter.error}|${rules}`;
  }

  async setError(on: boolean): Promise<void> {
    if (this.#filter.error === on) return;
    this.#filter.error = on;
    this.tell(on ? 'Error switched on: every request fails with EIO' : 'Error switched off');
  }

  setRules(rules: readonly FaultRule[]): void {
    if (rules.length > MAX_FAULT_RULES) {
      throw new RefusedError(`${rules.length} rules are too many; a disk can have ${MAX_FAULT_RULES}`);
    }
    for (const [i, rule] of rules.entries()) this.#check(rule, `rules.${i} "${rule.name}"`);
    const before = this.#filter.rules;
    if (JSON.stringify(before) === JSON.stringify(rules)) return;
    this.#filter.setRules(rules);
    this.tell(rulesChangeWords(before, rules));
  }

  /** Records words about a change, and how the faults stand since: of what else makes the disk fail, too. */
  tell(words: string): void {
    this.#changes += 1;
    this.#changed({ words: short(words), on: this.#filter.error, rules: [...this.#filter.rules] });
  }

  /** Whether anything has been asked of it that a session should be told of when it begins. */
  get isSet(): boolean {
    return this.#filter.error || this.#filter.rules.length > 0;
  }

  async dispose(): Promise<void> {
    this.#filter.end();
  }

  /** @throws RefusedError when a rule cannot hold for any request of this disk. */
  #check({ action, range, ops }: FaultRule, where: string): void {
    if (action.do === 'readonly' && !ops.some(changesDisk)) {
      throw new RefusedError(
        `${where}: "readonly" refuses what changes the disk; name at least one of ${CHANGING_OPS.join(', ')}`,
      );
    }
    if (range === null) return;
    const from = BigInt(range.from);
    const to = BigInt(range.to);
    const size = this.#sizeBytes;
    if (from >= to) {
      throw new RefusedError(
        `${where}: the range from ${from} to ${to} is empty; "to" is the first byte after it, and greater than "from"`,
      );
    }
    if (to > size) {
      throw new RefusedError(
        `${where}: the range to byte ${shortSize(to)} goes beyond the disk of ${formatBytes(size)}; use 0 to ${size}`,
      );
    }
    if (ops.every((op) => op === 'flush')) {
      throw new RefusedError(
        `${where}: a flush touches no bytes; use null for the range, or other operations`,
      );
    }
  }
}
