import { Command } from 'commander';
import { FORMATS_WORDS, formatOf } from '../convert/output-file.ts';
import { type Moment, parseMoment } from '../convert/span-text.ts';
import { type PrintedOutcome, runCommander, usageError } from './run-commander.ts';

/** Converts a capture or logs to another format, without a window. */
export interface ConvertCommand {
  readonly kind: 'convert';
  readonly inputs: readonly string[];
  readonly output: string;
  readonly from: Moment | null;
  readonly to: Moment | null;
  readonly replace: boolean;
}

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly force?: boolean;
}

const HELP = `
IN is a capture, or finished logs of nbdkit (packed ones too), which are merged by time. The end of OUT says what it will be:
${FORMATS_WORDS}. Tables have one row for each request, with its reply.
T is seconds from the beginning, as in 12.5, or a time, as in 2026-11-20T22:25:28Z.

Examples:
  nbdscope convert disk.log disk.parquet
  nbdscope convert log1 log2 log3 raid.nbdscope
  nbdscope convert raid.nbdscope step.csv --from 10 --to 12.5`;

/** Reads the arguments after `convert`. */
export function parseConvert(args: readonly string[]): ConvertCommand | PrintedOutcome {
  const command = new Command('nbdscope convert')
    .usage('IN... OUT [--from T] [--to T] [--force]')
    .description('Converts a capture, or logs, to a capture, Parquet or CSV.')
    .argument('<FILE...>', 'what to convert, and at last what to make of it')
    .option('--from <T>', 'begin there')
    .option('--to <T>', 'end there')
    .option('--force', 'replace what stands at OUT')
    .helpOption('--help', 'print this help')
    .addHelpText('after', HELP);
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const inputs = [...command.args];
  const output = inputs.pop() ?? '';
  if (inputs.length === 0) return refused(`"${output}" alone: name what to convert, then what to make of it`);
  if (inputs.includes('') || output === '')
    return refused('a file needs a name; one of the arguments is empty');
  if (formatOf(output) === null) return refused(`${output}: unknown format; use ${FORMATS_WORDS}`);
  const options = command.opts<Options>();
  const from = options.from === undefined ? null : parseMoment(options.from);
  if (from !== null && 'error' in from) return refused(`--from ${from.error}`);
  const to = options.to === undefined ? null : parseMoment(options.to);
  if (to !== null && 'error' in to) return refused(`--to ${to.error}`);
  return { kind: 'convert', inputs, output, from, to, replace: options.force === true };
}

function refused(text: string): PrintedOutcome {
  return usageError(text, 'nbdscope convert');
}
