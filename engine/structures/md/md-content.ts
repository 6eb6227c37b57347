import { formatBytes } from '#shared/bytes/size.ts';
import { chunkOf, placeInArray } from '#shared/raid/geometry.ts';
import type { Extent, Structure, StructureKind } from '#shared/structures/structure.ts';
import type { MdArray, Standing } from './md-array.ts';
import type { MdMember } from './md-member.ts';
import { arrayInWords, layoutInWords, levelInWords } from './md-words.ts';

/** Parity chunks of a member that are named one by one; on larger ones it is only said where they are. */
const MAX_PARITY_EXTENTS = 65_536;
const BREATH = 4096;

/** What the data of a member are: the array's, a spare's; extents count from the member's volume. */
export async function contentOf(
  array: MdArray,
  standing: Standing,
  member: MdMember,
  breathe: () => Promise<void>,
): Promise<Structure> {
  const { superblock } = array;
  const name = arrayInWords(superblock);
  const data = usedOf(array, member);
  if (standing.kind !== 'active') {
    const [kind, words] = idle(standing.kind);
    return {
      key: standing.kind,
      kind,
      name: `${words} ${name}`,
      facts: [],
      extents: [data],
      children: [],
    };
  }
  const children: Structure[] = [];
  if (array.problem !== null) {
    const words = `what is in ${name}: not understood here, because ${array.problem}`;
    children.push({
      key: 'unread',
      kind: 'notUnderstood',
      name: words,
      facts: [],
      extents: [],
      children: [],
    });
  }
  if (array.shape !== null) {
    for (const [key, words, role] of [
      ['parity', 'parity', 'parity'],
      ['parityQ', 'Q parity', 'q'],
    ] as const) {
      const parity = await parityOf(array, standing.index, data, role, breathe);
      if (parity !== null)
        children.push({ key, kind: 'parity', name: `${words} of ${name}`, children: [], ...parity });
    }
  }
  const facts = factsOf(array, standing.index);
  const whole: Structure = { key: 'array', kind: 'array', name, facts, extents: [data], children };
  const { shape } = array;
  return shape === null ? whole : { ...whole, stripes: { ...data, member: standing.index, shape } };
}

function usedOf({ superblock }: MdArray, { superblock: { data } }: MdMember): Extent {
  const used = data.startBytes + superblock.memberBytes;
  const isTold = superblock.level >= 1 && superblock.memberBytes > 0n && used < data.endBytes;
  return { startBytes: data.startBytes, endBytes: isTold ? used : data.endBytes };
}

function idle(kind: Exclude<Standing['kind'], 'active'>): readonly [StructureKind, string] {
  switch (kind) {
    case 'spare':
      return ['spare', 'spare of'];
    case 'faulty':
      return ['arrayMember', 'data of a failed member of'];
    case 'outOfDate':
      return ['arrayMember', 'out of date data of'];
    case 'twice':
      return ['arrayMember', 'a second copy of a member of'];
    case 'journal':
      return ['journal', 'write journal of'];
  }
}

function factsOf(array: MdArray, index: number): readonly (readonly [string, string])[] {
  const { superblock, missing, volume } = array;
  const layout = layoutInWords(superblock);
  const here = superblock.raidDisks - missing.length;
  const facts: (readonly [string, string] | null)[] = [
    ['Level', levelInWords(superblock.level)],
    layout === null ? null : ['Layout', layout],
    superblock.chunkBytes === 0 || superblock.level === 1
      ? null
      : ['Chunk', formatBytes(superblock.chunkBytes)],
    volume === null
      ? ['Members', String(superblock.raidDisks)]
      : ['Members', `${here} of ${superblock.raidDisks} are here`],
    missing.length === 0 ? null : ['Missing', missing.join(', ')],
    ['This member', String(index)],
    volume === null ? null : ['Size', formatBytes(volume.sizeBytes)],
    ['UUID', superblock.uuid],
    ['Events', String(superblock.events)],
  ];
  return facts.filter((each) => each !== null);
}

async function parityOf(
  { shape, superblock }: MdArray,
  member: number,
  data: Extent,
  role: 'parity' | 'q',
  breathe: () => Promise<void>,
): Promise<Pick<Structure, 'facts' | 'extents'> | null> {
  if (shape === null || shape.level < 4 || shape.level > 6 || (role === 'q' && shape.level !== 6))
    return null;
  const chunkBytes = chunkOf(shape);
  const rows = superblock.memberBytes / chunkBytes;
  const rotation = BigInt(shape.memberCount);
  const inTurn = (row: bigint): boolean =>
    placeInArray({ ...shape, memberBytes: null }, member, row * chunkBytes)?.role.kind === role;
  const turns: bigint[] = [];
  for (let row = 0n; row < rotation; row += 1n) if (inTurn(row)) turns.push(row);
  if (turns.length === 0) return null;
  const extentOf = (row: bigint, count = 1n): Extent => {
    const startBytes = data.startBytes + row * chunkBytes;
    return { startBytes, endBytes: startBytes + count * chunkBytes };
  };
  if (turns.length === shape.memberCount) return { facts: [], extents: [extentOf(0n, rows)] };
  const [turn = 0n] = turns;
  const facts = [['Where', `chunk ${turn} of each ${rotation}`]] as const;
  if (rows / rotation > BigInt(MAX_PARITY_EXTENTS)) return { facts, extents: [] };
  const extents: Extent[] = [];
  for (let row = turn; row < rows; row += rotation) {
    extents.push(extentOf(row));
    if (extents.length % BREATH === 0) await breathe();
  }
  return { facts, extents };
}
