import * as v from 'valibot';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** What the head of a record batch says of its body, as JSON: opening a capture reads nothing else. */
const BatchFactsSchema = v.object({
  /** Sequence numbers of the session's rows in it, both included; `last` is `first - 1` when there are none. */
  first: whole,
  last: whole,
  /** Clock of the first and the last of them, µs since the epoch; null where no time is known. */
  firstUs: v.nullable(v.number()),
  lastUs: v.nullable(v.number()),
  /** Requests among them. */
  requests: whole,
  /** Rows with words: captions, marks, changes of faults. */
  texts: whole,
  /** Whether a row of kind `session` is in it. */
  session: v.boolean(),
  /** Whether a row of kind `structures` is in it; absent for no. */
  structures: v.optional(v.boolean()),
  /** Whether its rows are requests that were in flight when the capture began, of sequence numbers before it. */
  before: v.boolean(),
  /** CRC-32 of the body. */
  crc: whole,
});

export type BatchFacts = v.InferOutput<typeof BatchFactsSchema>;

export function encodeBatchFacts(facts: BatchFacts): string {
  return JSON.stringify(facts);
}

/** @throws RangeError when the text is not of that form, or contradicts itself. */
export function decodeBatchFacts(text: string | undefined): BatchFacts {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    throw new RangeError('a batch without the head that nbdscope gives it');
  }
  const parsed = v.safeParse(BatchFactsSchema, json);
  if (!parsed.success || parsed.output.last < parsed.output.first - 1) {
    throw new RangeError('a batch whose head cannot be right');
  }
  return parsed.output;
}
