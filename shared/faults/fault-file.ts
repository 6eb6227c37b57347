import * as v from 'valibot';
import {
  CHANGING_OPS,
  changesDisk,
  type FaultFile,
  FaultFileSchema,
  type FaultRule,
} from '../contract/faults.ts';

/** Longest text that is looked at; 64 rules take far less. */
const MAX_TEXT = 1 << 20;

/** Longest part of what was found that is shown. */
const MAX_FOUND = 60;

/** Rules read from a file, or the sentence that says where it is wrong and what would be accepted. */
export type ParsedFaultFile = { readonly file: FaultFile } | { readonly error: string };

/** Reads the text of a fault file (docs/faults.md). Never throws. */
export function parseFaultFile(text: string): ParsedFaultFile {
  if (text.length > MAX_TEXT) return { error: 'too long for a fault file; 64 rules take less than 1 MiB' };
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { error: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const parsed = v.safeParse(FaultFileSchema, json);
  if (!parsed.success) return { error: issueWords(parsed.issues[0]) };
  for (const [i, { action, ops, range }] of parsed.output.rules.entries()) {
    if (range !== null && BigInt(range.from) >= BigInt(range.to)) {
      return {
        error: `rules.${i}.range: "to" is the first byte after the range and greater than "from"; ${range.to} is not greater than ${range.from}`,
      };
    }
    if (action.do === 'readonly' && !ops.some(changesDisk)) {
      return {
        error: `rules.${i}.ops: "readonly" refuses what changes the disk; name at least one of ${CHANGING_OPS.join(', ')}`,
      };
    }
  }
  return { file: parsed.output };
}

/** The text of a fault file, for people to read and change. */
export function serialiseFaultFile(name: string, rules: readonly FaultRule[]): string {
  const file: FaultFile = { nbdscope: 'faults', version: 1, name, rules: [...rules] };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The place, what was found there and what would be accepted. */
function issueWords(issue: v.InferIssue<typeof FaultFileSchema>): string {
  const { expected, received, message } = issue;
  const place = v.getDotPath(issue) ?? 'the file';
  if (expected === 'never') return `${place}: unknown member; docs/faults.md lists what there is`;
  if (received === 'undefined') return `${place}: missing; docs/faults.md says what it may be`;
  const found = received.length > MAX_FOUND ? `${received.slice(0, MAX_FOUND)}…` : received;
  return `${place}: ${found} will not do; use ${message.startsWith('Invalid') ? expected : message}`;
}
