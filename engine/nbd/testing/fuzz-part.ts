import { random } from './random.ts';

/** Draws whole numbers from 0 to below its argument. */
export type Draw = (below: number) => number;

/** Something that meets hostile input, one case after another or several at a time. */
export interface FuzzPart {
  /** Cases at a time; 1 for what keeps the processor busy rather than waits. */
  readonly atOnce: number;
  /** Tries the case of that seed. @throws Error saying which promise was broken. */
  once(seed: number): Promise<void>;
  close(): Promise<void> | void;
}

/** One of these, at random. */
export function pick<T>(draw: Draw, from: readonly [T, ...T[]]): T {
  return from[draw(from.length)] ?? from[0];
}

/** True once in `times`. */
export const once = (draw: Draw, times: number): boolean => draw(times) === 0;

export function garbage(draw: Draw, most: number): Buffer {
  const bytes = Buffer.allocUnsafe(draw(most + 1));
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = draw(256);
  return bytes;
}

/** A whole number below 2^64, of any magnitude alike. */
export function wideNumber(draw: Draw): bigint {
  const bits = draw(65);
  const any = (BigInt(draw(0x1_0000_0000)) << 32n) | BigInt(draw(0x1_0000_0000));
  return bits === 0 ? 0n : any >> BigInt(64 - bits);
}

/** Draws for a case; cases with neighbouring seeds have nothing in common. */
export function drawsOf(seed: number): Draw {
  return random(Math.imul(seed, 0x9e37_79b1));
}

const MOST_CHARACTERS = 700;

/** Holds that words are for a person: not empty, not long, and nothing in them that a terminal would act on. */
export function expectWords(text: string): void {
  const shown = JSON.stringify(text.slice(0, 200));
  if (text === '') throw new Error('an error without words');
  if (text.length > MOST_CHARACTERS) throw new Error(`${text.length} characters of error: ${shown}`);
  if (/\p{C}/u.test(text)) throw new Error(`an error that a terminal would act on: ${shown}`);
}

/** How long what must come to an end may take, however busy the machine, ms. */
const HANG_MS = 180_000;

/** The outcome of what must come to an end. @throws Error naming it when it does not. */
export async function mustEnd<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no end of it`)), HANG_MS);
  });
  try {
    return await Promise.race([work, hung]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until it is so. @throws Error naming it when it does not come to be. */
export async function mustBecome(what: string, isSo: () => boolean): Promise<void> {
  const until = performance.now() + HANG_MS;
  while (!isSo()) {
    if (performance.now() > until) throw new Error(`${what}: never came to be`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
