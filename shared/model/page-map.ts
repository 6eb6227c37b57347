import type { Page } from './page.ts';

/** Numbers of one deferred touch: operation, errno, FUA (0 or 1), first and end sector, ms, latency. */
export const TOUCH = 7;
/** A sleeping page that is touched more often is woken: it is in use. */
const MOST_TOUCHES = 256;

/** A page whose blocks nobody has asked for since its state was sought: they still lie in the history. */
export class SleepingPage {
  readonly number: number;
  /** Whether there are times and counts of its blocks, and kinds of their sectors. */
  readonly hasDetail: boolean;
  readonly hasSectors: boolean;
  readonly memoryBytes: number;
  readonly region: SleepingRegion;
  /** What has touched it since, {@link TOUCH} numbers each, in order. */
  readonly touches: number[] = [];
  touchedMs = 0;

  constructor(
    number: number,
    parts: {
      readonly hasDetail: boolean;
      readonly hasSectors: boolean;
      readonly memoryBytes: number;
      readonly region: SleepingRegion;
    },
  ) {
    this.number = number;
    this.hasDetail = parts.hasDetail;
    this.hasSectors = parts.hasSectors;
    this.memoryBytes = parts.memoryBytes;
    this.region = parts.region;
  }

  get isInUse(): boolean {
    return this.touches.length >= MOST_TOUCHES * TOUCH;
  }
}

/** Pages that are read from the history together. */
export class SleepingRegion {
  readonly pages: SleepingPage[] = [];
  readonly #load: (pages: readonly SleepingPage[]) => readonly Page[];

  /** @param load gives the pages as they were, in the order of `pages`; called once. Must not throw. */
  constructor(load: (pages: readonly SleepingPage[]) => readonly Page[]) {
    this.#load = load;
  }

  load(): readonly Page[] {
    return this.#load(this.pages);
  }
}

/**
 * The pages of a disk in the order in which they were made. Some may sleep: whoever asks for one wakes it, and its region
 * with it; those who only touch a page need not.
 */
export class PageMap {
  readonly #pages = new Map<number, Page | SleepingPage>();
  readonly #wake: (page: Page, sleeping: SleepingPage) => void;
  #sleeping = 0;

  /** @param wake does to a page what has touched it while it slept. */
  constructor(wake: (page: Page, sleeping: SleepingPage) => void) {
    this.#wake = wake;
  }

  get size(): number {
    return this.#pages.size;
  }

  /** Pages that sleep. */
  get sleeping(): number {
    return this.#sleeping;
  }

  has(number: number): boolean {
    return this.#pages.has(number);
  }

  keys(): IterableIterator<number> {
    return this.#pages.keys();
  }

  /** The page, awake. */
  get(number: number): Page | undefined {
    const found = this.#pages.get(number);
    return found instanceof SleepingPage ? this.#wakeRegion(found) : found;
  }

  /** The page as it is. */
  peek(number: number): Page | SleepingPage | undefined {
    return this.#pages.get(number);
  }

  /** Adds a page behind the others, or replaces what is there. */
  set(number: number, page: Page): void {
    if (this.#sleeping > 0 && this.#pages.get(number) instanceof SleepingPage) this.#sleeping -= 1;
    this.#pages.set(number, page);
  }

  /** Adds pages that sleep behind the others. */
  addSleeping(region: SleepingRegion): void {
    for (const page of region.pages) this.#pages.set(page.number, page);
    this.#sleeping += region.pages.length;
  }

  /** Each page with its number, awake, in the order in which they were made. */
  *entries(): IterableIterator<[number, Page]> {
    for (const [number, page] of this.#pages) {
      yield [number, page instanceof SleepingPage ? this.#wakeRegion(page) : page];
    }
  }

  /** What all pages take, or will when they are awake. */
  get memoryBytes(): number {
    let bytes = 0;
    for (const page of this.#pages.values()) bytes += page.memoryBytes;
    return bytes;
  }

  clear(): void {
    this.#pages.clear();
    this.#sleeping = 0;
  }

  #wakeRegion(asked: SleepingPage): Page {
    const { region } = asked;
    const loaded = region.load();
    let found: Page | undefined;
    for (const [i, sleeping] of region.pages.entries()) {
      const page = loaded[i];
      if (page === undefined || this.#pages.get(sleeping.number) !== sleeping) continue;
      this.#pages.set(sleeping.number, page);
      this.#sleeping -= 1;
      this.#wake(page, sleeping);
      if (sleeping === asked) found = page;
    }
    if (found === undefined) throw new Error(`page ${asked.number} is not in the region that it sleeps in`);
    return found;
  }
}
