import { Command, Option } from 'commander';
import { parseSize } from '#shared/bytes/size.ts';
import { checkSetCount, namesOfSet } from '../disk-set.ts';
import { findPlugin, PLUGINS, parameterOf } from '../nbd/plugins/registry.ts';
import { isLoopback, type ListenAddress, NBD_PORT } from '../nbd/server.ts';
import { type TlsOptions, tlsOf } from '../nbd/tls/tls-options.ts';
import type { TlsRequest } from '../nbd/tls/tls-service.ts';
import { RefusedError } from '../refused-error.ts';
import { hostHelp } from './host-help.ts';
import { type PrintedOutcome, parsePort, runCommander, usageError } from './run-commander.ts';
import { addTlsOptions } from './tls-arguments.ts';
import { addWindowOptions, type WindowOptions } from './window-options.ts';

/** Hosts a disk, asked for in nbdkit's words or in our short form. */
export interface HostCommand {
  readonly kind: 'host';
  readonly plugin: string;
  /** The filter nearest to the client first. */
  readonly filters: readonly string[];
  readonly parameters: readonly (readonly [key: string, value: string])[];
  /** Whether a parameter adds the filter that it belongs to: our short form, without `--filter`. */
  readonly addFilters: boolean;
  /** Nothing is opened for writing. */
  readonly readOnly: boolean;
  /** Parameters may have files read, as `<FILE` of the data language does. */
  readonly allowFiles: boolean;
  readonly exportName: string;
  /** A file with rules of faults (docs/faults.md) to begin with. */
  readonly faults: string | null;
  readonly address: ListenAddress;
  /** Null for no TLS. */
  readonly tls: TlsRequest | null;
  /** Whether clients are offered requests of more than 4 GiB. */
  readonly extendedHeaders: boolean;
  /** How many such disks; null for one that is no set. */
  readonly disks: number | null;
  /** How clients come, what they negotiate and how they leave is told on standard error. */
  readonly verbose: boolean;
  /** false: serve until interrupted, without a window. */
  readonly window: boolean;
  readonly browser: boolean;
  readonly open: boolean;
  readonly webPort: number | null;
  /** Where to record what is shown; null for nowhere. */
  readonly record: string | null;
}

interface Options extends WindowOptions, TlsOptions {
  readonly eh: boolean;
  readonly disks?: number;
  readonly unix?: string;
  readonly port?: number;
  readonly ipaddr?: string;
  readonly expose?: boolean;
  readonly exportname: string;
  readonly faults?: string;
  readonly filter: readonly string[];
  readonly readonly?: boolean;
  readonly allowFiles?: boolean;
  readonly verbose?: boolean;
  readonly window: boolean;
}

/** Reads the arguments after `nbdscope host`. Never throws. */
export function parseHost(args: readonly string[]): HostCommand | PrintedOutcome {
  const command = addWindowOptions(
    addTlsOptions(new Command('nbdscope host'))
      .usage('[options] PLUGIN [WORD|KEY=VALUE...]')
      .description(
        'Hosts a disk that any NBD client can use, and shows what its clients do. Options are as nbdkit has them.',
      )
      .argument('<plugin>', `the kind of disk: ${PLUGINS.map(({ name }) => name).join(', ')}`)
      .argument('[parameters...]', 'its parameters, and those of its filters')
      .addOption(
        new Option(
          '--disks <n>',
          'host as many such disks, disk1, disk2, and so on, each with its own address',
        ).argParser(Number),
      )
      .option(
        '-U, --unix <socket>',
        'listen on this Unix socket; - for one in a private directory, as without it',
      )
      .addOption(
        new Option(
          '-p, --port <port>',
          `listen on TCP, on 127.0.0.1 (NBD's own port is ${NBD_PORT})`,
        ).argParser(parsePort),
      )
      .option('-i, --ipaddr <address>', 'with -p: listen on this address')
      .option(
        '--expose',
        'with -i: allow an address that others can reach; they can then read and write the disk',
      )
      .option('-e, --exportname <name>', 'name of the export; clients that ask for none get it too', '')
      .addOption(
        new Option(
          '--filter <name>',
          'log, error, delay, readonly or cow; the first is nearest to the client',
        )
          .argParser((name: string, names: readonly string[]) => [...names, name])
          .default([]),
      )
      .option('-r, --readonly', 'clients cannot write, and nothing is opened for writing')
      .option('--allow-files', 'let <FILE in a data string read files')
      .option('--no-eh', 'do not offer extended headers, with which one request can be about more than 4 GiB')
      .option(
        '--faults <file>',
        'let the disk fail by the rules in this file, as docs/faults.md describes it',
      )
      .option('-f, --foreground', 'stay in the foreground, as it always does')
      .option(
        '-v, --verbose',
        'tell on standard error how clients come, what they negotiate and how they leave',
      )
      .option('--no-window', 'serve until interrupted, without a window'),
  )
    .helpOption('--help', 'print this help')
    .addHelpText('after', hostHelp(args));
  const outcome = runCommander(command, args);
  if (outcome !== null) return outcome;
  const options = command.opts<Options>();
  const [plugin = '', ...words] = command.args;
  const parameters = parametersOf(plugin, words);
  if (typeof parameters === 'string') return refused(parameters);
  const address = addressOf(options);
  if (typeof address === 'string') return refused(address);
  const tls = tlsOf(options);
  if (typeof tls === 'string') return refused(tls);
  if (options.faults === '') return refused('--faults needs the name of a file');
  if (options.record !== undefined && !options.window)
    return refused('--record goes with a window, not with --no-window');
  const disks = options.disks ?? null;
  const badSet = disks === null ? null : refusedSet(disks, address);
  if (badSet !== null) return refused(`--disks: ${badSet}`);
  return {
    kind: 'host',
    plugin,
    filters: options.readonly === true ? [...options.filter, 'readonly'] : options.filter,
    parameters,
    addFilters: options.filter.length === 0,
    readOnly: options.readonly === true,
    allowFiles: options.allowFiles === true,
    exportName: options.exportname,
    faults: options.faults ?? null,
    address,
    tls,
    extendedHeaders: options.eh,
    disks,
    verbose: options.verbose === true,
    window: options.window,
    browser: options.browser === true,
    open: options.open,
    webPort: options.webPort ?? null,
    record: options.record ?? null,
  };
}

function refused(text: string): PrintedOutcome {
  return usageError(text, 'nbdscope host');
}

/** The words after the plugin; a text says why they will not do. */
function parametersOf(name: string, words: readonly string[]): [string, string][] | string {
  try {
    const plugin = findPlugin(name);
    const parameters = words.map((word) => parameterOf(plugin, word));
    for (const [key, value] of parameters) {
      const size = key === 'size' && plugin.takes(key) ? parseSize(value) : null;
      if (size !== null && 'error' in size) {
        return /^\d/.test(value) ? size.error : `${size.error}; parameters are KEY=VALUE`;
      }
    }
    return parameters;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why a set of disks cannot be as it is asked for; null when it can. */
function refusedSet(disks: number, address: ListenAddress): string | null {
  try {
    checkSetCount(disks);
    if (address.kind === 'unix' && address.path !== undefined) namesOfSet(address.path, disks, 'socket');
    return null;
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
}

/** Where to listen; a text says why not. */
function addressOf(options: Options): ListenAddress | string {
  const { unix, port, ipaddr, expose } = options;
  if (unix !== undefined && (port !== undefined || ipaddr !== undefined)) {
    return '-U listens on a Unix socket, -p and -i on TCP; give one of them';
  }
  if (expose === true && ipaddr === undefined) return '--expose goes with -i ADDRESS';
  if (ipaddr !== undefined && expose !== true && !isLoopback(ipaddr)) {
    return `${ipaddr} is not a loopback address: anyone on the network could read and write the disk; add --expose if that is meant`;
  }
  if (port !== undefined || ipaddr !== undefined) {
    return {
      kind: 'tcp',
      port: port ?? NBD_PORT,
      ...(ipaddr === undefined ? {} : { host: ipaddr }),
      exposed: expose === true,
    };
  }
  return unix === undefined || unix === '-' ? { kind: 'unix' } : { kind: 'unix', path: unix };
}
