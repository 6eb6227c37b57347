import { Command } from 'commander';
import { parseSize } from '#shared/bytes/size.ts';
import { isNbdUri } from '../nbd/remote/nbd-uri.ts';
import { parseCompare } from './compare-arguments.ts';
import { type ConvertCommand, parseConvert } from './convert-arguments.ts';
import { type DoctorCommand, parseDoctor } from './doctor-arguments.ts';
import { type HostCommand, parseHost } from './host-arguments.ts';
import { parseRaid } from './raid-arguments.ts';
import { parseRender, type RenderCommand } from './render-arguments.ts';
import { type PrintedOutcome, runCommander, usageError } from './run-commander.ts';
import { addWindowOptions, type WindowCommand, type WindowOptions, windowCommand } from './window-options.ts';

export type { WindowCommand } from './window-options.ts';

export interface StatsCommand {
  readonly kind: 'stats';
  readonly logs: readonly string[];
  readonly json: boolean;
}

/** What a command line asks for: `text` is to be printed (help, version), `error` is one line that says what is wrong. */
export type CommandLine =
  | WindowCommand
  | StatsCommand
  | HostCommand
  | ConvertCommand
  | RenderCommand
  | DoctorCommand
  | PrintedOutcome;

export interface ArgumentsContext {
  readonly version: string;
  /** Whether a file of this name is there: `64M` is a log when one is. */
  readonly exists: (path: string) => boolean;
}

const EXAMPLES = `
SIZE is written as nbdkit writes it: a whole number and at most one suffix, as in 64M, 7E or 131072s (s = 512 bytes). A
last argument that looks like a size and is no file is the SIZE; for a log of such a name write ./64M.

Examples:
  nbdscope                             replay the built-in recording
  nbdscope disk.log                    follow a log, which need not be there yet
  nbdscope disk1.log disk2.log 64M     several disks side by side
  nbdscope raid 5 64M log%d error%d    log1 to log5, with the files that make them fail; see nbdscope raid --help
  nbdscope disk.log --captions steps   with words for its moments, as in "+12.5 the journal is written"
  nbdscope compare a.log b.log         two recordings in step; see nbdscope compare --help
  ssh host tail -F log | nbdscope -    follow standard input
  nbdscope -- -odd-name.log            a name that begins with a dash
  nbdscope host memory 64M rdelay=40ms host a disk that any NBD client can use; see nbdscope host --help
  nbdscope nbd://server/export         host another server's disk again, to see what is done with it
  nbdscope stats disk.log --json       numbers without a window
  nbdscope disk.log --record a.nbdscope  record what the log tells; nbdscope a.nbdscope plays it
  nbdscope disk.log --image disk.img   name what each request touched: journal, inode tables, files
  nbdscope convert a.nbdscope a.parquet  see nbdscope convert --help
  nbdscope render disk.log -o a.webm   a film of it without a window; see nbdscope render --help
  nbdscope doctor                      what is there to work with, and how to get what is missing`;

/** Reads the arguments after the program's name. Never throws and never ends the process. */
export function parseArguments(args: readonly string[], context: ArgumentsContext): CommandLine {
  if (args[0] === 'stats') return parseStats(args.slice(1));
  if (args[0] === 'compare') return parseCompare(args.slice(1), context);
  if (args[0] === 'convert') return parseConvert(args.slice(1));
  if (args[0] === 'raid') return parseRaid(args.slice(1));
  if (args[0] === 'render') return parseRender(args.slice(1));
  if (args[0] === 'doctor') return parseDoctor(args.slice(1));
  if (args[0] === 'host') return parseHost(args.slice(1));
  // Another server's disk is hosted again here: what clients do with it through that is seen in passing.
  const [link] = args;
  return link !== undefined && isNbdUri(link) ? parseHost(['remote', ...args]) : parseWindow(args, context);
}

function parseWindow(args: readonly string[], context: ArgumentsContext): CommandLine {
  const command = addWindowOptions(
    new Command('nbdscope')
      .usage(
        '[options] [LOG...] [SIZE]\n       nbdscope NBD-URI [options]\n       nbdscope raid [options] N SIZE LOGS [ERRORS]\n       nbdscope compare [options] A B\n       nbdscope host [options] memory SIZE [KEY=VALUE...]\n       nbdscope stats LOG... [--json]\n       nbdscope convert IN... OUT [--from T] [--to T]\n       nbdscope render LOG... -o FILE [options]\n       nbdscope doctor [--json]',
      )
      .description('See what a disk does: every read, write, trim and zero in an nbdkit log, painted live.')
      .argument('[LOG...]', 'nbdkit logs to follow, or one capture to play; - is standard input', []),
  )
    .version(context.version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .addHelpText('after', EXAMPLES);
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;

  const names = [...command.args];
  let sizeBytes: bigint | null = null;
  const last = names.at(-1);
  if (last !== undefined && looksLikeSize(last) && !context.exists(last)) {
    const size = parseSize(last);
    if ('error' in size) return usageError(size.error);
    if (names.length === 1) {
      return usageError(
        `"${last}" is a size without a log; use LOG ${last}, or ./${last} for a log of that name`,
      );
    }
    sizeBytes = size.bytes;
    names.pop();
  }
  const badName = refusedNames(names);
  if (badName !== null) return badName;
  const uri = names.find((name) => isNbdUri(name));
  if (uri !== undefined) {
    return usageError(`"${uri}" is a disk, not a log; give it alone and first: nbdscope ${uri} [options]`);
  }
  return {
    ...windowCommand(command.opts<WindowOptions>()),
    logs: names.filter((name) => name !== '-'),
    stdin: names.includes('-'),
    sizeBytes,
  };
}

function parseStats(args: readonly string[]): CommandLine {
  const command = new Command('nbdscope stats')
    .usage('LOG... [--json]')
    .description(
      'Counts what logs hold, without a window: per disk and operation the requests, bytes, errors and latencies.',
    )
    .argument('<LOG...>', 'nbdkit logs')
    .option('--json', 'print JSON instead of a table')
    .helpOption('--help', 'print this help');
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const badName = refusedNames(command.args);
  if (badName !== null) return badName;
  return { kind: 'stats', logs: [...command.args], json: command.opts<{ json?: boolean }>().json === true };
}

function refusedNames(names: readonly string[]): CommandLine | null {
  if (names.filter((name) => name === '-').length > 1) {
    return usageError('"-" is given twice; standard input can be read once');
  }
  return names.includes('') ? usageError('a log needs a name; one of the arguments is empty') : null;
}

function looksLikeSize(text: string): boolean {
  return /^\d+(\.\d+)?[a-z]{0,3}$/i.test(text);
}
