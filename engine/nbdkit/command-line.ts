import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { RefusedError } from '#engine/refused-error.ts';
import { PID_FILE } from './nbdkit-folder.ts';
import { shellLine, shellWords } from './shell-words.ts';

/** nbdkit's options (nbdkit(1)) that a line may have; true: the option has a value. */
const OPTIONS = {
  'ipv4-only': false,
  'ipv6-only': false,
  debug: true,
  exportname: true,
  filter: true,
  foreground: false,
  group: true,
  ipaddr: true,
  log: true,
  'mask-handshake': true,
  newstyle: false,
  'no-sr': false,
  oldstyle: false,
  port: true,
  readonly: false,
  'selinux-label': true,
  swap: false,
  threads: true,
  tls: true,
  'tls-certificates': true,
  'tls-psk': true,
  'tls-verify-peer': false,
  unix: true,
  user: true,
  verbose: false,
} as const;
type OptionName = keyof typeof OPTIONS;

const ALIASES: Readonly<Record<string, OptionName>> = {
  4: 'ipv4-only',
  6: 'ipv6-only',
  D: 'debug',
  e: 'exportname',
  f: 'foreground',
  g: 'group',
  i: 'ipaddr',
  n: 'newstyle',
  o: 'oldstyle',
  p: 'port',
  r: 'readonly',
  t: 'threads',
  u: 'user',
  U: 'unix',
  v: 'verbose',
  export: 'exportname',
  'export-name': 'exportname',
  'ip-addr': 'ipaddr',
  'new-style': 'newstyle',
  'no-fork': 'foreground',
  'old-style': 'oldstyle',
  'read-only': 'readonly',
};

/** The most characters of a disk's name. */
const MAX_NAME = 60;

/** What is refused, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  run: 'it runs a command; start the client yourself, with the address that is shown',
  single: 'it serves one client on standard input and output; leave it out, to get a socket',
  stdin: 'it serves one client on standard input and output; leave it out, to get a socket',
  vsock: 'clients on this machine cannot be given that address; use -U or -p',
  pidfile: 'nbdscope needs a pid file of its own; leave it out',
  'exit-with-parent': 'nbdscope adds it by itself; leave it out',
  'dump-config': 'it only prints; run it in a terminal',
  'dump-plugin': 'it only prints; run it in a terminal',
  help: 'it only prints; run it in a terminal',
  version: 'it only prints; run it in a terminal',
};
const REFUSED_ALIASES: Readonly<Record<string, string>> = {
  s: 'single',
  P: 'pidfile',
  'pid-file': 'pidfile',
  V: 'version',
};

/** A line, read. */
export interface NbdkitLine {
  readonly options: readonly (readonly [name: OptionName, value: string | null])[];
  readonly plugin: string;
  /** Words behind the plugin. */
  readonly parameters: readonly string[];
}

/** What is to be run, and where what it makes is to be found. */
export interface NbdkitPlan {
  /** Behind `nbdkit`. */
  readonly args: readonly string[];
  /** Ready for a shell. */
  readonly command: string;
  /** What to call its disk. */
  readonly name: string;
  readonly plugin: string;
  /** The outermost first. */
  readonly filters: readonly string[];
  readonly parameters: readonly string[];
  readonly uri: string;
  /** Null on TCP. */
  readonly socketPath: string | null;
  readonly pidFile: string;
  readonly logFile: string;
  /** The file that its error filter looks for; null when it names none, or several. */
  readonly errorFile: string | null;
  /** Whether it would go on after a crash of nbdscope. */
  readonly outlivesCrash: boolean;
  /** What was added to the line, in words. */
  readonly added: readonly string[];
  /** With `log` outside `error`, where the line has it the other way round; null where failed requests are logged. */
  readonly logFirstCommand: string | null;
}

/**
 * Reads what stands behind `nbdkit` on a line; a leading `nbdkit` is left out.
 * @throws RefusedError naming what was refused.
 */
export function readNbdkitLine(line: string): NbdkitLine {
  const words = shellWords(line);
  if (words[0] === 'nbdkit') words.shift();
  else if (words[0]?.endsWith('/nbdkit') === true) {
    throw new RefusedError(
      `${words[0]}: the nbdkit that is installed is run; leave out the path before nbdkit`,
    );
  } else if (words[1] === 'nbdkit') {
    throw new RefusedError(`nbdkit is run as you are; leave out ${words[0]}`);
  }
  const options: [OptionName, string | null][] = [];
  const rest: string[] = [];
  while (words.length > 0) {
    const word = words.shift() ?? '';
    if (word === '--') {
      rest.push(...words.splice(0));
    } else if (word.startsWith('--')) {
      options.push(longOption(word, words));
    } else if (word.startsWith('-') && word !== '-') {
      options.push(...shortOptions(word, words));
    } else {
      rest.push(word);
    }
  }
  const [plugin, ...parameters] = rest;
  if (plugin === undefined || plugin === '') {
    throw new RefusedError('the line names no plugin; give one and its size, as in: memory 64M');
  }
  return { options, plugin, parameters };
}

function longOption(word: string, rest: string[]): [OptionName, string | null] {
  const equals = word.indexOf('=');
  const given = word.slice(2, equals < 0 ? undefined : equals);
  const name = optionName(given, `--${given}`);
  if (!OPTIONS[name]) {
    if (equals >= 0) throw new RefusedError(`${word}: --${given} takes no value`);
    return [name, null];
  }
  const value = equals < 0 ? rest.shift() : word.slice(equals + 1);
  if (value === undefined) throw new RefusedError(`--${given} needs a value`);
  return [name, value];
}

function shortOptions(word: string, rest: string[]): [OptionName, string | null][] {
  const options: [OptionName, string | null][] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const name = optionName(letter, `-${letter}`);
    if (!OPTIONS[name]) {
      options.push([name, null]);
      continue;
    }
    const value = at + 1 < word.length ? word.slice(at + 1) : rest.shift();
    if (value === undefined) throw new RefusedError(`-${letter} needs a value`);
    options.push([name, value]);
    break;
  }
  return options;
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function optionName(given: string, shown: string): OptionName {
  const refusedName = Object.hasOwn(REFUSED_ALIASES, given) ? (REFUSED_ALIASES[given] ?? '') : given;
  if (Object.hasOwn(REFUSED, refusedName)) throw new RefusedError(`${shown}: ${REFUSED[refusedName]}`);
  const name = Object.hasOwn(ALIASES, given) ? (ALIASES[given] ?? given) : given;
  // A one-letter name is no long option, though `--f` would be short for several.
  if (isOption(name) && (shown.startsWith('--') ? given.length > 1 : true)) return name;
  throw new RefusedError(`${shown} is no option of nbdkit that is known here; write options out in full`);
}

/**
 * Completes a line so that nbdscope can run it: in the foreground, gone when nbdscope is, with a log, an address, and a
 * file that tells when it is ready.
 * @param folder a private directory for the socket, the log and the pid file.
 * @throws RefusedError when the line has an address that clients could not be told.
 */
export function planNbdkit(line: NbdkitLine, folder: string, exitWithParent: boolean): NbdkitPlan {
  const added: string[] = [];
  const pidFile = join(folder, PID_FILE);
  const options = line.options.filter(([name]) => name !== 'foreground');
  const head = ['-f', ...(exitWithParent ? ['--exit-with-parent'] : []), '-P', pidFile];
  if (!line.options.some(([name]) => name === 'foreground')) added.push('-f, as it runs under nbdscope');

  const address = addressOf(options, folder);
  head.push(...address.args);
  if (address.added !== null) added.push(address.added);

  let filters = options.flatMap(([name, value]) => (name === 'filter' ? [value ?? ''] : []));
  const others = options.filter(([name]) => name !== 'filter');
  if (!filters.includes('log')) {
    filters = ['log', ...filters];
    added.push('--filter=log outermost, to see its requests');
  }
  const parameters = [...line.parameters];
  let logFile = lastValue(parameters, 'logfile');
  if (logFile === null) {
    logFile = join(folder, 'log');
    parameters.push(`logfile=${logFile}`);
    added.push('logfile, in a private directory');
  }
  const command = (order: readonly string[]): string[] => [
    ...head,
    ...others.flatMap(([name, value]) =>
      name === 'unix' ? [] : [value === null ? `--${name}` : `--${name}=${value}`],
    ),
    ...order.map((name) => `--filter=${name}`),
    '--',
    line.plugin,
    ...parameters,
  ];
  const args = command(filters);
  const hides = filters.includes('error') && filters.indexOf('error') < filters.indexOf('log');
  return {
    args,
    command: shellLine(['nbdkit', ...args]),
    name: nameOf(line),
    plugin: line.plugin,
    filters,
    parameters,
    uri: address.uri,
    socketPath: address.socketPath,
    pidFile,
    logFile: resolve(logFile),
    errorFile: errorFileOf(filters, parameters),
    // Another user or group takes the kernel's word back (prctl(2), PR_SET_PDEATHSIG).
    outlivesCrash: !exitWithParent || options.some(([name]) => name === 'user' || name === 'group'),
    added,
    logFirstCommand: hides
      ? shellLine(['nbdkit', ...command(['log', ...filters.filter((name) => name !== 'log')])])
      : null,
  };
}

/** The plugin, with its size or the word that stands behind it. */
function nameOf({ plugin, parameters }: NbdkitLine): string {
  const size = lastValue(parameters, 'size') ?? parameters.find((parameter) => !parameter.includes('='));
  const name = size === undefined ? `nbdkit ${plugin}` : `nbdkit ${plugin} ${size}`;
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}

interface Address {
  readonly args: readonly string[];
  readonly uri: string;
  readonly socketPath: string | null;
  readonly added: string | null;
}

function addressOf(options: NbdkitLine['options'], folder: string): Address {
  const last = (name: OptionName): string | null => options.findLast(([each]) => each === name)?.[1] ?? null;
  const unix = last('unix');
  const port = last('port');
  const host = last('ipaddr');
  const scheme = last('tls') === 'require' ? 'nbds' : 'nbd';
  const exportName = encodeURIComponent(last('exportname') ?? '');
  if (port === null && host === null) {
    // nbdkit makes a socket of its own for -U -; one whose name is known does as well.
    const isPrivate = unix === null || unix === '-';
    const path = isPrivate ? join(folder, 'nbd.sock') : resolve(unix);
    return {
      args: ['-U', path],
      uri: `${scheme}+unix:///${exportName}?socket=${encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23')}`,
      socketPath: path,
      added: isPrivate ? '-U, a socket in a private directory' : null,
    };
  }
  if (unix !== null)
    throw new RefusedError('-U listens on a Unix socket, -p and -i on TCP; give one of them');
  if (port !== null && !/^[1-9]\d{0,4}$/.test(port)) {
    throw new RefusedError(`-p ${port}: give the number of a port, 1 to 65535, so that clients can be told`);
  }
  const at = host ?? '127.0.0.1';
  const shown = isIP(at) === 6 ? `[${at}]` : at;
  return {
    args: host === null ? ['-i', at] : [],
    uri: `${scheme}://${shown}:${port ?? 10_809}/${exportName}`,
    socketPath: null,
    added: host === null ? '-i 127.0.0.1, as without it the disk would be open to others' : null,
  };
}

function lastValue(parameters: readonly string[], key: string): string | null {
  const found = parameters.findLast((parameter) => parameter.startsWith(`${key}=`));
  return found === undefined ? null : found.slice(key.length + 1);
}

/** The file that makes every kind of request fail; one file for all of them, where they are named one by one. */
function errorFileOf(filters: readonly string[], parameters: readonly string[]): string | null {
  if (!filters.includes('error')) return null;
  const files = parameters.flatMap((parameter) => {
    const value = /^error(?:-[a-z]+)?-file=(.+)$/s.exec(parameter)?.[1];
    return value === undefined ? [] : [resolve(value)];
  });
  const [first] = files;
  return first !== undefined && files.every((file) => file === first) ? first : null;
}
