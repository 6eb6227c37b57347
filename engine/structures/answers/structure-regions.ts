import type { Answer } from '#shared/channel/answer.ts';
import type { StructureRegionsAnswer } from '#shared/contract/structures.ts';
import { STRUCTURE_KINDS } from '#shared/structures/structure.ts';
import { isContainer, type Located, type Stretch } from '../knowledge/structure-index.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';

const BLOCK_BYTES = 4096n;

interface Region {
  readonly firstBlock: bigint;
  endBlock: bigint;
  readonly at: Located;
}

/**
 * What lies on a range of blocks, one structure a block; where that makes too many regions, one structure for each of as many equal
 * parts as may be told.
 */
export async function answerStructureRegions(
  sight: Sight,
  question: StructureQuestionAbout<'structureRegions'>,
): Promise<Answer> {
  const { disk, atSequence, most } = question;
  const { version, index } = await sight.indexAt(disk, atSequence);
  const firstBlock = BigInt(question.firstBlock);
  const endBlock = BigInt(question.endBlock);
  const inParts = async (partBlocks: bigint): Promise<Region[] | null> => {
    const parts = new Parts(firstBlock, endBlock, partBlocks, most);
    for (const stretch of index.between(firstBlock * BLOCK_BYTES, endBlock * BLOCK_BYTES)) {
      if (!parts.add(stretch)) return null;
      await sight.breathe();
    }
    return parts.end();
  };
  const exact = await inParts(1n);
  const blocks = endBlock > firstBlock ? endBlock - firstBlock : 1n;
  const regions = exact ?? (await inParts((blocks + BigInt(most) - 1n) / BigInt(most))) ?? [];
  return answerOf(regions, disk, exact === null, version.number);
}

/** Makes regions of stretches that come in order. */
class Parts {
  readonly #regions: Region[] = [];
  readonly #partBlocks: bigint;
  readonly #firstBlock: bigint;
  readonly #endBlock: bigint;
  readonly #most: number;
  /** The part that is being looked at, and the structures in it with their bytes. */
  #part = -1n;
  readonly #inPart = new Map<Located, bigint>();

  constructor(firstBlock: bigint, endBlock: bigint, partBlocks: bigint, most: number) {
    this.#firstBlock = firstBlock;
    this.#endBlock = endBlock;
    this.#partBlocks = partBlocks;
    this.#most = most;
  }

  /** Returns false when there would be too many regions. */
  add({ startBytes, endBytes, at }: Stretch): boolean {
    if (at.parent === null) return true;
    const partBytes = this.#partBlocks * BLOCK_BYTES;
    const base = this.#firstBlock * BLOCK_BYTES;
    const first = (startBytes - base) / partBytes;
    const last = (endBytes - 1n - base) / partBytes;
    this.#addTo(first, at, endBytes - startBytes);
    if (last > first) {
      this.#close();
      // Parts that are all of one structure make one region.
      if (last > first + 1n) this.#push(first + 1n, last, at);
      this.#addTo(last, at, endBytes - (base + last * partBytes));
    }
    return this.#regions.length <= this.#most;
  }

  /** The regions; null when there are too many. */
  end(): Region[] | null {
    this.#close();
    return this.#regions.length <= this.#most ? this.#regions : null;
  }

  #addTo(part: bigint, at: Located, bytes: bigint): void {
    if (part !== this.#part) {
      this.#close();
      this.#part = part;
    }
    this.#inPart.set(at, (this.#inPart.get(at) ?? 0n) + bytes);
  }

  #close(): void {
    let best: Located | null = null;
    let bestWeight = -1n;
    for (const [at, bytes] of this.#inPart) {
      const weight = weightOf(at, bytes);
      if (weight > bestWeight) {
        best = at;
        bestWeight = weight;
      }
    }
    this.#inPart.clear();
    if (best !== null) this.#push(this.#part, this.#part + 1n, best);
  }

  #push(firstPart: bigint, endPart: bigint, at: Located): void {
    const firstBlock = this.#firstBlock + firstPart * this.#partBlocks;
    const whole = this.#firstBlock + endPart * this.#partBlocks;
    const endBlock = whole > this.#endBlock ? this.#endBlock : whole;
    const last = this.#regions.at(-1);
    if (last !== undefined && last.at === at && last.endBlock === firstBlock) last.endBlock = endBlock;
    else this.#regions.push({ firstBlock, endBlock, at });
  }
}

/** The larger of what is told for a part; what only holds others, or is free, gives way however large. */
function weightOf({ structure: { kind } }: Located, bytes: bigint): bigint {
  if (isContainer(kind)) return bytes;
  return kind === 'free' ? bytes << 64n : bytes << 128n;
}

function answerOf(regions: readonly Region[], disk: number, isCoarse: boolean, version: number): Answer {
  const places = new Map<Located, number>();
  const names: string[] = [];
  const paths: string[] = [];
  const kinds = new Uint8Array(regions.length);
  const name = new Uint32Array(regions.length);
  for (const [i, { at }] of regions.entries()) {
    let place = places.get(at);
    if (place === undefined) {
      place = names.length;
      places.set(at, place);
      names.push(at.structure.name);
      paths.push(at.path);
    }
    kinds[i] = STRUCTURE_KINDS.indexOf(at.structure.kind);
    name[i] = place;
  }
  const json: StructureRegionsAnswer = { names, disks: names.map(() => disk), paths, isCoarse, version };
  return {
    json,
    columns: {
      firstBlock: BigUint64Array.from(regions, ({ firstBlock }) => firstBlock),
      endBlock: BigUint64Array.from(regions, ({ endBlock }) => endBlock),
      kind: kinds,
      name,
    },
  };
}
