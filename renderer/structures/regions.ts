import type { Answer, Column } from '#shared/channel/answer.ts';
import type { StructureRegionsAnswer } from '#shared/contract/structures.ts';
import { FAMILIES, familyOfNumber, type StructureFamily } from './kind-look.ts';

/** Stretches of a disk by what lies there, in order and without overlap. */
export interface Regions {
  readonly firstBlock: Float64Array;
  readonly endBlock: Float64Array;
  /** By place in STRUCTURE_KINDS. */
  readonly kind: Uint8Array;
  /** Place in {@link names}. */
  readonly name: Uint32Array;
  readonly names: readonly string[];
  /** Whether neighbours are told as one, for want of room. */
  readonly isCoarse: boolean;
  /** Of what is known. */
  readonly version: number;
}

export const NO_REGIONS: Regions = {
  firstBlock: new Float64Array(),
  endBlock: new Float64Array(),
  kind: new Uint8Array(),
  name: new Uint32Array(),
  names: [],
  isCoarse: false,
  version: 0,
};

/** Reads the answer to a question about regions. */
export function readRegions({ json, columns }: Answer): Regions {
  const { names, isCoarse, version } = json as StructureRegionsAnswer;
  const { firstBlock, endBlock, kind, name } = columns;
  return {
    firstBlock: Float64Array.from(numbers(firstBlock)),
    endBlock: Float64Array.from(numbers(endBlock)),
    kind: Uint8Array.from(numbers(kind)),
    name: Uint32Array.from(numbers(name)),
    names,
    isCoarse,
    version,
  };
}

/** A column as plain numbers; one that is missing has none. */
export function numbers(column: Column | undefined): readonly number[] {
  return Array.from({ length: column?.length ?? 0 }, (_, i) => Number(column?.[i] ?? 0));
}

/** The family of a region. */
export function familyAt(regions: Regions, region: number): StructureFamily {
  return familyOfNumber(regions.kind[region] ?? Number.POSITIVE_INFINITY);
}

export function rankAt(regions: Regions, region: number): number {
  return FAMILIES[familyAt(regions, region)].rank;
}
