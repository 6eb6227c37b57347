import * as v from 'valibot';
import type { CompareRequest } from '#engine/compare/comparison.ts';
import type { LogSet } from '#engine/disk-set.ts';
import type { EngineOptions } from '#engine/engine.ts';
import type { DiskAtStake } from '#engine/hosted-disks.ts';

/** What the shell tells the engine's process. Ports of windows come along with `window`. */
export type ToEngine =
  | { readonly kind: 'window' }
  | { readonly kind: 'open'; readonly logs: readonly string[]; readonly sizeBytes: bigint | null }
  | { readonly kind: 'open-set'; readonly set: LogSet }
  | { readonly kind: 'compare'; readonly request: CompareRequest }
  | { readonly kind: 'captions'; readonly path: string }
  | { readonly kind: 'stdin'; readonly sizeBytes: bigint | null }
  | { readonly kind: 'record'; readonly path: string }
  | { readonly kind: 'images'; readonly images: readonly string[] }
  | { readonly kind: 'stdin-bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stdin-end' }
  | { readonly kind: 'at-stake' }
  | { readonly kind: 'save'; readonly source: number; readonly path: string }
  | { readonly kind: 'dispose' };

/** What the engine's process tells the shell: it takes more of standard input, and answers to what it was asked. */
export type FromEngine =
  | { readonly kind: 'stdin-more' }
  | { readonly kind: 'at-stake'; readonly disks: readonly DiskAtStake[] }
  /** `problem` is a sentence, null when all went well. */
  | { readonly kind: 'saved'; readonly source: number; readonly problem: string | null };

const StartSchema = v.object({ version: v.string(), stateDir: v.string(), assetsDir: v.string() });

/** The engine's options as the one argument of its process. */
export function encodeStart(options: Omit<EngineOptions, 'host'>): string {
  return JSON.stringify(options);
}

/** Throws when the argument is not what `encodeStart` makes. */
export function decodeStart(text: string | undefined): EngineOptions {
  return { ...v.parse(StartSchema, JSON.parse(text ?? 'null')), host: 'electron' };
}
