import { homedir } from 'node:os';
import { RefusedError } from '#engine/refused-error.ts';

/** Characters that a shell gives a meaning of its own outside quotes, and what that is. */
const POWERS: Readonly<Record<string, string>> = {
  '`': 'runs a command',
  ';': 'ends the command',
  '&': 'runs it in the background',
  '|': 'pipes it on',
  '<': 'redirects its input',
  '>': 'redirects its output',
  '(': 'begins a subshell',
  ')': 'ends a subshell',
  '*': 'stands for file names',
  '?': 'stands for file names',
  '[': 'stands for file names',
  '{': 'stands for several words',
};
/** What has a meaning at the beginning of a word only. */
const POWERS_AT_START: Readonly<Record<string, string>> = {
  '~': "stands for another's home directory",
  '#': 'begins a comment',
};
const BLANK = /[ \t]/;
/** A `~` that is one's own home directory where a word begins (POSIX shell, 2.6.1). */
const HOME = /^~(?=[/ \t\n]|$)/;
/** The characters that a backslash keeps from their meaning between double quotes (POSIX shell, 2.2.3). */
const ESCAPED_IN_QUOTES = '$`"\\';

/**
 * The words of a line as a POSIX shell reads its quotes: '...', "..." and \, a backslash at a line's end that joins it to
 * the next, and `~/` where a word begins. Everything else a shell could do is refused, as no shell will see the line.
 * @throws RefusedError naming the character that has a shell's meaning, and how to write it as itself.
 */
export function shellWords(line: string): string[] {
  const text = line.trim();
  const words: string[] = [];
  let word: string | null = null;
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '\\') {
      const next = text[at + 1];
      if (next === undefined) throw new RefusedError('the line ends in a backslash; leave it out');
      // A joined line is as if it had never been broken.
      if (next !== '\n') word = (word ?? '') + next;
      at += 2;
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new RefusedError("a quote ' is opened and not closed");
      word = (word ?? '') + text.slice(at + 1, end);
      at = end + 1;
    } else if (char === '"') {
      const [quoted, end] = doubleQuoted(text, at + 1);
      word = (word ?? '') + quoted;
      at = end;
    } else if (BLANK.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else if (word === null && HOME.test(text.slice(at))) {
      word = homedir();
      at += 1;
    } else {
      refusePowers(text, at, word === null);
      word = (word ?? '') + char;
      at += 1;
    }
  }
  if (word !== null) words.push(word);
  for (const each of words) {
    if (each.includes('\0'))
      throw new RefusedError('a word holds a zero byte, which no program can be given');
  }
  return words;
}

/** The text from `start` to the closing quote, and the place behind it. */
function doubleQuoted(text: string, start: number): [text: string, end: number] {
  let quoted = '';
  let at = start;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '"') return [quoted, at + 1];
    const next = text[at + 1] ?? '';
    if (char === '\\' && next === '\n') {
      at += 2;
    } else if (char === '\\' && next !== '' && ESCAPED_IN_QUOTES.includes(next)) {
      quoted += next;
      at += 2;
    } else {
      if (char === '$') refuseDollar(text, at);
      if (char === '`') throw refused('`', 'runs a command');
      quoted += char;
      at += 1;
    }
  }
  throw new RefusedError('a quote " is opened and not closed');
}

function refusePowers(text: string, at: number, startsWord: boolean): void {
  const char = text[at] ?? '';
  if (char === '\n') throw new RefusedError('give one command; a line may go on behind a backslash');
  if (char === '$') refuseDollar(text, at);
  if (/^\$['"]/.test(text.slice(at, at + 2))) {
    throw refused(text.slice(at, at + 2), 'begins a quote that shells read in different ways');
  }
  const power = POWERS[char] ?? (startsWord ? POWERS_AT_START[char] : undefined);
  if (power !== undefined) throw refused(char, power);
}

/** A `$` that stands before nothing a shell knows is itself. */
function refuseDollar(text: string, at: number): void {
  const [found] = /^\$(\(|\{[^}]*\}?|[A-Za-z_]\w*|[\d@*#?$!-])/.exec(text.slice(at)) ?? [];
  if (found === undefined) return;
  if (found === '$(') throw refused('$(', 'runs a command');
  throw new RefusedError(
    `${found} is a variable, and no shell reads this line; write its value, or put it between ' and '`,
  );
}

function refused(what: string, power: string): RefusedError {
  return new RefusedError(
    `${what} ${power}, and no shell reads this line; leave it out, or put it between ' and ' if it is meant as itself`,
  );
}

/** Words as a line that a POSIX shell, and {@link shellWords}, read as the same words. */
export function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
