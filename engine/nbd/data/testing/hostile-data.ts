import { type Draw, once, pick, wideNumber } from '../../testing/fuzz-part.ts';

/** A data string that somebody handed over, and the parameters that came with it. */
export interface HostileData {
  readonly text: string;
  readonly variables: readonly (readonly [name: string, text: string])[];
}

/** What the language is written in, and some that it is not. */
const CHARACTERS = ' \t\n\f0123456789abcxXlebe:()*[]-><@+^"\\$#_zé漢🎉\0\u001b\u202e\ud800%,';
const MOST_CHARACTERS = 60_000;

/** The number of a byte, an offset or a repetition: mostly small, now and then of any size. */
function number(draw: Draw): string {
  if (once(draw, 40)) return '9'.repeat(1 + draw(3000));
  const value = once(draw, 6) ? wideNumber(draw) : BigInt(draw(300));
  return pick(draw, [value.toString(), `0x${value.toString(16)}`, `0${value.toString(8)}`]);
}

/** Names that come again, and one that is far too long. */
function name(draw: Draw): string {
  return once(draw, 60) ? 'n'.repeat(draw(5000)) : `n${draw(4)}`;
}

function file(draw: Draw, files: readonly [string, ...string[]]): string {
  return once(draw, 10) ? `<${'/x'.repeat(draw(3000))}` : `<${pick(draw, files)}`;
}

function quoted(draw: Draw): string {
  const inside = Array.from({ length: draw(20) }, () =>
    pick(draw, ['a', 'é', '漢', '\\n', '\\x41', '\\"', '\\\\', '\0', '\\u', '\\x4']),
  );
  return `"${inside.join('')}${once(draw, 20) ? '' : '"'}`;
}

/** Expressions as they may be written, with anything for their numbers. */
function expressions(draw: Draw, depth: number, files: readonly [string, ...string[]]): string {
  const inner = (): string => expressions(draw, depth - 1, files);
  const one = (): string => {
    switch (draw(depth <= 0 ? 6 : 13)) {
      case 0:
        return number(draw);
      case 1:
        return quoted(draw);
      case 2:
        return `@${pick(draw, ['', '+', '-', '^'])}${once(draw, 3) ? 2 ** draw(63) : number(draw)}`;
      case 3:
        return `\\${name(draw)}`;
      case 4:
        return `$v${draw(4)}`;
      case 5:
        return `${pick(draw, ['le', 'be'])}${pick(draw, ['16', '32', '64'])}:${number(draw)}`;
      case 6:
        return file(draw, files);
      case 7:
      case 8:
        return `(${inner()})*${number(draw)}`;
      case 9:
        return `(${inner()})[${once(draw, 3) ? '' : number(draw)}:${once(draw, 3) ? '' : number(draw)}]`;
      case 10:
        return `(${inner()}) -> \\${name(draw)}`;
      case 11:
        return `${file(draw, files)}[${number(draw)}:${once(draw, 2) ? '' : number(draw)}]`;
      default:
        return `(${inner()})`;
    }
  };
  return Array.from({ length: 1 + draw(6) }, one).join(pick(draw, [' ', ' ', '\n', ' # said\n']));
}

/** Little text for much work: each kind of it once went too far somewhere. */
function bomb(draw: Draw): HostileData {
  const times = 1 + draw(3000);
  const text = (of: string): HostileData => ({ text: of, variables: [] });
  switch (draw(10)) {
    case 0:
      return text(`${'('.repeat(times)}1${')'.repeat(times)}`);
    case 1:
      return text(`1${`*${1 + draw(2000)}`.repeat(draw(20))}`);
    case 2:
      return text(`1 -> \\a0 ${doubling(40 + draw(200))} \\a${draw(200)}`);
    case 3:
      return text(`(${`@${draw(50_000)} ${draw(256)} `.repeat(times)})*${number(draw)}`);
    case 4:
      return text(`(1*${draw(32_769)} @+${draw(4)} )`.repeat(times));
    case 5:
      return text(`(${'(1 @+70000) '.repeat(times)})*${1 + draw(10_000)}`);
    case 6:
      return text(`(1 @0)*${1 + draw(10_000_000)} (0 1 @+1)*${1 + draw(5_000_000)}`);
    case 7:
      return text(`${'<'.repeat(times)}${'"'.repeat(1 + draw(2))}${'\\'.repeat(times)}`);
    case 8:
      return text(`((1 @+${1 + draw(100_000)})*${1 + draw(3_000_000)})[${draw(1000)}:${number(draw)}]`);
    default: {
      const count = 2 + draw(60);
      const chain = Array.from({ length: count }, (_none, i): [string, string] => [
        `v${i}`,
        `$v${(i + 1) % count} $v${i + 1}*${1 + draw(3)}`,
      ]);
      return { text: '$v0', variables: once(draw, 2) ? chain : [...chain, [`v${count}`, '0x55*16000']] };
    }
  }
}

function doubling(names: number): string {
  return Array.from({ length: names }, (_none, i) => `(\\a${i} \\a${i}) -> \\a${i + 1}`).join(' ');
}

/** Takes some characters away, and puts others in. */
function spoilt(draw: Draw, text: string): string {
  const characters = [...text];
  for (let i = 1 + draw(8); i > 0; i -= 1) {
    const at = draw(characters.length + 1);
    const put = once(draw, 3) ? [] : [CHARACTERS[draw(CHARACTERS.length)] ?? ''];
    characters.splice(at, draw(3), ...put);
  }
  return characters.join('');
}

/**
 * A data string of any kind: in good form, spoilt, noise, or a bomb.
 * @param files what it may name as files. @param sample one that is right.
 */
export function hostileData(draw: Draw, files: readonly [string, ...string[]], sample: string): HostileData {
  const kind = draw(8);
  const made = ((): HostileData => {
    if (kind === 0) return bomb(draw);
    if (kind === 1) return { text: spoilt(draw, sample), variables: [] };
    const noise = (): string =>
      Array.from({ length: draw(200) }, () => CHARACTERS[draw(CHARACTERS.length)]).join('');
    const text = kind === 2 ? noise() : expressions(draw, draw(6), files);
    const variables = Array.from({ length: draw(4) }, (_none, i): [string, string] => [
      `v${i}`,
      expressions(draw, draw(3), files),
    ]);
    return { text: kind === 3 ? spoilt(draw, text) : text, variables };
  })();
  return { ...made, text: made.text.slice(0, MOST_CHARACTERS) };
}
