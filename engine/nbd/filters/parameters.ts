import { visible } from '../visible.ts';

/**
 * Values of parameters as nbdkit reads them (nbdkit(1), and the filters' own pages). Every function throws
 * {@link ParameterError}, which names the parameter, the value it refused and what would do.
 */

/** A disk that cannot be had as it was asked for; the message is for the person who typed it. */
export class RequestError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RequestError';
  }
}

/** Characters of a value that are quoted. */
const QUOTED_CHARACTERS = 120;

/** A parameter's value that cannot be used. */
export class ParameterError extends RequestError {
  constructor(key: string, value: string, problem: string) {
    super(`${visible(key, 80)}=${visible(value, QUOTED_CHARACTERS)}: ${visible(problem, 400)}`);
    this.name = 'ParameterError';
  }
}

const MAX_DELAY_MS = 0x7fff_ffff;

/** A delay: whole seconds (`2` or `2s`), or whole milliseconds (`40ms`). Returns ms. */
export function readDelay(key: string, value: string): number {
  const match = /^(\d+)(ms|s)?$/.exec(value);
  if (match === null) {
    throw new ParameterError(key, value, 'a delay is whole seconds or milliseconds, as in 2 or 40ms');
  }
  const ms = Number(match[1]) * (match[2] === 'ms' ? 1 : 1000);
  if (ms > MAX_DELAY_MS) throw new ParameterError(key, value, 'a delay is at most 2147483647ms');
  return ms;
}

/** A boolean: 1, true, t, yes, y or on; 0, false, f, no, n or off; in either case. */
export function readBoolean(key: string, value: string): boolean {
  if (/^(1|true|t|yes|y|on)$/i.test(value)) return true;
  if (/^(0|false|f|no|n|off)$/i.test(value)) return false;
  throw new ParameterError(key, value, 'use true or false');
}

/** A rate: `10%`, or a probability from 0 to 1. Returns the probability. */
export function readRate(key: string, value: string): number {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(%?)$/.exec(value);
  const rate = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (!(rate >= 0 && rate <= 1)) {
    throw new ParameterError(key, value, 'a rate is 0% to 100%, or a probability from 0 to 1');
  }
  return rate;
}

/** A whole number from `least` to `most`. */
export function readWhole(key: string, value: string, least: number, most: number): number {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new ParameterError(key, value, `use a whole number from ${least} to ${most}`);
}

/** A file name, which may not be empty. */
export function readFileName(key: string, value: string): string {
  if (value === '' || value.includes('\0')) throw new ParameterError(key, value, 'give the name of a file');
  return value;
}
