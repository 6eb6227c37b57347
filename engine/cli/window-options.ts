import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { CompareRequest } from '../compare/comparison.ts';
import type { LogSet } from '../disk-set.ts';
import { isNbdUri } from '../nbd/remote/nbd-uri.ts';
import { parsePort } from './run-commander.ts';

/** Opens a window on logs, on a set of them, on standard input, or (none given) on the built-in recording. */
export interface WindowCommand {
  readonly kind: 'window';
  readonly logs: readonly string[];
  /** Null when none was asked for. */
  readonly set: LogSet | null;
  readonly stdin: boolean;
  /** For disks whose log does not tell their size; null when not given. */
  readonly sizeBytes: bigint | null;
  /** A file of times and words for what is opened; null for none. */
  readonly captions: string | null;
  /** Two recordings to be shown in step; null for none. */
  readonly compare: CompareRequest | null;
  /** The browser was asked for, whatever else there is. */
  readonly browser: boolean;
  /** false: print the address and open nothing. */
  readonly open: boolean;
  /** Where the disks of the logs can be read, in the order of the logs: absolute paths, or NBD URIs. */
  readonly images: readonly string[];
  /** Where to record what is shown; null for nowhere. */
  readonly record: string | null;
  /** 0 for any free port; null when not given. */
  readonly webPort: number | null;
}

/** The options of {@link addWindowOptions} as commander reads them. */
export interface WindowOptions {
  readonly captions?: string;
  readonly browser?: boolean;
  readonly open: boolean;
  readonly webPort?: number;
  readonly record?: string;
  readonly image?: readonly string[];
}

/** Options that every command with a window has. */
export function addWindowOptions(command: Command): Command {
  return command
    .option('--captions <FILE>', 'captions for what is opened: lines of a time and words')
    .option('--browser', 'open in a browser even where the desktop shell could run')
    .option('--no-open', 'print the address for a browser and open nothing')
    .option('--record <FILE>', 'record all that is shown to this capture, which must not be there yet')
    .addOption(
      new Option(
        '--image <FILE|URI>',
        'where the disk of a log can be read, to tell what lies on it; once for each log',
      ).argParser((from: string, images: readonly string[] = []) => [...images, from]),
    )
    .addOption(
      new Option('--web-port <N>', "the browser host's port; any free one otherwise").argParser(parsePort),
    );
}

/** A window on nothing yet. */
export function windowCommand(options: WindowOptions): WindowCommand {
  return {
    kind: 'window',
    logs: [],
    set: null,
    stdin: false,
    sizeBytes: null,
    captions: options.captions ?? null,
    compare: null,
    browser: options.browser === true,
    open: options.open,
    images: (options.image ?? []).map((from) => (isNbdUri(from) ? from : resolve(from))),
    record: options.record ?? null,
    webPort: options.webPort ?? null,
  };
}
