import { extParser } from './ext/ext-parser.ts';
import { fatParser } from './fat/fat.ts';
import { mdParser } from './md/md.ts';
import { gptParser } from './partitions/gpt.ts';
import { mbrParser } from './partitions/mbr.ts';
import type { StructureParser } from './structure-parser.ts';
import { swapParser } from './swap/swap.ts';

/** Every parser there is, in the order in which volumes are shown to them and what they find is listed. */
export const STRUCTURE_PARSERS: readonly StructureParser[] = [
  mdParser,
  gptParser,
  mbrParser,
  swapParser,
  extParser,
  fatParser,
];
