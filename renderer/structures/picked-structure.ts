import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { BlockAnswer, Question } from '#shared/contract/questions.ts';
import type { StructureExtentsAnswer } from '#shared/contract/structures.ts';
import type { BlockStretch } from './overlay-scene.ts';
import { numbers } from './regions.ts';

/** A structure that a person has picked, and the moment it is looked at. */
export interface PickedName {
  readonly disk: number;
  readonly path: string;
  readonly name: string;
}

/** What is known of the structure that is picked. */
export interface PickedState {
  readonly picked: PickedName | null;
  /** Where it lies, by disk, ascending. */
  readonly places: ReadonlyMap<number, readonly BlockStretch[]>;
  /** Decimal; null until that is known. */
  readonly bytes: string | null;
  /** Extents that are not told. */
  readonly leftOut: number;
  /** Moments of the requests on it that are known, µs since the epoch, ascending. */
  readonly momentsUs: readonly number[];
  /** Whether those are all. */
  readonly isAllMoments: boolean;
  readonly loading: boolean;
  readonly trouble: string | null;
}

export const NOTHING_PICKED: PickedState = {
  picked: null,
  places: new Map(),
  bytes: null,
  leftOut: 0,
  momentsUs: [],
  isAllMoments: true,
  loading: false,
  trouble: null,
};

/** Of more stretches than this requests are not looked for one by one: the first of them stand for all. */
const MOST_STRETCHES = 64;
/** Stretches that lie nearer together than this are asked about as one, and what is between them sorted out after. */
const NEAR_BLOCKS = 64;
const REQUESTS_AT_ONCE = 1000;
/** A timeline has no more px to show them. */
const MOST_MOMENTS = 20_000;
const BLOCK_BYTES = 4096n;

type Ask = (question: Question, signal: AbortSignal) => Promise<Answer>;

/** Finds where a structure lies and when it was touched. */
export class PickedStructure implements Disposable {
  readonly #ask: Ask;
  readonly #onChange: (state: PickedState) => void;
  #state = NOTHING_PICKED;
  #work = new AbortController();
  /** Moments of the requests that are known, by sequence number; and the number up to which all are, where that is so. */
  #moments = new Map<number, number>();
  #knownTo = -1;
  #isAllKnown = true;
  /** How many rows there were when they were looked for last; null before that. */
  #rows: number | null = null;

  constructor(ask: Ask, onChange: (state: PickedState) => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  get state(): PickedState {
    return this.#state;
  }

  /**
   * Picks a structure as it was at a moment, or none. The same again is looked up anew, and what was known of it stays until then.
   * @param rows how many rows there are: requests are looked for anew once there are others; null for always.
   */
  pick(picked: PickedName | null, atSequence: number, rows: number | null = null): void {
    this.#work.abort();
    this.#work = new AbortController();
    const isSame = picked?.disk === this.#state.picked?.disk && picked?.path === this.#state.picked?.path;
    if (!isSame) this.#forget();
    if (picked === null) this.#set(NOTHING_PICKED);
    else this.#set({ ...(isSame ? this.#state : NOTHING_PICKED), picked, loading: true, trouble: null });
    if (picked !== null) void this.#load(picked, atSequence, rows, this.#work.signal);
  }

  dispose(): void {
    this.#work.abort();
  }

  async #load(
    { disk, path }: PickedName,
    atSequence: number,
    rows: number | null,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const answer = await this.#ask({ about: 'structureExtents', disk, path, atSequence }, signal);
      if (signal.aborted) return;
      const { bytes, leftOut } = answer.json as StructureExtentsAnswer;
      const places = placesOf(answer);
      const isSamePlace = text(places) === text(this.#state.places);
      if (!isSamePlace) this.#forget();
      this.#set({ ...this.#state, places: isSamePlace ? this.#state.places : places, bytes, leftOut });
      const isFound = rows !== null && rows === this.#rows;
      const isAll = isFound ? this.#isAllKnown : await this.#find(places, signal);
      if (signal.aborted) return;
      this.#rows = rows;
      const momentsUs = [...this.#moments.values()].sort((a, b) => a - b);
      this.#set({ ...this.#state, momentsUs, isAllMoments: isAll && leftOut === 0, loading: false });
    } catch (error) {
      if (signal.aborted) return;
      const trouble = error instanceof Error ? error.message : String(error);
      this.#set({ ...this.#state, loading: false, trouble });
    }
  }

  /** Finds the requests that are not known yet; whether all are then. */
  async #find(places: PickedState['places'], signal: AbortSignal): Promise<boolean> {
    const groups = [...places].flatMap(([disk, stretches]) =>
      nearTogether(stretches).map((group) => ({ disk, ...group })),
    );
    let isAll = groups.length <= MOST_STRETCHES;
    let latest = this.#knownTo;
    for (const group of groups.slice(0, MOST_STRETCHES)) {
      const found = await this.#findIn(group, signal);
      if (found === null) return false;
      latest = Math.max(latest, found.latest);
      isAll &&= found.isAll;
    }
    this.#knownTo = latest;
    this.#isAllKnown = isAll;
    return isAll;
  }

  /** Goes back from the latest request on a group to the last that was known; null when called off. */
  async #findIn(
    { disk, firstBlock, endBlock, stretches }: NearStretches & { readonly disk: number },
    signal: AbortSignal,
  ): Promise<{ readonly latest: number; readonly isAll: boolean } | null> {
    let latest = -1;
    let beforeSequence: number | null = null;
    for (;;) {
      const question = { about: 'block' as const, disk, firstBlock, endBlock, beforeSequence, count: false };
      const answer: Answer = await this.#ask({ ...question, limit: REQUESTS_AT_ONCE }, signal);
      if (signal.aborted) return null;
      const sequences = numbers(answer.columns['sequence']);
      addTouching(this.#moments, answer, sequences, stretches);
      latest = Math.max(latest, sequences[0] ?? -1);
      const last = sequences.at(-1) ?? -1;
      if (!(answer.json as BlockAnswer).more) return { latest, isAll: true };
      if (last <= this.#knownTo) return { latest, isAll: this.#isAllKnown };
      if (this.#moments.size >= MOST_MOMENTS) return { latest, isAll: false };
      beforeSequence = last;
    }
  }

  #forget(): void {
    this.#moments = new Map();
    this.#knownTo = -1;
    this.#isAllKnown = true;
    this.#rows = null;
  }

  #set(state: PickedState): void {
    this.#state = state;
    this.#onChange(state);
  }
}

function placesOf({ columns }: Answer): ReadonlyMap<number, readonly BlockStretch[]> {
  const places = new Map<number, BlockStretch[]>();
  const disks = numbers(columns['disk']);
  const firsts = numbers(columns['firstBlock']);
  const ends = numbers(columns['endBlock']);
  disks.forEach((disk, i) => {
    const stretch = { firstBlock: firsts[i] ?? 0, endBlock: ends[i] ?? 0 };
    const list = places.get(disk);
    if (list === undefined) places.set(disk, [stretch]);
    else list.push(stretch);
  });
  return places;
}

interface NearStretches extends BlockStretch {
  readonly stretches: readonly BlockStretch[];
}

/** Stretches with those near to them, in order: each group is asked about at once. */
export function nearTogether(stretches: readonly BlockStretch[]): readonly NearStretches[] {
  const groups: { firstBlock: number; endBlock: number; stretches: BlockStretch[] }[] = [];
  for (const stretch of stretches) {
    const last = groups.at(-1);
    if (last !== undefined && stretch.firstBlock - last.endBlock <= NEAR_BLOCKS) {
      last.endBlock = Math.max(last.endBlock, stretch.endBlock);
      last.stretches.push(stretch);
    } else groups.push({ ...stretch, stretches: [stretch] });
  }
  return groups;
}

/** Adds the moments of those requests of an answer that touch a stretch, by sequence number. */
function addTouching(
  moments: Map<number, number>,
  { columns }: Answer,
  sequences: readonly number[],
  stretches: readonly BlockStretch[],
): void {
  const { arrivalUs, offsetBytes, lengthBytes } = columns;
  sequences.forEach((sequence, i) => {
    const offset = BigInt(offsetBytes?.[i] ?? 0);
    const first = Number(offset / BLOCK_BYTES);
    const end = Number((offset + BigInt(lengthBytes?.[i] ?? 0) + BLOCK_BYTES - 1n) / BLOCK_BYTES);
    const touches = stretches.some(({ firstBlock, endBlock }) => first < endBlock && end > firstBlock);
    if (touches) moments.set(sequence, Number(arrivalUs?.[i] ?? 0));
  });
}

/** The same for the same places. */
function text(places: PickedState['places']): string {
  return JSON.stringify([...places]);
}
