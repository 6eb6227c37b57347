import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandLine, parseArguments } from './arguments.ts';

const parse = (...args: string[]): CommandLine => parseWith([], ...args);
const parseWith = (existing: readonly string[], ...args: string[]): CommandLine =>
  parseArguments(args, { version: '1.2.3', exists: (path) => existing.includes(path) });

const window = {
  kind: 'window',
  logs: [],
  set: null,
  captions: null,
  compare: null,
  stdin: false,
  sizeBytes: null,
  browser: false,
  open: true,
  images: [],
  record: null,
  webPort: null,
};

/** The one line that a refused command line is answered with. */
function refusal(...args: string[]): string {
  const parsed = parse(...args);
  if (parsed.kind !== 'error') throw new Error(`taken as ${parsed.kind}`);
  expect(parsed.text).not.toContain('\n');
  return parsed.text;
}

describe('nbdscope [LOG...] [SIZE]', () => {
  it('without a log asks for the built-in recording', () => {
    expect(parse()).toEqual(window);
  });

  it('takes logs that need not be there yet, and a size after them', () => {
    expect(parse('disk.log')).toEqual({ ...window, logs: ['disk.log'] });
    expect(parse('disk.log', '64M')).toEqual({ ...window, logs: ['disk.log'], sizeBytes: 67_108_864n });
    expect(parse('a', 'b', '7E')).toEqual({ ...window, logs: ['a', 'b'], sizeBytes: 7n << 60n });
    expect(parse('a', '131072s')).toEqual({ ...window, logs: ['a'], sizeBytes: 67_108_864n });
    expect(parse('a', '9223372036854775807')).toEqual({ ...window, logs: ['a'], sizeBytes: 2n ** 63n - 1n });
  });

  it('takes a last argument that looks like a size as a log when there is such a file', () => {
    expect(parseWith(['64M'], 'disk.log', '64M')).toEqual({ ...window, logs: ['disk.log', '64M'] });
    expect(parseWith(['64M'], '64M')).toEqual({ ...window, logs: ['64M'] });
    expect(parse('disk.log', './64M')).toEqual({ ...window, logs: ['disk.log', './64M'] });
  });

  it('takes - as standard input, with a size and beside logs', () => {
    expect(parse('-')).toEqual({ ...window, stdin: true });
    expect(parse('-', '64M')).toEqual({ ...window, stdin: true, sizeBytes: 67_108_864n });
    expect(parse('a', '-')).toEqual({ ...window, logs: ['a'], stdin: true });
    expect(refusal('-', '-')).toContain('standard input can be read once');
  });

  it('takes an NBD URI alone as a disk of another server to be hosted here', () => {
    for (const uri of ['nbd://server/a', 'nbds://server', 'nbd+unix:///a?socket=/tmp/s']) {
      expect(parse(uri, '--no-open')).toEqual(parse('host', 'remote', uri, '--no-open'));
      expect(parse(uri).kind).toBe('host');
    }
    expect(refusal('a.log', 'nbd://server/a')).toContain('give it alone and first: nbdscope nbd://server/a');
    expect(refusal('--browser', 'nbd://server/a')).toContain('alone and first');
    expect(parse('nbd:what').kind).not.toBe('window');
  });

  it('takes where the disks of logs can be read, paths made absolute and URIs as they are', () => {
    expect(parse('a', 'b', '--image', 'a.img', '--image', 'nbd://server/b')).toEqual({
      ...window,
      logs: ['a', 'b'],
      images: [resolve('a.img'), 'nbd://server/b'],
    });
  });

  it('takes any name after --', () => {
    expect(parse('--', '-odd.log')).toEqual({ ...window, logs: ['-odd.log'] });
    expect(parse('--', '--help', '64M')).toEqual({ ...window, logs: ['--help'], sizeBytes: 67_108_864n });
    expect(parse('--', 'stats')).toEqual({ ...window, logs: ['stats'] });
  });

  it('takes options before and after the logs', () => {
    expect(parse('--browser', 'a', '--no-open', '--web-port', '8080')).toEqual({
      ...window,
      logs: ['a'],
      browser: true,
      open: false,
      webPort: 8080,
    });
    expect(parse('--web-port=0')).toEqual({ ...window, webPort: 0 });
  });

  it('refuses bad sizes, saying what would be accepted', () => {
    expect(refusal('a', '64X')).toContain(
      '"64X": unknown size suffix "X"; use b, k, m, g, t, p, e or s, as in 64M',
    );
    expect(refusal('a', '64MB')).toContain('unknown size suffix "MB"');
    expect(refusal('a', '1.5G')).toContain('whole number');
    expect(refusal('a', '8E')).toContain('at most 2^63-1 bytes');
    expect(refusal('a', '0')).toContain('at least 1 byte');
    expect(refusal('64M')).toContain('a size without a log');
  });

  it('refuses unknown options, missing values and empty names', () => {
    expect(refusal('--colour')).toContain("unknown option '--colour'");
    expect(refusal('-x')).toContain("unknown option '-x'");
    expect(refusal('--web-port')).toContain('argument missing');
    for (const port of ['x', '-1', '65536', '80.5', '']) {
      expect(refusal(`--web-port=${port}`)).toContain('port from 0 to 65535');
    }
    expect(refusal('')).toContain('needs a name');
  });

  it('prints help and version', () => {
    expect(parse('--version')).toEqual({ kind: 'text', text: '1.2.3\n' });
    const help = parse('--help');
    expect(help.kind).toBe('text');
    for (const word of ['--browser', '--no-open', '--web-port', 'stats', 'SIZE', '64M']) {
      expect('text' in help && help.text).toContain(word);
    }
  });
});

describe('nbdscope stats LOG... [--json]', () => {
  it('takes logs, in which nothing is a size', () => {
    expect(parse('stats', 'a', '64M')).toEqual({ kind: 'stats', logs: ['a', '64M'], json: false });
    expect(parse('stats', '--json', 'a')).toEqual({ kind: 'stats', logs: ['a'], json: true });
    expect(parse('stats', 'a', '--json')).toEqual({ kind: 'stats', logs: ['a'], json: true });
    expect(parse('stats', '--', '--json')).toEqual({ kind: 'stats', logs: ['--json'], json: false });
  });

  it('needs a log and knows no other option', () => {
    expect(refusal('stats')).toContain("missing required argument 'LOG'");
    expect(refusal('stats', 'a', '--browser')).toContain("unknown option '--browser'");
  });

  it('refuses to read standard input twice, and empty names', () => {
    expect(refusal('stats', '-', '-')).toContain('given twice');
    expect(refusal('stats', 'a', '')).toContain('needs a name');
  });
});
