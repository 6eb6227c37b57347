import type { Backend } from '../backend.ts';
import type { MemoryAllowance } from '../memory-allowance.ts';

/** `key=value` parameters in the order in which they were given; a key may come more than once. */
export type Parameters = readonly (readonly [key: string, value: string])[];

/** What a plugin is made in, besides its own parameters. */
export interface PluginContext {
  /** What the disk may take of memory. */
  readonly allowance: MemoryAllowance;
  /** Nothing is to be opened for writing. */
  readonly readOnly: boolean;
  /** Whether parameters may have other files read than the one the plugin is for, as `<FILE` of `data` does. */
  readonly allowFiles: boolean;
}

/** Something that has happened to a disk while it is served. */
export interface Happening {
  /** How it stands from now on, in words; null when all is well. */
  readonly status: string | null;
  /** To be told to people once; null for nothing. */
  readonly text: string | null;
  readonly level: 'info' | 'warning';
}

export type TellHappening = (happening: Happening) => void;

/** A disk without its filters, and what people are told of it. Values may change while it is served. */
export interface PluginDisk {
  readonly backend: Backend;
  /** A short name: `memory 64 MiB`, `disk.img`. */
  readonly name: string;
  /** What it is, in words: `64 MiB in memory`. */
  readonly words: string;
  /** What it cannot do here that it could elsewhere, or what has happened to it; a sentence each. */
  readonly warnings: readonly string[];
  /** Real memory that it takes. */
  readonly usedBytes: number;
  /** Whether what is written to it is gone when it is no longer served. */
  readonly volatile: boolean;
  /** The file of this machine that it is in, by its whole path; absent where it is in none. */
  readonly file?: string;
  /** Has what happens to it from now on told, besides in `warnings`; absent where nothing can happen. */
  watch?(tell: TellHappening): void;
}

/** A parameter as help shows it. */
export interface PluginParameter {
  readonly key: string;
  /** What it is for, in a few words. */
  readonly summary: string;
}

/** A kind of disk, under nbdkit's name. */
export interface Plugin {
  readonly name: string;
  /** Other names under which it can be asked for. */
  readonly aliases?: readonly string[];
  /** What it is, in a few words. */
  readonly summary: string;
  readonly parameters: readonly PluginParameter[];
  /** The parameter that a word without a key stands for (nbdkit(1), "Magic parameters"). */
  readonly magicKey: string;
  /** Whether `key` is a parameter of it. */
  takes(key: string): boolean;
  /**
   * Makes the disk from parameters that it takes.
   * @throws ParameterError or Error naming what was refused and what would do.
   */
  create(parameters: Parameters, context: PluginContext): Promise<PluginDisk>;
}

/** The last value of a parameter, as nbdkit has it; null when it was not given. */
export function lastValue(parameters: Parameters, key: string): string | null {
  return parameters.findLast(([name]) => name === key)?.[1] ?? null;
}
