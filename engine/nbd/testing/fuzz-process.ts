import { CurlFuzz } from '../curl/testing/curl-fuzz.ts';
import { DataFuzz } from '../data/testing/data-fuzz.ts';
import { FloppyFuzz } from '../floppy/testing/floppy-fuzz.ts';
import { RemoteFuzz } from '../remote/testing/remote-fuzz.ts';
import type { FuzzPart } from './fuzz-part.ts';

/**
 * The program that `FuzzApart` runs: a part and the seed of its first case as arguments. Told how many cases to try, it
 * names each as it begins and answers with a {@link FuzzReport}. What is thrown past it ends it, as it would end the product.
 */

/** What a part can be. */
const PARTS = {
  data: DataFuzz,
  floppy: FloppyFuzz,
  curl: CurlFuzz,
  remote: RemoteFuzz,
} as const;

export type FuzzPartName = keyof typeof PARTS;

/** How a batch of cases went. */
export interface FuzzReport {
  /** Cases so far. */
  readonly count: number;
  /** JavaScript objects and what they keep outside the heap, once garbage is collected, bytes. */
  readonly liveBytes: number;
  /** The most memory that the process ever had, bytes. */
  readonly peakBytes: number;
  /** The case that took longest so far. */
  readonly slowestSeed: number;
  readonly slowestMs: number;
}

/** What the program tells: a case begins, a batch is done, or a promise was broken. */
export type FuzzMessage =
  | { readonly kind: 'begins'; readonly seed: number }
  | { readonly kind: 'report'; readonly report: FuzzReport }
  | { readonly kind: 'broken'; readonly seed: number; readonly why: string };

const [name = '', first = '1'] = process.argv.slice(2);
const tell = (message: FuzzMessage): void => void process.send?.(message);

let seed = Number(first);
let count = 0;
let slowestMs = 0;
let slowestSeed = seed;

async function caseOf(part: FuzzPart): Promise<void> {
  const mine = seed;
  seed += 1;
  count += 1;
  tell({ kind: 'begins', seed: mine });
  const from = performance.now();
  try {
    await part.once(mine);
  } catch (error) {
    tell({ kind: 'broken', seed: mine, why: error instanceof Error ? (error.stack ?? '') : String(error) });
  }
  const took = performance.now() - from;
  if (took > slowestMs) [slowestMs, slowestSeed] = [took, mine];
}

async function runBatch(part: FuzzPart, cases: number): Promise<FuzzReport> {
  const until = count + cases;
  const worker = async (): Promise<void> => {
    while (count < until) await caseOf(part);
  };
  await Promise.all(Array.from({ length: part.atOnce }, worker));
  for (let i = 0; i < 4; i += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { count, liveBytes: heapUsed + external, peakBytes, slowestSeed, slowestMs };
}

function isPart(text: string): text is FuzzPartName {
  return Object.hasOwn(PARTS, text);
}

if (!isPart(name)) throw new Error(`"${name}": use ${Object.keys(PARTS).join(', ')}`);
const part: FuzzPart = await PARTS[name].begin();
process.on('message', (cases: number) => {
  void runBatch(part, cases).then((report) => tell({ kind: 'report', report }));
});
process.once('disconnect', () => {
  void Promise.resolve(part.close()).then(() => process.exit());
});
