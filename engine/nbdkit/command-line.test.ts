import { describe, expect, it } from 'vitest';
import { type NbdkitPlan, planNbdkit, readNbdkitLine } from './command-line.ts';
import { whatRunsPrograms } from './programs.ts';

const plan = (line: string): NbdkitPlan => planNbdkit(readNbdkitLine(line), '/run/x', true);

describe('a line for nbdkit', () => {
  it('runs in the foreground with a log outermost, and says what was added', () => {
    const made = plan('memory 64M');
    expect(made.args).toEqual([
      ...['-f', '--exit-with-parent', '-P', '/run/x/pid', '-U', '/run/x/nbd.sock', '--filter=log'],
      ...['--', 'memory', '64M', 'logfile=/run/x/log'],
    ]);
    expect(made).toMatchObject({
      name: 'nbdkit memory 64M',
      uri: 'nbd+unix:///?socket=/run/x/nbd.sock',
      logFile: '/run/x/log',
      errorFile: null,
      logFirstCommand: null,
    });
    expect(made.added.join(' ')).toMatch(/-f.*-U.*--filter=log.*logfile/);
    expect(made.command).toBe(`nbdkit ${made.args.join(' ')}`);
  });

  it('takes a whole pasted command, options in each of their forms and places', () => {
    const line =
      'nbdkit -fv -U/tmp/sock --filter log --filter=delay -e "my disk" memory size=64M -r logfile=/tmp/log rdelay=40ms';
    const made = plan(line);
    expect(made.args).toEqual([
      ...['-f', '--exit-with-parent', '-P', '/run/x/pid', '-U', '/tmp/sock', '--verbose'],
      ...['--exportname=my disk', '--readonly', '--filter=log', '--filter=delay', '--'],
      ...['memory', 'size=64M', 'logfile=/tmp/log', 'rdelay=40ms'],
    ]);
    expect(made).toMatchObject({
      uri: 'nbd+unix:///my%20disk?socket=/tmp/sock',
      socketPath: '/tmp/sock',
      logFile: '/tmp/log',
      added: [],
    });
  });

  it('listens on this machine alone unless another address is named', () => {
    expect(plan('-p 10810 memory 1M')).toMatchObject({ uri: 'nbd://127.0.0.1:10810/', socketPath: null });
    expect(plan('-p 10810 memory 1M').args).toContain('127.0.0.1');
    expect(plan('-p 10810 -i ::1 memory 1M').uri).toBe('nbd://[::1]:10810/');
    expect(plan('-p 1 --tls=require memory 1M').uri).toBe('nbds://127.0.0.1:1/');
  });

  it('finds the file that makes requests fail', () => {
    const files = (parameters: string): string | null =>
      plan(`--filter=log --filter=error memory 1M ${parameters}`).errorFile;
    expect(files('error-rate=100% error-file=/tmp/e')).toBe('/tmp/e');
    expect(files('error-pread-file=/tmp/e error-pwrite-file=/tmp/e')).toBe('/tmp/e');
    expect(files('error-pread-file=/tmp/r error-pwrite-file=/tmp/w')).toBeNull();
    expect(files('error-rate=1%')).toBeNull();
    expect(plan('memory 1M error-file=/tmp/e').errorFile).toBeNull();
  });

  it('has the command with log first where error stands before it', () => {
    const line =
      '-U /tmp/s --filter=error --filter=log --filter=delay memory 1M error-file=/tmp/e logfile=/tmp/l';
    expect(plan(line).logFirstCommand).toContain('--filter=log --filter=error --filter=delay -- memory');
    expect(plan(line).command).toContain('--filter=error --filter=log --filter=delay -- memory');
    expect(plan('--filter=delay --filter=log --filter=error memory 1M').logFirstCommand).toBeNull();
  });

  it('says when nbdkit would go on after a crash', () => {
    expect(plan('memory 1M').outlivesCrash).toBe(false);
    expect(plan('-u nobody memory 1M').outlivesCrash).toBe(true);
    const old = planNbdkit(readNbdkitLine('memory 1M'), '/run/x', false);
    expect([old.outlivesCrash, old.args.includes('--exit-with-parent')]).toEqual([true, false]);
  });

  it.each([
    ['--run "qemu $nbd"', 'is a variable'],
    ["--run 'qemu $nbd' memory 1M", '--run: it runs a command'],
    ['--run=true memory 1M', '--run: it runs a command'],
    ['-s memory 1M', '-s: it serves one client on standard input'],
    ['-fs memory 1M', '-s: it serves'],
    ['--single memory 1M', '--single: it serves'],
    ['--vsock memory 1M', '--vsock: '],
    ['-P /tmp/pid memory 1M', '-P: nbdscope needs a pid file of its own'],
    ['--pidfile=/tmp/pid memory 1M', '--pidfile: '],
    ['--dump-config', '--dump-config: it only prints'],
    ['--help', '--help: it only prints'],
    ['--forg memory 1M', '--forg is no option of nbdkit that is known here'],
    ['-x memory 1M', '-x is no option'],
    ['--f memory 1M', '--f is no option'],
    ['--constructor memory 1M', '--constructor is no option'],
    ['--readonly=yes memory 1M', '--readonly takes no value'],
    ['-U', '-U needs a value'],
    ['--filter', '--filter needs a value'],
    ['-f', 'names no plugin'],
    ['', 'names no plugin'],
    ['-U /tmp/x -p 1 memory 1M', 'give one of them'],
    ['-p 0 memory 1M', '1 to 65535'],
    ['sudo nbdkit memory 1M', 'leave out sudo'],
    ['/usr/sbin/nbdkit memory 1M', 'leave out the path before nbdkit'],
  ])('refuses %j', (line, message) => {
    expect(() => plan(line)).toThrow(message);
  });
});

describe('what runs programs', () => {
  const why = (line: string): string | null => {
    const { plugin, filters, parameters } = plan(line);
    return whatRunsPrograms(plugin, filters, parameters);
  };

  it.each([
    'memory 64M',
    '--filter=error --filter=delay file /tmp/disk error-rate=1% rdelay=1',
    "data '1 2 3'",
    'nbd uri=nbd://localhost',
    'curl https://example.com/disk.img',
  ])('nothing in %j', (line) => {
    expect(why(line)).toBeNull();
  });

  it.each([
    ['sh ./script', 'the plugin sh may run programs'],
    ["eval pread='dd'", 'the plugin eval'],
    ['python x.py', 'the plugin python'],
    ['cc x.c', 'the plugin cc'],
    ['tmpdisk 1G', 'the plugin tmpdisk'],
    ['made-up', 'the plugin made-up'],
    ['./nbdkit-my-plugin.so', 'is a file, whose code'],
    ['--filter=./my.so memory 1M', 'the filter ./my.so is a file'],
    ['--filter=tar file x.tar tar-entry=disk', 'the filter tar'],
    ['memory 1M logscript=/tmp/x', 'logscript=/tmp/x names a program'],
    ['--filter=exitwhen memory 1M exit-when-script=x', 'exit-when-script=x names a program'],
    ['nbd command=qemu-nbd arg=-f', 'command=qemu-nbd names a program'],
    ['curl https://x cookie-script=x', 'cookie-script=x names a program'],
    ["data '<(id)'", 'runs a command'],
    ['nbd nbd+ssh://-oProxyCommand=x/', 'running ssh'],
    ['nbd uri=NBDS+SSH://host/', 'running ssh'],
  ])('something in %j', (line, message) => {
    expect(why(line)).toContain(message);
  });
});
