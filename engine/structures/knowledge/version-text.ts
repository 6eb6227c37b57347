import * as v from 'valibot';
import { type Extent, STRUCTURE_KINDS, type Structure } from '#shared/structures/structure.ts';
import { StripesSchema, type StripesText, stripesOfText, textOfStripes } from './stripes-text.ts';
import type { KeptVersion } from './versions.ts';

/**
 * What was known of a disk from some row on, as text: JSON of the form {@link VersionText}. A child that is as it was in the
 * version before is told by its key alone, so that versions cost what has changed.
 */
interface TreeText {
  readonly key: string;
  readonly kind: (typeof STRUCTURE_KINDS)[number];
  readonly name: string;
  readonly facts?: readonly (readonly [string, string])[] | undefined;
  /** `START-END`, bytes, END not included; `START-END@FILE` where byte FILE of a file lies at START. */
  readonly extents?: readonly string[] | undefined;
  readonly stripes?: StripesText | undefined;
  readonly children?: readonly (TreeText | string)[] | undefined;
  readonly childrenLeftOut?: number | undefined;
}

const EXTENT = /^(\d{1,20})-(\d{1,20})(?:@(\d{1,20}))?$/;
const whole = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

const TreeSchema: v.GenericSchema<TreeText> = v.object({
  key: v.string(),
  kind: v.fallback(v.picklist(STRUCTURE_KINDS), 'notUnderstood'),
  name: v.string(),
  facts: v.optional(v.array(v.tuple([v.string(), v.string()]))),
  extents: v.optional(v.array(v.pipe(v.string(), v.regex(EXTENT)))),
  stripes: v.optional(StripesSchema),
  children: v.optional(v.array(v.union([v.string(), v.lazy(() => TreeSchema)]))),
  childrenLeftOut: v.optional(whole),
});

const VersionSchema = v.object({
  disk: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)),
  from: whole,
  /** The last row for which the version before still held; absent for the first. */
  formerUntil: v.optional(whole),
  tree: TreeSchema,
});
type VersionText = v.InferOutput<typeof VersionSchema>;

/** A version of what is known of a disk, as a text brings it. */
export interface ReadVersion {
  readonly disk: number;
  readonly fromSequence: number;
  /** The last row for which the version before still held; absent for the first. */
  readonly formerUntil?: number;
  readonly tree: Structure;
}

/** @param before the version that was written for that disk before; null for none. */
export function encodeVersion(
  disk: number,
  { fromSequence, tree }: Pick<KeptVersion, 'fromSequence' | 'tree'>,
  before: Pick<KeptVersion, 'untilSequence' | 'tree'> | null,
): string {
  const text: VersionText = {
    disk,
    from: fromSequence,
    ...(before !== null && { formerUntil: Math.min(before.untilSequence, Number.MAX_SAFE_INTEGER) }),
    tree: textOf(tree, before?.tree ?? null),
  };
  return JSON.stringify(text);
}

/** @param treeBefore the tree that was read for a disk before; null for none. Null for what is no version, or does not follow. */
export function decodeVersion(
  text: string,
  treeBefore: (disk: number) => Structure | null,
): ReadVersion | null {
  try {
    const { disk, from, formerUntil, tree } = v.parse(VersionSchema, JSON.parse(text));
    const read = { disk, fromSequence: from, tree: structureOf(tree, treeBefore(disk)) };
    return formerUntil === undefined ? read : { ...read, formerUntil };
  } catch {
    return null;
  }
}

function textOf(structure: Structure, before: Structure | null): TreeText {
  const { key, kind, name, facts, extents, stripes, children, childrenLeftOut } = structure;
  const former = new Map(before?.children.map((child) => [child.key, child]));
  return {
    key,
    kind,
    name,
    ...(facts.length > 0 && { facts }),
    ...(extents.length > 0 && { extents: extents.map(extentText) }),
    ...(stripes !== undefined && { stripes: textOfStripes(stripes) }),
    ...(children.length > 0 && {
      children: children.map((child) =>
        former.get(child.key) === child ? child.key : textOf(child, former.get(child.key) ?? null),
      ),
    }),
    ...(childrenLeftOut !== undefined && { childrenLeftOut }),
  };
}

/** @throws RangeError when it tells of a child that was not there before. */
function structureOf(text: TreeText, before: Structure | null): Structure {
  const former = new Map(before?.children.map((child) => [child.key, child]));
  const children = (text.children ?? []).map((child) => {
    if (typeof child !== 'string') return structureOf(child, former.get(child.key) ?? null);
    const same = former.get(child);
    if (same === undefined) throw new RangeError(`${child} is not as before: it was not there`);
    return same;
  });
  return {
    key: text.key,
    kind: text.kind,
    name: text.name,
    facts: text.facts ?? [],
    extents: (text.extents ?? []).map(extentOf),
    children,
    ...(text.stripes !== undefined && { stripes: stripesOfText(text.stripes) }),
    ...(text.childrenLeftOut !== undefined && { childrenLeftOut: text.childrenLeftOut }),
  };
}

function extentText({ startBytes, endBytes, fileBytes }: Extent): string {
  return `${startBytes}-${endBytes}${fileBytes === undefined ? '' : `@${fileBytes}`}`;
}

function extentOf(text: string): Extent {
  const [, start = '0', end = '0', file] = EXTENT.exec(text) ?? [];
  const extent = { startBytes: BigInt(start), endBytes: BigInt(end) };
  return file === undefined ? extent : { ...extent, fileBytes: BigInt(file) };
}
