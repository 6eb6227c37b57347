import { describe, expect, it } from 'vitest';
import { PLUGINS } from '../nbd/plugins/registry.ts';
import { parseArguments } from './arguments.ts';
import type { HostCommand } from './host-arguments.ts';

function parse(line: string): ReturnType<typeof parseArguments> {
  return parseArguments(['host', ...line.split(' ').filter((word) => word !== '')], {
    version: '1',
    exists: () => false,
  });
}

function hosted(line: string): HostCommand {
  const command = parse(line);
  if (command.kind !== 'host') throw new Error(`${command.kind}: ${JSON.stringify(command)}`);
  return command;
}

describe('nbdscope host', () => {
  it('takes our short form, where a parameter adds its filter', () => {
    expect(hosted('memory 64M rdelay=40ms wdelay=40ms')).toMatchObject({
      plugin: 'memory',
      filters: [],
      addFilters: true,
      parameters: [
        ['size', '64M'],
        ['rdelay', '40ms'],
        ['wdelay', '40ms'],
      ],
      address: { kind: 'unix' },
      window: true,
    });
  });

  it("takes nbdkit's own form, as a blog post has it", () => {
    const line = '-fv -U /tmp/sock --filter=log --filter=delay memory size=64M logfile=/tmp/log rdelay=40ms';
    expect(hosted(line)).toMatchObject({
      filters: ['log', 'delay'],
      addFilters: false,
      verbose: true,
      address: { kind: 'unix', path: '/tmp/sock' },
      parameters: [
        ['size', '64M'],
        ['logfile', '/tmp/log'],
        ['rdelay', '40ms'],
      ],
    });
  });

  it('listens on TCP when a port is named, on another address only when told twice', () => {
    expect(hosted('-p 10810 memory 1M').address).toEqual({ kind: 'tcp', port: 10_810, exposed: false });
    expect(hosted('-p 1 -i 10.0.0.1 --expose memory 1M').address).toMatchObject({
      host: '10.0.0.1',
      exposed: true,
    });
  });

  it('protects the disk with -r, and names its export with -e', () => {
    const command = hosted('-r -e scratch memory 1M');
    expect(command.filters).toEqual(['readonly']);
    expect(command.addFilters).toBe(true);
    expect(command.exportName).toBe('scratch');
  });

  it('takes a file with faults', () => {
    expect(hosted('--faults rules.json memory 1M').faults).toBe('rules.json');
    expect(hosted('memory 1M').faults).toBeNull();
  });

  it('hosts as many disks as --disks says, with a socket for each', () => {
    expect(hosted('memory 64M').disks).toBeNull();
    expect(hosted('--disks 5 -U /tmp/sock%d memory 64M')).toMatchObject({
      disks: 5,
      address: { kind: 'unix', path: '/tmp/sock%d' },
    });
    expect(hosted('--disks=64 -p 10809 memory 64M').disks).toBe(64);
  });

  it.each([
    ['--disks 0 memory 1M', '1 to 64 disks'],
    ['--disks 65 memory 1M', '1 to 64 disks, not 65 (nbdscope host --help tells more)'],
    ['--disks some memory 1M', '1 to 64 disks'],
    ['--disks 1.5 memory 1M', '1 to 64 disks'],
    ['--disks 2 -U /tmp/sock memory 1M', 'put %d where'],
    ['--disks 2 -U /tmp/sock%s memory 1M', '"%s" stands for nothing'],
    ['', "missing required argument 'plugin'"],
    ['memory 64X', 'unknown size suffix "X"'],
    ['memory 64M -U /tmp/x -p 1', 'give one of them'],
    ['-p 99999 memory 1M', '0 to 65535'],
    ['-i 10.0.0.1 memory 1M', '10.0.0.1 is not a loopback address'],
    ['--expose memory 1M', '--expose goes with -i ADDRESS'],
    ['--filter', 'argument missing'],
    ['memory 1M --faults=', '--faults needs the name of a file'],
    ['--frobnicate memory 1M', "unknown option '--frobnicate'"],
  ])('refuses "%s" in one line', (line, message) => {
    const command = parse(line);
    expect(command.kind).toBe('error');
    expect('text' in command ? command.text : '').toContain(message);
    expect('text' in command ? command.text : '\n').not.toContain('\n');
  });

  it('explains itself', () => {
    const help = parse('--help');
    expect(help.kind === 'text' ? help.text : '').toContain('--filter=log --filter=delay memory size=64M');
  });

  it('lists every kind of disk in a line, and what a kind takes when it is named', () => {
    const all = parse('--help');
    const text = all.kind === 'text' ? all.text : '';
    for (const { name, summary } of PLUGINS) {
      expect(
        text.split('\n').filter((line) => line.startsWith(`  ${name}`) && line.endsWith(summary)),
      ).toHaveLength(1);
    }
    expect(text).not.toContain('sslverify=');
    const one = parse('curl --help');
    expect(one.kind === 'text' ? one.text : '').toMatch(
      /What curl takes; url= may be left out:\n {2}url= .*\n(.*\n)* {2}sslverify=/,
    );
  });
});
