import type { Answer } from '#shared/channel/answer.ts';
import type { StructureAtAnswer, StructureChain, StructureLine } from '#shared/contract/structures.ts';
import { stripeInWords } from '#shared/structures/striped-range.ts';
import type { Located, Stretch } from '../knowledge/structure-index.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';

const BLOCK_BYTES = 4096n;

/** What a block belongs to: a chain for each stretch of it. */
export async function answerStructureAt(
  sight: Sight,
  { disk, block, atSequence }: StructureQuestionAbout<'structureAt'>,
): Promise<Answer> {
  const { version, index } = await sight.indexAt(disk, atSequence);
  const startBytes = BigInt(block) * BLOCK_BYTES;
  const chains: StructureChain[] = [];
  for (const stretch of index.between(startBytes, startBytes + BLOCK_BYTES)) {
    if (stretch.at.parent !== null) chains.push(chainOf(stretch, disk, startBytes));
  }
  const json: StructureAtAnswer = { chains, version: version.number };
  return { json, columns: {} };
}

function chainOf(stretch: Stretch, disk: number, blockBytes: bigint): StructureChain {
  const { startBytes, endBytes, fileBytes } = stretch;
  return {
    chain: linesTo(stretch, disk),
    fromBytes: Number(startBytes - blockBytes),
    toBytes: Number(endBytes - blockBytes),
    fileBytes: fileBytes === null ? null : [`${fileBytes}`, `${fileBytes + (endBytes - startBytes)}`],
  };
}

/** A structure with what it lies in, outermost first; without the disk. */
function linesTo({ at, startBytes }: Stretch, disk: number): StructureLine[] {
  const lines: StructureLine[] = [];
  for (let each: Located | null = at; each !== null && each.parent !== null; each = each.parent) {
    const line = lineOf(each, disk);
    const { stripes } = each.structure;
    const stripe = stripes === undefined ? null : stripeInWords(stripes, startBytes);
    lines.unshift(stripe === null ? line : { ...line, name: `${line.name}, ${stripe}` });
  }
  return lines;
}

/** A structure as it is named in answers. */
export function lineOf({ path, structure }: Located, disk: number): StructureLine {
  return { disk, path, kind: structure.kind, name: structure.name };
}
