import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellLine, shellWords } from './shell-words.ts';

/** What a POSIX shell makes of a line. */
function wordsOfShell(line: string): string[] {
  const { stdout, status } = spawnSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

describe('shellWords', () => {
  it.each([
    'memory 64M',
    `-U '/tmp/a b' "size=64M"`,
    `data 'x "y" $z' "it's" a\\ b ''`,
    `a"b"'c'd \\"e\\"`,
    '"\\$x \\\\ \\` \\" \\n"',
    'file \\\n  disk.img "a\\\nb"',
    'sum=100% a$ "a $ b" @0x1c0 a~b a#b x=~',
    `file ~/disk ~ ~/'a b' '~/c' \\~/d x=~/e --y=~/f`,
  ])('reads %j as a shell does', (line) => {
    expect(shellWords(line)).toEqual(wordsOfShell(line));
  });

  it('reads back whatever words a line was made of, as a shell does', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0') && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        expect(shellWords(shellLine(words))).toEqual(words);
      }),
    );
    const awkward = ["a'b", 'a"b', '$x', '`id`', ' ', '', 'ä€', '\\', 'a\nb', '--x=y z', '~', '#'];
    expect(wordsOfShell(shellLine(awkward))).toEqual(awkward);
  });

  it('never takes a line otherwise than a shell would, or refuses it', () => {
    const part = fc.constantFrom('a', 'b ', "'", '"', '\\', '$', '`', '(', '#', '~', '{', '=', ' ');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
        const line = `x ${parts.join('')}`;
        let words: string[];
        try {
          words = shellWords(line);
        } catch {
          return;
        }
        expect(words).toEqual(wordsOfShell(line.trim()));
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['memory $SIZE', '$SIZE is a variable'],
    [`memory "\${SIZE}"`, `\${SIZE} is a variable`],
    ['memory $(cat size)', '$( runs a command'],
    ['memory "$(cat size)"', '$( runs a command'],
    ['memory `cat size`', '` runs a command'],
    ['memory "`cat size`"', '` runs a command'],
    ['memory 64M > out', '> redirects its output'],
    ['memory 64M 2>&1', '> redirects its output'],
    ['memory 64M < in', '< redirects its input'],
    ['memory 64M &', '& runs it in the background'],
    ['memory 64M; rm x', '; ends the command'],
    ['memory 64M | tee x', '| pipes it on'],
    ['file ~root/disk', "~ stands for another's home directory"],
    ['file ~"/disk"', '~ stands for'],
    ['file *.img', '* stands for file names'],
    ['file {a,b}', '{ stands for several words'],
    ['memory 64M # small', '# begins a comment'],
    ["memory $'64M'", "$' begins a quote"],
    ['memory 64M\nmemory 1M', 'give one command'],
    ["memory '64M", "a quote ' is opened"],
    ['memory "64M', 'a quote " is opened'],
    ['memory 64M \\', 'ends in a backslash'],
    ['memory a\0b', 'zero byte'],
  ])('refuses %j', (line, message) => {
    expect(() => shellWords(line)).toThrow(message);
  });
});
