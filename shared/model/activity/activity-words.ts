import { thousands } from '../../bytes/size.ts';
import { errnoName, OP_COUNT, opName } from '../../events/vocabulary.ts';
import type { ErrorSpells } from './error-spells.ts';
import type { NamedSweep } from './sweep-meaning.ts';

/** How activity is said: numbers with their units, one style for the window and the command line. */

/** Bytes per second in decimal units, as md and dd tell them: `31 MB/s`, `1.2 GB/s`, `0 B/s`. */
export function byteRate(bytesPerSecond: number): string {
  for (const [unit, name] of [
    [1e12, 'TB/s'],
    [1e9, 'GB/s'],
    [1e6, 'MB/s'],
    [1e3, 'kB/s'],
  ] as const) {
    // What would round up to the next unit is told in that.
    if (bytesPerSecond >= unit * 0.9995) {
      const scaled = bytesPerSecond / unit;
      return `${scaled < 9.95 ? scaled.toFixed(1) : thousands(Math.round(scaled))} ${name}`;
    }
  }
  return `${Math.round(bytesPerSecond)} B/s`;
}

/** A time to wait or that has passed, in whole units: `12 s`, `3 min 20 s`, `5 h 12 min`, `3 d 4 h`. */
export function wholeTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${thousands(Math.floor(whole / 86_400))} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A share as whole percent; 100 % is said of the whole only. */
export function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`;
}

/** `disk 3`, `disks 1 and 2`, `disks 1, 2 and 4`; names that are no numbered disks are only joined. */
export function listOf(names: readonly string[]): string {
  const numbers = names.map((name) => /^disk (\d+)$/.exec(name)?.[1]);
  const all = numbers.every((number) => number !== undefined);
  const parts = all && names.length > 1 ? numbers.filter((number) => number !== undefined) : names;
  const joined = parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
  return all && names.length > 1 ? `disks ${joined}` : joined;
}

/** What a sweep that goes on is doing. `nameOf` gives the names of the other disks. */
export function sweepWords(named: NamedSweep, nameOf: (disk: number) => string): string {
  const { fraction, bytesPerSecond, secondsLeft } = named;
  const parts = [deedOf(named, nameOf)];
  if (fraction !== null) parts.push(percent(fraction));
  if (bytesPerSecond !== null) parts.push(byteRate(bytesPerSecond));
  if (secondsLeft !== null) parts.push(`${wholeTime(Math.ceil(secondsLeft))} left`);
  return parts.join(', ');
}

function deedOf({ kind, partners }: NamedSweep, nameOf: (disk: number) => string): string {
  const others = listOf(partners.map(nameOf));
  switch (kind) {
    case 'rebuilt':
      return 'being rebuilt';
    case 'copied':
      return `being written in step with reads of ${others}`;
    case 'written':
      return 'being written in sequence';
    case 'scanned':
      return partners.length === 0 ? 'being scanned' : `being read to rebuild ${others}`;
  }
}

/** Which requests come back with errors: `6 of 6 writes came back EIO`. */
export function errorWords(errors: ErrorSpells): string {
  const parts: string[] = [];
  for (let op = 0; op < OP_COUNT; op += 1) {
    const failed = errors.errors[op] ?? 0;
    if (failed === 0) continue;
    parts.push(`${thousands(failed)} of ${thousands(errors.replies[op] ?? 0)} ${pluralOf(opName(op))}`);
  }
  return `${parts.join(', ')} came back with errors, the last ${errnoName(errors.lastErrno)}`;
}

function pluralOf(operation: string): string {
  return operation === 'flush'
    ? 'flushes'
    : operation === 'zero'
      ? 'zeroes'
      : operation === 'extents'
        ? operation
        : `${operation}s`;
}
