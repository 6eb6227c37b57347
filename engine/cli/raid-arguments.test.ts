import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import type { WindowCommand } from './window-options.ts';

const parse = (...args: string[]): ReturnType<typeof parseArguments> =>
  parseArguments(['raid', ...args], { version: '1', exists: () => false });

function opened(...args: string[]): WindowCommand {
  const command = parse(...args);
  if (command.kind !== 'window') throw new Error(JSON.stringify(command));
  return command;
}

describe('nbdscope raid N SIZE LOGS [ERRORS]', () => {
  it("takes the original's line, with a size in its short form or in bytes", () => {
    const set = { count: 5, sizeBytes: 67_108_864n, logs: '/tmp/log%d', errorFiles: '/tmp/error%d' };
    expect(opened('5', '64M', '/tmp/log%d', '/tmp/error%d')).toEqual({
      kind: 'window',
      logs: [],
      set,
      captions: null,
      compare: null,
      stdin: false,
      sizeBytes: null,
      browser: false,
      open: true,
      images: [],
      record: null,
      webPort: null,
    });
    expect(opened('5', '67108864', '/tmp/log%d', '/tmp/error%d').set).toEqual(set);
  });

  it('needs no error files, takes options, and finds names from the working directory', () => {
    const command = opened('--no-open', '2', '1G', 'disk%d.log', '--web-port', '0');
    expect(command).toMatchObject({ open: false, webPort: 0 });
    expect(command.set).toMatchObject({ errorFiles: null, logs: resolve('disk%d.log') });
  });

  it('takes one name for one disk, and up to 64 disks', () => {
    expect(opened('1', '64M', '/tmp/log').set?.logs).toBe('/tmp/log');
    expect(opened('64', '64M', '/tmp/100%%-%d').set?.count).toBe(64);
  });

  it.each([
    [['0', '64M', '/tmp/log%d'], '1 to 64 disks'],
    [['65', '64M', '/tmp/log%d'], '1 to 64 disks, not 65 (nbdscope raid --help tells more)'],
    [['five', '64M', '/tmp/log%d'], '"five": how many disks there are comes first'],
    [['-5', '64M', '/tmp/log%d'], '"-5": how many disks'],
    [['5', '64X', '/tmp/log%d'], 'unknown size suffix "X"'],
    [['5', '64M', '/tmp/log'], 'log /tmp/log: 5 disks would share it; put %d'],
    [['5', '64M', '/tmp/log%%d'], 'would share it'],
    [['5', '64M', '/tmp/log%02d'], '"%02" stands for nothing; %d is'],
    [['5', '64M', '/tmp/log%d', '/tmp/error'], 'error file /tmp/error: 5 disks would share it'],
    [['5', '64M', '/tmp/log%d', '/tmp/error%s'], '"%s" stands for nothing'],
    [['5', '64M', '/tmp/%d%'], '"%" stands for nothing'],
    [['5', '64M', '/tmp/a%d', '/tmp/a%d'], 'named as log and as error file'],
    [['5', '64M', ''], 'a file needs a name'],
    [['5', '64M'], "missing required argument 'LOGS'"],
    [['5', '64M', 'a%d', 'b%d', 'c%d'], 'too many arguments'],
  ])('refuses %j in one line', (args, message) => {
    const command = parse(...args);
    expect(command.kind).toBe('error');
    const text = 'text' in command ? command.text : '';
    expect(text).toContain(message);
    expect(text).not.toContain('\n');
  });

  it('explains itself', () => {
    const help = parse('--help');
    expect(help.kind === 'text' ? help.text : '').toContain('nbdscope raid 5 64M /tmp/log%d /tmp/error%d');
  });
});
