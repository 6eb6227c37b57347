import { isAbsolute, join } from 'node:path';
import { Command } from 'commander';
import { parseSize } from '#shared/bytes/size.ts';
import { type LogSet, membersOf } from '../disk-set.ts';
import { RefusedError } from '../refused-error.ts';
import { type PrintedOutcome, runCommander, usageError } from './run-commander.ts';
import { addWindowOptions, type WindowCommand, type WindowOptions, windowCommand } from './window-options.ts';

const EXAMPLES = `
%d in LOGS and ERRORS stands for 1, 2, and so on, up to N, which is 64 at most; %% is a % itself. The logs need not be
there yet. SIZE is for disks whose log does not tell theirs, written as in 64M, or in bytes. ERRORS are the files that
nbdkit's error filter looks for (error-file=): the Error switch of a disk makes and removes its own.

Examples:
  nbdscope raid 5 64M /tmp/log%d /tmp/error%d
  nbdscope raid 4 67108864 ./disk%d.log`;

/** Reads the arguments after `nbdscope raid`. Never throws. */
export function parseRaid(args: readonly string[]): WindowCommand | PrintedOutcome {
  const command = addWindowOptions(
    new Command('nbdscope raid')
      .usage('[options] N SIZE LOGS [ERRORS]')
      .description('Follows the logs of a set of disks side by side, as those of a RAID array.')
      .argument('<N>', 'how many disks')
      .argument('<SIZE>', 'the size of each')
      .argument('<LOGS>', 'names of their logs, with %d for the number of the disk')
      .argument('[ERRORS]', "names of their error filters' files, likewise"),
  )
    .helpOption('--help', 'print this help')
    .addHelpText('after', EXAMPLES);
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const [countText = '', sizeText = '', logs = '', errorFiles] = command.args;
  if (!/^\d{1,4}$/.test(countText)) {
    return refused(`"${countText}": how many disks there are comes first, as in raid 5 64M /tmp/log%d`);
  }
  const size = parseSize(sizeText);
  if ('error' in size) return refused(size.error);
  if (logs === '' || errorFiles === '') return refused('a file needs a name; one of the arguments is empty');
  const set: LogSet = {
    count: Number(countText),
    sizeBytes: size.bytes,
    logs: absolutePattern(logs),
    errorFiles: errorFiles === undefined ? null : absolutePattern(errorFiles),
  };
  try {
    membersOf(set);
  } catch (error) {
    if (error instanceof RefusedError) return refused(error.message);
    throw error;
  }
  return { ...windowCommand(command.opts<WindowOptions>()), set };
}

function refused(text: string): PrintedOutcome {
  return usageError(text, 'nbdscope raid');
}

/** The working directory's own % signs mean themselves. */
function absolutePattern(pattern: string): string {
  return isAbsolute(pattern) ? pattern : join(process.cwd().replaceAll('%', '%%'), pattern);
}
