import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Draw, once, pick } from '../../testing/fuzz-part.ts';

const MOST_NAME_BYTES = 255;
const MOST_DEPTH = 70;
const PIECES: readonly [string, ...string[]] = [
  'a',
  'A',
  'ß',
  'ı',
  'é',
  'e\u0301',
  '漢',
  '🎉',
  ' ',
  '.',
  '~1',
  ':',
  '*',
  '?',
  '"',
  '<',
  '|',
  '\\',
  '\n',
  '\u0007',
  '\u001b[2J',
  '\u007f',
  '\u202e',
  '\ufeff',
  '\uffff',
  'longname',
  '(2)',
];
const WHOLE: readonly [string, ...string[]] = [
  'CON',
  'NUL.txt',
  '...',
  '. ',
  ' .x',
  '.hidden',
  'a.b.c.d',
  'LONGNA~1.TXT',
  'longname-1.txt',
  'README.TXT',
  'readme.txt',
  'System Volume Information',
  '-rf',
  '\u00e5',
];

function cut(text: string): string {
  let name = text.replaceAll(/[/\0]/g, '_');
  while (Buffer.byteLength(name) > MOST_NAME_BYTES) name = name.slice(0, -1);
  return name === '' || name === '.' || name === '..' ? '_' : name;
}

/** A name: of FAT's forbidden characters, of as many as a name may have, or bytes that are no text. */
function nameOf(draw: Draw): string | Buffer {
  switch (draw(8)) {
    case 0:
      return pick(draw, WHOLE);
    case 1:
      return cut(pick(draw, PIECES).repeat(300));
    case 2:
      return cut(`${pick(draw, ['a', 'A', 'é']).repeat(draw(260))}${pick(draw, ['', '.txt', '.'])}`);
    case 3:
      return Buffer.from([0x66, 0x80 + draw(0x80), 0xff, 0x31 + draw(9)]);
    case 4:
      return cut(Array.from({ length: 3 }, () => pick(draw, [':', '*', '?', '|'])).join(''));
    default:
      return cut(Array.from({ length: 1 + draw(8) }, () => pick(draw, PIECES)).join(''));
  }
}

const under = (folder: string, name: string | Buffer): string | Buffer =>
  typeof name === 'string' ? join(folder, name) : Buffer.concat([Buffer.from(`${folder}/`), name]);

/** Writes a file itself: never through a link, which may lead anywhere, and never into a FIFO, which would wait. */
function put(path: string | Buffer, more: number, bytes: Buffer, sizeBytes: number | null = null): void {
  const { O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = openSync(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | more, 0o600);
  try {
    writeSync(file, bytes);
    if (sizeBytes !== null) ftruncateSync(file, sizeBytes);
  } finally {
    closeSync(file);
  }
}

const NEW = constants.O_CREAT | constants.O_EXCL;

/** Something in a directory that is neither a plain file nor another directory. */
function putOdd(draw: Draw, folder: string, path: string, outside: string): void {
  switch (draw(5)) {
    case 0:
      symlinkSync('.', path);
      break;
    case 1:
      symlinkSync(folder, path);
      break;
    case 2:
      symlinkSync(outside, path);
      break;
    case 3:
      if (!existsSync(path)) execFileSync('mkfifo', ['--', path]);
      break;
    default:
      symlinkSync(path, path);
  }
}

/**
 * Fills a directory with names that nobody would choose, and with links to `outside`. Returns what ends the servers of
 * sockets in it.
 */
export async function plantTree(draw: Draw, root: string, outside: string): Promise<() => void> {
  const fill = (folder: string, depth: number): void => {
    for (let i = draw(depth === 0 ? 30 : 8); i > 0; i -= 1) {
      const name = nameOf(draw);
      const path = under(folder, name);
      try {
        if (typeof path === 'string' && once(draw, 8)) putOdd(draw, folder, path, outside);
        else if (typeof path === 'string' && once(draw, 6)) {
          mkdirSync(path);
          if (depth < 4) fill(path, depth + 1);
        } else {
          const bytes = Buffer.alloc(once(draw, 3) ? draw(20_000) : draw(10), draw(256));
          put(path, NEW, bytes, once(draw, 20) ? 2 ** draw(32) : null);
          if (once(draw, 10)) utimesSync(path, draw(0xffff_ffff) - 0x7fff_ffff, draw(2 ** 32));
        }
      } catch (error) {
        // A name that is there already, or a path that is too long.
        if (!(error instanceof Error && 'code' in error)) throw error;
      }
    }
  };
  fill(root, 0);
  if (once(draw, 10)) mkdirSync(join(root, 'd/'.repeat(1 + draw(MOST_DEPTH))), { recursive: true });
  if (once(draw, 10)) {
    for (let i = draw(2000); i > 0; i -= 1) {
      put(join(root, `${'n'.repeat(i % 9)}name ${i}.t`), NEW, Buffer.alloc(0));
    }
  }
  if (!once(draw, 6)) return () => undefined;
  const server = createServer();
  const path = join(root, 'sock');
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve());
    server.listen(path, resolve);
  });
  return () => server.close();
}

/** Changes something in a directory, as its owner may do at any time. */
export function disturb(draw: Draw, root: string, outside: string): void {
  const names = readdirSync(root);
  const path = join(root, names[draw(names.length)] ?? 'none');
  const other = join(root, names[draw(names.length)] ?? 'other');
  try {
    switch (draw(7)) {
      case 0:
        put(path, 0, Buffer.alloc(0), draw(3));
        break;
      case 1:
        rmSync(path, { recursive: true });
        break;
      case 2:
        renameSync(path, other);
        break;
      case 3:
        rmSync(path, { recursive: true });
        symlinkSync(outside, path);
        break;
      case 4:
        put(path, constants.O_APPEND, Buffer.from('more'));
        break;
      case 5:
        rmSync(path, { recursive: true });
        mkdirSync(path);
        break;
      default:
        put(path, constants.O_CREAT, Buffer.from('another'));
    }
  } catch (error) {
    // It is not there any more, or a directory.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
