import { resolve } from 'node:path';
import { Command } from 'commander';
import { SAMPLES } from '#shared/contract/samples.ts';
import type { ArgumentsContext } from './arguments.ts';
import { type PrintedOutcome, runCommander, usageError } from './run-commander.ts';
import { addWindowOptions, type WindowCommand, type WindowOptions, windowCommand } from './window-options.ts';

const EXAMPLES = `
A and B are logs (gzip and zstd are unpacked), captures, folders that hold log (or log1, log2, ...) with steps beside, or the built-in
samples ${SAMPLES.map(({ id }) => id).join(' and ')}. WHERE is a step or mark by its name, a time of day in UTC, or seconds after the first row. Given twice, the
first is A's and the second B's. Without it their first rows coincide.

Examples:
  nbdscope compare ext4/ xfs/ --align mkfs
  nbdscope compare before.log after.log
  nbdscope compare before.nbdscope after.nbdscope --align 'here it hangs'
  nbdscope compare before.log after.log --align 22:20:05.5 --align +12.5`;

interface CompareOptions extends WindowOptions {
  readonly align?: readonly string[];
}

/** Reads the arguments after `nbdscope compare`. Never throws. */
export function parseCompare(
  args: readonly string[],
  context: ArgumentsContext,
): WindowCommand | PrintedOutcome {
  const command = addWindowOptions(
    new Command('nbdscope compare')
      .usage('[options] A B')
      .description(
        'Shows two recordings side by side in step, so that a moment of one coincides with one of the other.',
      )
      .argument('<A>', 'a recording')
      .argument('<B>', 'another, whose times are shifted'),
  )
    .option('--align <WHERE>', 'what is to coincide', (where: string, before: readonly string[] = []) => [
      ...before,
      where,
    ])
    .helpOption('--help', 'print this help')
    .addHelpText('after', EXAMPLES);
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const [a = '', b = ''] = command.args;
  const options = command.opts<CompareOptions>();
  const align = options.align ?? [];
  for (const name of [a, b]) {
    const isSample = SAMPLES.some(({ id }) => id === name);
    if (name === '' || (!isSample && !context.exists(name))) {
      return usageError(`"${name}": no such log, capture, folder or sample`, 'nbdscope compare');
    }
  }
  if (align.length > 2)
    return usageError('--align is given once, or once for each of the two', 'nbdscope compare');
  const place = (name: string): string => (context.exists(name) ? resolve(name) : name);
  return {
    ...windowCommand(options),
    compare: { recordings: [place(a), place(b)], align: [align[0] ?? null, align[1] ?? align[0] ?? null] },
  };
}
