import { formatBytes } from '#shared/bytes/size.ts';
import {
  CHANGING_OPS,
  changesDisk,
  FAULT_ERRORS,
  type FaultError,
  type FaultRule,
} from '#shared/contract/faults.ts';
import { OP_NAMES } from '#shared/events/vocabulary.ts';
import { parsePlace } from './go-to.ts';
import { parseSpan, spanText } from './spans.ts';

/** A fault rule as it stands in its form: text as typed, until it is read. */
export interface RuleDraft {
  readonly name: string;
  readonly on: boolean;
  readonly ops: readonly FaultRule['ops'][number][];
  readonly everywhere: boolean;
  /** First byte, as `go to` takes places. */
  readonly from: string;
  /** The byte after the last, likewise. */
  readonly to: string;
  readonly does: FaultRule['action']['do'];
  readonly error: FaultError;
  readonly delay: string;
  readonly jitter: string;
  readonly percent: string;
  /** Empty for always. */
  readonly times: string;
  /** Empty for at once. */
  readonly after: string;
  /** Empty for as long as it is on. */
  readonly lasts: string;
}

/** Fields of the form that can hold something wrong. */
export type RuleField =
  | 'name'
  | 'ops'
  | 'from'
  | 'to'
  | 'delay'
  | 'jitter'
  | 'percent'
  | 'times'
  | 'after'
  | 'lasts';
export type RuleErrors = Readonly<Partial<Record<RuleField, string>>>;

const MAX_TIMES = 1_000_000_000;
const MAX_NAME = 80;

/** What a new rule begins as: reads and writes fail with EIO, everywhere, always. */
export const NEW_RULE: RuleDraft = {
  name: '',
  on: true,
  ops: ['read', 'write'],
  everywhere: true,
  from: '',
  to: '',
  does: 'fail',
  error: 'EIO',
  delay: '500ms',
  jitter: '',
  percent: '100',
  times: '',
  after: '',
  lasts: '',
};

/** The rule as its form shows it. */
export function draftOf(rule: FaultRule): RuleDraft {
  const { action, range } = rule;
  return {
    name: rule.name,
    on: rule.on,
    ops: rule.ops,
    everywhere: range === null,
    from: range === null ? '' : placeText(BigInt(range.from)),
    to: range === null ? '' : placeText(BigInt(range.to)),
    does: action.do,
    error: action.do === 'fail' ? action.error : NEW_RULE.error,
    delay: action.do === 'delay' ? spanText(action.ms) : NEW_RULE.delay,
    jitter: action.do === 'delay' && action.jitterMs > 0 ? spanText(action.jitterMs) : '',
    percent: String(rule.percent),
    times: rule.times === null ? '' : String(rule.times),
    after: rule.afterMs === 0 ? '' : spanText(rule.afterMs),
    lasts: rule.forMs === null ? '' : spanText(rule.forMs),
  };
}

/** A byte of the disk as the form takes it: a block's number where one begins there, else bytes. */
export function placeText(offsetBytes: bigint): string {
  return offsetBytes % 4096n === 0n ? String(offsetBytes / 4096n) : `${offsetBytes}b`;
}

/**
 * Reads the form.
 * @param diskBytes the size of the disk; null when it is not known, and a range may end anywhere.
 * @returns the rule, or a sentence for each field that holds something else than it takes.
 */
export function readRule(
  draft: RuleDraft,
  diskBytes: bigint | null,
): { readonly rule: FaultRule } | { readonly errors: RuleErrors } {
  const errors: Partial<Record<RuleField, string>> = {};
  const name = draft.name.trim();
  if (name.length > MAX_NAME) errors.name = `${name.length} characters: a name has at most ${MAX_NAME}`;
  if (draft.ops.length === 0) errors.ops = 'choose at least one operation';
  else if (draft.does === 'readonly' && !draft.ops.some(changesDisk)) {
    errors.ops = `a read-only disk refuses what changes it: choose at least one of ${CHANGING_OPS.join(', ')}`;
  }
  const range = draft.everywhere ? null : readRange(draft, diskBytes, errors);
  const action = readAction(draft, errors);
  const percent = Number(draft.percent.trim().replace(/\s*%$/, ''));
  if (!(percent > 0 && percent <= 100)) {
    errors.percent = `"${draft.percent.trim()}": more than 0, and 100 at most`;
  }
  const times = draft.times.trim() === '' ? null : Number(draft.times.trim());
  if (times !== null && !(Number.isInteger(times) && times >= 1 && times <= MAX_TIMES)) {
    errors.times = `"${draft.times.trim()}": a whole number from 1, or nothing for always`;
  }
  const afterMs = readSpan(draft.after, 'after', errors) ?? 0;
  const forMs = readSpan(draft.lasts, 'lasts', errors);
  if (forMs === 0) errors.lasts = 'longer than nothing, or leave it empty';
  if (Object.keys(errors).length > 0) return { errors };
  const rule = { on: draft.on, ops: [...draft.ops], range, action, percent, times, afterMs, forMs };
  return { rule: { name: name === '' ? ruleName(action) : name, ...rule } };
}

function readRange(
  draft: RuleDraft,
  diskBytes: bigint | null,
  errors: Partial<Record<RuleField, string>>,
): FaultRule['range'] {
  const from = parsePlace(draft.from);
  const to = parsePlace(draft.to);
  if ('error' in from) errors.from = from.error;
  if ('error' in to) errors.to = to.error;
  if ('error' in from || 'error' in to) return null;
  if (to.offsetBytes <= from.offsetBytes) errors.to = 'must lie behind the beginning';
  else if (diskBytes !== null && to.offsetBytes > diskBytes) {
    errors.to = `past the end: the disk has ${formatBytes(diskBytes)}, which is ${placeText(diskBytes)}`;
  }
  return { from: String(from.offsetBytes), to: String(to.offsetBytes) };
}

function readAction(draft: RuleDraft, errors: Partial<Record<RuleField, string>>): FaultRule['action'] {
  switch (draft.does) {
    case 'fail':
      return { do: 'fail', error: draft.error };
    case 'delay': {
      const ms = readSpan(draft.delay, 'delay', errors);
      if (ms === null && errors.delay === undefined) errors.delay = 'say how long, as in 500ms';
      return { do: 'delay', ms: ms ?? 0, jitterMs: readSpan(draft.jitter, 'jitter', errors) ?? 0 };
    }
    case 'freeze':
    case 'disconnect':
    case 'readonly':
      return { do: draft.does };
  }
}

function readSpan(text: string, field: RuleField, errors: Partial<Record<RuleField, string>>): number | null {
  if (text.trim() === '') return null;
  const span = parseSpan(text);
  if ('ms' in span) return span.ms;
  errors[field] = span.error;
  return null;
}

/** What a rule is called that nobody has named. */
function ruleName(action: FaultRule['action']): string {
  switch (action.do) {
    case 'fail':
      return `Fails with ${action.error}`;
    case 'delay':
      return 'Slow';
    case 'freeze':
      return 'Frozen';
    case 'disconnect':
      return 'Hangs up';
    case 'readonly':
      return 'Read-only';
  }
}

/** The operations and errors that the form offers, in its order. */
export const RULE_OPS = OP_NAMES;
export const RULE_ERRORS = FAULT_ERRORS;

/** What choosing a deed changes in the form: a disk becomes read-only for whatever changes it, unless one says less then. */
export function withDeed(does: RuleDraft['does']): Partial<RuleDraft> {
  return does === 'readonly' ? { does, ops: CHANGING_OPS } : { does };
}

/** What a rule can do, in the words of its form. */
export const RULE_DEEDS: readonly { readonly does: RuleDraft['does']; readonly words: string }[] = [
  { does: 'fail', words: 'Fail with an error' },
  { does: 'delay', words: 'Answer late' },
  { does: 'freeze', words: 'Never answer, until released' },
  { does: 'disconnect', words: 'Hang up on the client' },
  { does: 'readonly', words: 'Refuse to be changed, as read-only' },
];
