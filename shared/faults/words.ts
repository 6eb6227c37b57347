import { shortSize } from '../bytes/size.ts';
import { changesDisk, type FaultRule } from '../contract/faults.ts';
import { OP_COUNT, OP_NAMES } from '../events/vocabulary.ts';

const OP_WORDS: Readonly<Record<(typeof OP_NAMES)[number], string>> = {
  read: 'reads',
  write: 'writes',
  trim: 'trims',
  zero: 'zeroes',
  flush: 'flushes',
  cache: 'prefetches',
  extents: 'block status requests',
};

/** Longest words of a FaultChange, in UTF-16 units. */
const MAX_CHANGE_WORDS = 500;

/** A rule in one plain sentence: `Reads that touch 1M to 2M fail with EIO, 20% of them, only the first 3.` */
export function ruleWords(rule: FaultRule): string {
  const { range, percent, times, afterMs, forMs } = rule;
  const ops = rule.action.do === 'readonly' ? rule.ops.filter(changesDisk) : rule.ops;
  const whose =
    new Set(ops).size === OP_COUNT ? 'all requests' : listed(sorted(ops).map((op) => OP_WORDS[op]));
  const where = range === null ? '' : ` that touch ${rangeWords(BigInt(range.from), BigInt(range.to))}`;
  const limits: string[] = [];
  if (percent < 100) limits.push(`${percent}% of them at random`);
  if (times !== null) limits.push(times === 1 ? 'once' : `only the first ${times}`);
  if (afterMs > 0) limits.push(`from ${msWords(afterMs)} on`);
  if (forMs !== null) limits.push(`for ${msWords(forMs)}`);
  const sentence = [`${whose}${where} ${actionWords(rule.action)}`, ...limits].join(', ');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

/** As two places, or where the second is no round one as a length: `1M to 2M`, `4K at 32M`. */
function rangeWords(from: bigint, to: bigint): string {
  const ends = `${shortSize(from)} to ${shortSize(to)}`;
  const length = `${shortSize(to - from)} at ${shortSize(from)}`;
  return (to - from) % 1024n === 0n && length.length < ends.length ? length : ends;
}

function actionWords(action: FaultRule['action']): string {
  switch (action.do) {
    case 'fail':
      return `fail with ${action.error}`;
    case 'delay':
      return action.jitterMs === 0
        ? `are answered ${msWords(action.ms)} later`
        : `are answered ${msWords(action.ms)} to ${msWords(action.ms + action.jitterMs)} later`;
    case 'freeze':
      return 'get no answer until the rule is off';
    case 'disconnect':
      return 'get their client hung up on';
    case 'readonly':
      return 'find the disk read-only and fail with EPERM';
  }
}

/** What a person changed, in words, where these rules took the place of those. */
export function rulesChangeWords(before: readonly FaultRule[], after: readonly FaultRule[]): string {
  const left = before.map((rule) => ({ rule, text: JSON.stringify(rule) }));
  const changed: FaultRule[] = [];
  for (const rule of after) {
    const text = JSON.stringify(rule);
    const at = left.findIndex((old) => old.text === text);
    if (at >= 0) left.splice(at, 1);
    else changed.push(rule);
  }
  if (after.length === 0 && before.length > 1) return 'all rules removed';
  const words = changed.map((rule) => {
    const at = left.findIndex((old) => old.rule.name === rule.name);
    const [old] = at >= 0 ? left.splice(at, 1) : [];
    if (old === undefined) return `rule "${rule.name}" added${rule.on ? '' : ', off'}: ${ruleWords(rule)}`;
    if (JSON.stringify({ ...old.rule, on: rule.on }) !== JSON.stringify(rule)) {
      return `rule "${rule.name}" changed${rule.on ? '' : ', off'}: ${ruleWords(rule)}`;
    }
    return `rule "${rule.name}" turned ${rule.on ? `on: ${ruleWords(rule)}` : 'off'}`;
  });
  words.push(...left.map(({ rule }) => `rule "${rule.name}" removed`));
  if (words.length === 0) return 'rules put in another order';
  return short(words.join('; '));
}

/** Words that fit a FaultChange. */
export function short(words: string): string {
  return words.length <= MAX_CHANGE_WORDS ? words : `${words.slice(0, MAX_CHANGE_WORDS - 1)}…`;
}

/** A time for people: `40 ms`, `1.5 s`. */
export function msWords(ms: number): string {
  return ms < 1000 ? `${rounded(ms)} ms` : `${rounded(ms / 1000)} s`;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function sorted(ops: FaultRule['ops']): FaultRule['ops'] {
  return OP_NAMES.filter((op) => ops.includes(op));
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
