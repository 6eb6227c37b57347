import type { Answer } from '#shared/channel/answer.ts';
import type { BlockAnswer, Question } from '#shared/contract/questions.ts';
import type { Selection } from './app-store.ts';

/** One request that touched the blocks asked about. */
export interface ListedRequest {
  readonly sequence: number;
  /** µs since the epoch. */
  readonly arrivalUs: number;
  /** NaN while unknown. */
  readonly latencyUs: number;
  readonly op: number;
  /** As in the list of latest requests. */
  readonly errno: number;
  readonly connection: number;
  readonly offsetBytes: bigint;
  readonly lengthBytes: bigint;
}

export interface BlockListState {
  readonly blocks: Selection | null;
  /** Latest first. */
  readonly requests: readonly ListedRequest[];
  /** Earlier ones are left to be asked for. */
  readonly more: boolean;
  /** How many there are in all; null while that is not known. */
  readonly total: number | null;
  readonly loading: boolean;
  readonly trouble: string | null;
}

export const EMPTY_LIST: BlockListState = {
  blocks: null,
  requests: [],
  more: false,
  total: null,
  loading: false,
  trouble: null,
};

/** Requests in a page; and at most as many are listed in all, since a person reads no more. */
export const PAGE_REQUESTS = 200;
export const MOST_LISTED = 50_000;
/** An answer has no more than this. */
const MOST_AT_ONCE = 1000;
/** While the history grows the list is brought up to date no oftener, ms. */
const GROWN_MS = 1500;

type Ask = (question: Question, signal: AbortSignal) => Promise<Answer>;

/** The requests on some blocks, page by page from the latest, as far as somebody has looked. */
export class BlockList {
  readonly #ask: Ask;
  readonly #onChange: () => void;
  #state = EMPTY_LIST;
  #work = new AbortController();
  #refreshTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(ask: Ask, onChange: () => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  get state(): BlockListState {
    return this.#state;
  }

  /** Lists the requests on other blocks. */
  show(blocks: Selection | null): void {
    if (blocks !== null && isSame(blocks, this.#state.blocks)) return;
    this.#work.abort();
    this.#work = new AbortController();
    this.#set({ ...EMPTY_LIST, blocks });
    if (blocks !== null) void this.#load(null, PAGE_REQUESTS);
  }

  /** The next page of earlier requests. */
  loadMore(): void {
    const { loading, more, requests } = this.#state;
    const last = requests.at(-1);
    if (!loading && more && last !== undefined && requests.length < MOST_LISTED) {
      void this.#load(last.sequence, PAGE_REQUESTS);
    }
  }

  /** There is more of the history: the list is asked for anew, soon. */
  grown(): void {
    if (this.#refreshTimer !== null || this.#state.blocks === null) return;
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = null;
      const { loading, requests } = this.#state;
      if (loading) this.grown();
      else void this.#load(null, Math.min(MOST_AT_ONCE, Math.max(PAGE_REQUESTS, requests.length)));
    }, GROWN_MS);
  }

  dispose(): void {
    this.#work.abort();
    if (this.#refreshTimer !== null) clearTimeout(this.#refreshTimer);
  }

  async #load(beforeSequence: number | null, limit: number): Promise<void> {
    const { blocks } = this.#state;
    if (blocks === null) return;
    const { signal } = this.#work;
    this.#set({ ...this.#state, loading: true });
    const question = { about: 'block' as const, ...blocks, beforeSequence };
    try {
      const answer = await this.#ask({ ...question, limit, count: false }, signal);
      if (signal.aborted) return;
      const page = requestsOf(answer);
      const { more } = answer.json as BlockAnswer;
      const before = beforeSequence === null ? [] : this.#state.requests;
      this.#set({ ...this.#state, requests: [...before, ...page], more, loading: false, trouble: null });
      if (beforeSequence !== null) return;
      // Counting looks through the whole history: the list need not wait for it.
      const total = more ? await this.#count(blocks, signal) : page.length;
      if (!signal.aborted) this.#set({ ...this.#state, total });
    } catch (error) {
      if (signal.aborted) return;
      const trouble = error instanceof Error ? error.message : String(error);
      this.#set({ ...this.#state, loading: false, trouble });
    }
  }

  async #count(blocks: Selection, signal: AbortSignal): Promise<number | null> {
    const question = { about: 'block' as const, ...blocks, beforeSequence: null, limit: 1, count: true };
    return ((await this.#ask(question, signal)).json as BlockAnswer).total;
  }

  #set(state: BlockListState): void {
    this.#state = state;
    this.#onChange();
  }
}

function isSame(a: Selection, b: Selection | null): boolean {
  return a.disk === b?.disk && a.firstBlock === b.firstBlock && a.endBlock === b.endBlock;
}

function requestsOf({ columns }: Answer): ListedRequest[] {
  const number = (name: string, i: number): number => Number(columns[name]?.[i] ?? Number.NaN);
  const wide = (name: string, i: number): bigint => BigInt(columns[name]?.[i] ?? 0);
  return Array.from({ length: columns['sequence']?.length ?? 0 }, (_, i) => ({
    sequence: number('sequence', i),
    arrivalUs: number('arrivalUs', i),
    latencyUs: number('latencyUs', i),
    op: number('op', i),
    errno: number('errno', i),
    connection: number('connection', i),
    offsetBytes: wide('offsetBytes', i),
    lengthBytes: wide('lengthBytes', i),
  }));
}
