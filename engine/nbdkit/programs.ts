/**
 * Which of nbdkit's plugins and filters may run other programs, or code that the line names. What is not listed here as
 * harmless counts as such: plugins come from anywhere. From nbdkit's manual pages, 1.8 to 1.42.
 */

const HARMLESS_PLUGINS = new Set([
  ...['curl', 'data', 'example1', 'example2', 'example3', 'file', 'floppy', 'full', 'gzip', 'info', 'memory'],
  ...[
    'nbd',
    'null',
    'ones',
    'partitioning',
    'pattern',
    'random',
    'sparse-random',
    'split',
    'torrent',
    'zero',
  ],
]);

const HARMLESS_FILTERS = new Set([
  ...[
    'blocksize',
    'blocksize-policy',
    'bzip2',
    'cache',
    'cacheextents',
    'checkwrite',
    'count',
    'cow',
    'ddrescue',
  ],
  ...[
    'delay',
    'error',
    'evil',
    'exitlast',
    'exitwhen',
    'exportname',
    'ext2',
    'extentlist',
    'fua',
    'gzip',
    'ip',
  ],
  ...[
    'limit',
    'log',
    'luks',
    'lzip',
    'multi-conn',
    'nocache',
    'noextents',
    'nofilter',
    'noparallel',
    'nozero',
  ],
  ...[
    'offset',
    'openonce',
    'partition',
    'pause',
    'protect',
    'qcow2dec',
    'rate',
    'readahead',
    'readonly',
    'retry',
  ],
  ...['retry-request', 'rotational', 'scan', 'spinning', 'stats', 'swab', 'time-limit', 'tls-fallback'],
  ...['truncate', 'xz'],
]);

/** Parameters that name a program, whoever takes them: command=, logscript=, cookie-script=, exit-when-... */
const RUNNING_KEY = /(^|-)(command|prog)$|script$/;

/**
 * Why a line must be confirmed before it is run, in words; null when nothing in it runs programs.
 * @param parameters words behind the plugin, as nbdkit takes them.
 */
export function whatRunsPrograms(
  plugin: string,
  filters: readonly string[],
  parameters: readonly string[],
): string | null {
  for (const [kind, names, harmless] of [
    ['plugin', [plugin], HARMLESS_PLUGINS],
    ['filter', filters, HARMLESS_FILTERS],
  ] as const) {
    for (const name of names) {
      if (name.includes('/')) return `the ${kind} ${name} is a file, whose code nbdkit would run`;
      if (!harmless.has(name)) return `the ${kind} ${name} may run programs`;
    }
  }
  for (const parameter of parameters) {
    const key = /^([A-Za-z][\w.-]*)=/.exec(parameter)?.[1] ?? '';
    if (RUNNING_KEY.test(key)) return `${parameter} names a program to run`;
    // libnbd runs ssh for these (nbd_connect_uri(3), newer versions), with a host name that may look like its options.
    if (/nbds?\+ssh:/i.test(parameter)) return `${parameter} is reached by running ssh`;
    if (plugin === 'data' && parameter.includes('<(')) return 'the data holds <( ... ), which runs a command';
  }
  return null;
}
