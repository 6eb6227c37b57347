/** Names of files as FAT has them: a long one in UTF-16 and a short one of 8 and 3 characters, each its own in a directory. */
export interface FatName {
  readonly long: string;
  /** Eleven ASCII characters, filled up with spaces. */
  readonly short: string;
  /** Whether the short name says all, so that no long one is needed. */
  readonly shortOnly: boolean;
}

/** What no long name may hold (Microsoft's FAT specification, "Long directory entries"): control characters, what fills up a last entry, and these. */
const FORBIDDEN = /[\p{Cc}\uffff"*/:<>?\\|]/gu;
/** UTF-16 units that a long name may have. */
const MAX_UNITS = 255;
const SHORT_FORBIDDEN = /[^A-Z0-9!#$%&'()@^_`{}~-]/g;

/** Gives out names in one directory; what would be taken for one already there gets a number. */
export class FatNames {
  readonly #long = new Set<string>();
  readonly #short = new Set<string>();
  /** The next number to try behind a short name's beginning, and behind a long name that is taken. */
  readonly #next = new Map<string, number>();
  readonly #nextLong = new Map<string, number>();
  /** Names that could not stay as they were. */
  changed = 0;

  give(name: string): FatName {
    const long = this.#freeLong(name);
    const dot = long.lastIndexOf('.');
    const stem = dot > 0 ? long.slice(0, dot) : long;
    const extension = dot > 0 ? long.slice(dot + 1) : '';
    const base = shortened(stem);
    const end = shortened(extension).slice(0, 3);
    const exact = base === stem && base.length <= 8 && end === extension;
    const short =
      exact && !this.#short.has(packed(base, end)) ? packed(base, end) : this.#numbered(base, end);
    this.#short.add(short);
    return { long, short, shortOnly: exact && short === packed(base, end) };
  }

  #freeLong(name: string): string {
    const fit = name.replace(FORBIDDEN, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
    const key = fit.toUpperCase();
    let free = fit;
    // Thousands of names may come to the same, so that each goes on where the one before it ended.
    let number = this.#nextLong.get(key) ?? 2;
    for (; this.#long.has(free.toUpperCase()); number += 1) free = numbered(fit, ` (${number})`);
    if (free !== fit) this.#nextLong.set(key, number);
    this.#long.add(free.toUpperCase());
    if (free !== name) this.changed += 1;
    return free;
  }

  #numbered(base: string, end: string): string {
    const start = base === '' ? '_' : base;
    const key = `${start.slice(0, 2)}.${end}`;
    for (let number = this.#next.get(key) ?? 1; ; number += 1) {
      const tail = `~${number}`;
      const short = packed(start.slice(0, 8 - tail.length) + tail, end);
      if (this.#short.has(short)) continue;
      this.#next.set(key, number + 1);
      return short;
    }
  }
}

/** A name with a number before its extension, cut where it would be too long. */
function numbered(name: string, number: string): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  const end = (dot > 0 ? name.slice(dot) : '').slice(0, MAX_UNITS - number.length - 1);
  // A cut may leave half of a character.
  const start = stem.slice(0, MAX_UNITS - number.length - end.length).replace(/[\ud800-\udbff]$/, '');
  return `${start}${number}${end}`;
}

function shortened(text: string): string {
  return text.toUpperCase().replace(/[. ]/g, '').replace(SHORT_FORBIDDEN, '_');
}

function packed(base: string, end: string): string {
  return base.padEnd(8) + end.padEnd(3);
}
