import * as v from 'valibot';
import { OP_NAMES } from '../events/vocabulary.ts';

/**
 * Faults that a hosted disk can be told to have, as they travel and as they stand in a file. Bytes travel as decimal
 * text, since JSON numbers end at 2^53.
 */

const BYTES = 'text of a whole number of bytes, as in "1048576"';
const bytesText = v.pipe(v.string(BYTES), v.regex(/^\d{1,20}$/, BYTES));
const MS = 'ms from 0 to 86400000, which is a day';
const ms = v.pipe(v.number(MS), v.minValue(0, MS), v.maxValue(86_400_000, MS));
const NAME = '1 to 80 characters';
const name = v.pipe(
  v.string(NAME),
  v.minLength(1, NAME),
  v.check((text) => [...text].length <= 80, NAME),
);
const SWITCH = 'true or false';

/** The errors a rule can answer with: those of the NBD protocol. */
export const FAULT_ERRORS = [
  'EPERM',
  'EIO',
  'ENOMEM',
  'EINVAL',
  'ENOSPC',
  'EOVERFLOW',
  'ENOTSUP',
  'ESHUTDOWN',
] as const;
const ERRORS = FAULT_ERRORS.join(', ');
export type FaultError = (typeof FAULT_ERRORS)[number];

/** The operations that change a disk: those a read-only one refuses. */
export const CHANGING_OPS = ['write', 'trim', 'zero'] as const satisfies readonly (typeof OP_NAMES)[number][];

/** Whether an operation is refused by a disk that is read-only. */
export function changesDisk(op: (typeof OP_NAMES)[number]): boolean {
  return CHANGING_OPS.some((one) => one === op);
}

/** Rules that one disk can have. */
export const MAX_FAULT_RULES = 64;

const OPS = `a list of some of ${OP_NAMES.join(', ')}`;
const PERCENT = 'a number above 0 and up to 100';
const TIMES = 'a whole number from 1 to 1000000000, or null for always';

export const FaultRuleSchema = v.strictObject({
  /** What a person calls it. */
  name,
  on: v.boolean(SWITCH),
  /** The operations it holds for. */
  ops: v.pipe(
    v.array(v.picklist(OP_NAMES, `one of ${OP_NAMES.join(', ')}`), OPS),
    v.minLength(1, OPS),
    v.maxLength(OP_NAMES.length, OPS),
  ),
  /** Requests that touch these bytes, `to` exclusive; null: all of them. */
  range: v.nullable(v.strictObject({ from: bytesText, to: bytesText })),
  action: v.variant(
    'do',
    [
      v.strictObject({ do: v.literal('fail'), error: v.picklist(FAULT_ERRORS, `one of ${ERRORS}`) }),
      /** Answers so much later; with `jitterMs`, up to so much later still, at random. */
      v.strictObject({ do: v.literal('delay'), ms, jitterMs: ms }),
      /** Does not answer until the rule is off; then carries the request out. */
      v.strictObject({ do: v.literal('freeze') }),
      /** Hangs up on the client that asks. */
      v.strictObject({ do: v.literal('disconnect') }),
      /** Refuses those of its operations that change the disk, with EPERM; it holds for no others. */
      v.strictObject({ do: v.literal('readonly') }),
    ],
    'one of fail, delay, freeze, disconnect, readonly',
  ),
  /** How many of a hundred such requests, drawn at random. */
  percent: v.pipe(v.number(PERCENT), v.gtValue(0, PERCENT), v.maxValue(100, PERCENT)),
  /** Only the first so many; null: always. 1 is once. */
  times: v.nullable(
    v.pipe(v.number(TIMES), v.integer(TIMES), v.minValue(1, TIMES), v.maxValue(1_000_000_000, TIMES)),
  ),
  /** Begins so long after it was turned on. */
  afterMs: ms,
  /** Ends so long after it began; null: never. */
  forMs: v.nullable(v.pipe(ms, v.gtValue(0, 'ms above 0, or null for ever'))),
});
export type FaultRule = v.InferOutput<typeof FaultRuleSchema>;

export const FaultRulesSchema = v.pipe(
  v.array(FaultRuleSchema, 'a list of rules'),
  v.maxLength(MAX_FAULT_RULES, `at most ${MAX_FAULT_RULES} rules`),
);

/** A set of rules as a file holds it. */
export const FaultFileSchema = v.strictObject({
  nbdscope: v.literal('faults', '"faults"'),
  version: v.literal(1, '1'),
  name,
  rules: FaultRulesSchema,
});
export type FaultFile = v.InferOutput<typeof FaultFileSchema>;

/** The faults of one disk, as windows are told. */
export const DiskFaultsSchema = v.object({
  /** The Error switch; null when this disk cannot be made to fail from here. */
  errorSwitch: v.nullable(
    v.object({
      on: v.boolean(),
      /** For a log: the error filter's file. Null for a hosted disk. */
      file: v.nullable(v.string()),
      /** The file is there, and nbdscope did not make it: it is removed only after asking. */
      foreign: v.boolean(),
      /** What stands in the way, in words; null when nothing does. */
      problem: v.nullable(v.string()),
    }),
  ),
  /** Whether the disk takes rules: hosted disks do. */
  takesRules: v.boolean(),
  rules: v.array(
    v.object({
      rule: FaultRuleSchema,
      /** off; waiting: its time has not come; inForce; over: its time or its count is up. */
      state: v.picklist(['off', 'waiting', 'inForce', 'over']),
      /** Requests it has hit. */
      hits: v.number(),
      /** Requests it holds unanswered now. */
      frozen: v.number(),
    }),
  ),
  /** The filter order hides failed requests from this log: what that means, and the command that does not. */
  hint: v.nullable(v.object({ text: v.string(), command: v.nullable(v.string()) })),
});
export type DiskFaults = v.InferOutput<typeof DiskFaultsSchema>;

/** A disk of which nothing is known that could fail. */
export const NO_FAULTS: DiskFaults = { errorSwitch: null, takesRules: false, rules: [], hint: null };

/** The text of a FaultChange row: what a person did, in words, and how the disk's faults stand since. */
export const FaultChangeSchema = v.object({
  words: v.pipe(v.string(), v.maxLength(500)),
  /** The Error switch. */
  on: v.boolean(),
  rules: v.pipe(v.array(FaultRuleSchema), v.maxLength(MAX_FAULT_RULES)),
});
export type FaultChange = v.InferOutput<typeof FaultChangeSchema>;
