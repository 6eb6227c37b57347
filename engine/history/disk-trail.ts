import { zstdDecompressSync } from 'node:zlib';
import { PAGE_BLOCKS, SECTORS_PER_BLOCK } from '#shared/model/block-state.ts';
import type { DiskModel } from '#shared/model/disk-model.ts';
import { Page, PageDetail } from '#shared/model/page.ts';
import { SleepingPage, SleepingRegion } from '#shared/model/page-map.ts';
import { inOneGo } from '#shared/model/steps.ts';
import type { Blob, BlobKeeper } from './blob-store.ts';
import type { ByteSink, ByteSource } from './byte-stream.ts';
import { encoded, encodedRegion } from './encodings.ts';
import { emptyPage, readRegion } from './region-codec.ts';
import type { RegionColumns } from './region-columns.ts';
import type { Unencoded } from './unencoded.ts';

/** Pages that are written and read together, in the order in which they were made. */
const REGION_PAGES = 64;
/** Changes that may stand behind a region's whole before it is written whole again. */
const MOST_CHANGES = 64;
/** Blocks in one keyframe past which no region is written whole that need not be: the session waits meanwhile. */
const MOST_BLOCKS = 256 * 1024;

interface Version {
  /** The keyframe's. */
  readonly sequence: number;
  readonly isWhole: boolean;
  readonly blob: Blob;
}

type Region = Version[];

/** Pages that were copied out of the picture, into columns that soon hold others. */
class UnencodedRegion implements Unencoded {
  readonly kind: 'pages' | 'changes';
  readonly rawBytes: number;
  readonly #columns: RegionColumns;
  /** Once it has been copied out of the columns. */
  #packed: Uint8Array<ArrayBuffer> | null = null;
  #encoded: Uint8Array | null = null;

  constructor(kind: 'pages' | 'changes', columns: RegionColumns) {
    this.kind = kind;
    this.rawBytes = columns.rawBytes;
    this.#columns = columns;
  }

  copy(): Uint8Array<ArrayBuffer> {
    this.#packed = this.#columns.pack();
    return this.#packed.slice();
  }

  encode(): Uint8Array {
    this.#encoded ??= this.#packed === null ? encodedRegion(this.#columns) : encoded(this.kind, this.#packed);
    return this.#encoded;
  }
}

/** What one disk's pages were at each keyframe, from the model's birth until it is emptied. */
export class DiskTrail {
  readonly bornAt: number;
  readonly #store: BlobKeeper;
  readonly #numbers: number[] = [];
  readonly #hasDetail: boolean[] = [];
  /** The keyframe by which a page had kinds of its sectors. */
  readonly #sectorsSince: number[] = [];
  readonly #regions: Region[] = [];
  #pages: Page[] = [];
  #newPages: Iterator<[number, Page]> | null = null;

  /** @param bornAt of the model it is of; pages are taken from that one once it is {@link attach}ed. */
  constructor(bornAt: number, store: BlobKeeper) {
    this.bornAt = bornAt;
    this.#store = store;
  }

  /** Goes on with a model that has the pages of the last keyframe, in their order; some at a time, as all of them are woken. */
  *attach(model: DiskModel): Generator<void, void> {
    const pages = model.pages.entries();
    this.#pages = [];
    this.#newPages = pages;
    while (this.#pages.length < this.#numbers.length) {
      const next = pages.next();
      if (next.done === true)
        throw new RangeError('a disk has fewer pages than there were at its last keyframe');
      this.#pages.push(next.value[1]);
      if (this.#pages.length % REGION_PAGES === 0) yield;
    }
  }

  /**
   * Writes what was touched at `sinceMs` or later, in steps of a region. Returns how many pages there are.
   * @param model the one it was made for.
   */
  *addInSteps(
    model: DiskModel,
    sequence: number,
    sinceMs: number,
    nowMs: number,
    columns: RegionColumns,
  ): Generator<void, number> {
    if (this.#newPages === null) inOneGo(this.attach(model));
    const known = this.#pages.length;
    while (this.#newPages !== null && this.#pages.length < model.pages.size) {
      const next = this.#newPages.next();
      if (next.done === true) break;
      const [number, page] = next.value;
      this.#numbers.push(number);
      this.#hasDetail.push(page.detail !== null);
      this.#sectorsSince.push(Number.POSITIVE_INFINITY);
      this.#pages.push(page);
    }
    let blocks = 0;
    for (let first = 0; first < this.#pages.length; first += REGION_PAGES) {
      const written = this.#addRegion(first, known, sequence, sinceMs, nowMs, columns, blocks < MOST_BLOCKS);
      blocks += written;
      if (written > 0) yield;
    }
    return this.#pages.length;
  }

  /**
   * Writes what a keyframe added, for {@link readChanges}; returns the blobs of it, in their order.
   * @param pagesBefore pages at the keyframe before.
   */
  writeChanges(to: ByteSink, sequence: number, pagesBefore: number): Blob[] {
    to.whole(this.#numbers.length - pagesBefore);
    for (let p = pagesBefore; p < this.#numbers.length; p += 1) {
      to.whole((this.#numbers[p] ?? 0) * 2 + (this.#hasDetail[p] === true ? 1 : 0));
    }
    const withSectors = this.#sectorsSince.flatMap((since, p) => (since === sequence ? [p] : []));
    to.whole(withSectors.length);
    for (const p of withSectors) to.whole(p);
    const written = this.#regions.flatMap((versions, region) => {
      const last = versions.at(-1);
      return last?.sequence === sequence ? [{ region, isWhole: last.isWhole, blob: last.blob }] : [];
    });
    to.whole(written.length);
    for (const { region, isWhole, blob } of written) {
      to.whole(region * 2 + (isWhole ? 1 : 0));
      to.whole(blob.length);
    }
    return written.map(({ blob }) => blob);
  }

  /**
   * Takes what {@link writeChanges} wrote of the next keyframe; returns how many pages there are then.
   * @param nextBlob the blobs, in their order.
   */
  readChanges(from: ByteSource, sequence: number, nextBlob: (length: number) => Blob): number {
    for (let pages = from.whole(); pages > 0; pages -= 1) {
      const code = from.whole();
      this.#numbers.push(Math.floor(code / 2));
      this.#hasDetail.push(code % 2 === 1);
      this.#sectorsSince.push(Number.POSITIVE_INFINITY);
    }
    for (let pages = from.whole(); pages > 0; pages -= 1) this.#sectorsSince[from.whole()] = sequence;
    for (let regions = from.whole(); regions > 0; regions -= 1) {
      const code = from.whole();
      const isWhole = code % 2 === 1;
      const blob = nextBlob(from.whole());
      const known = this.#regions[Math.floor(code / 2)];
      const region = known ?? [];
      if (known === undefined) this.#regions.push(region);
      region.push({ sequence, isWhole, blob });
    }
    return this.#numbers.length;
  }

  /** Writes a region, when it was touched; returns how many blocks that were. */
  #addRegion(
    first: number,
    known: number,
    sequence: number,
    sinceMs: number,
    nowMs: number,
    columns: RegionColumns,
    mayBeWhole: boolean,
  ): number {
    const end = Math.min(first + REGION_PAGES, this.#pages.length);
    let isTouched = false;
    for (let p = first; p < end; p += 1) {
      const page = this.#pages[p];
      if (page === undefined || (page.touchedMs < sinceMs && p < known)) continue;
      if (!isTouched) columns.begin(nowMs);
      isTouched = true;
      if (page.sectors !== null)
        this.#sectorsSince[p] = Math.min(this.#sectorsSince[p] ?? sequence, sequence);
      if (p < known) columns.changes(p - first, page, sinceMs);
      else columns.page(p - first, page);
    }
    if (!isTouched) return 0;
    let blocks = columns.blockCount;
    const before = this.#regions[first / REGION_PAGES];
    const region = before ?? [];
    let isWhole = before === undefined;
    let what = new UnencodedRegion(isWhole ? 'pages' : 'changes', columns);
    if (before === undefined) this.#regions.push(region);
    else if (this.#isWholeDue(region, what, mayBeWhole)) {
      isWhole = true;
      columns.begin(nowMs);
      for (let p = first; p < end; p += 1) {
        const page = this.#pages[p];
        if (page !== undefined) columns.page(p - first, page);
      }
      blocks += columns.blockCount;
      what = new UnencodedRegion('pages', columns);
    }
    const blob = this.#store.putLater?.(what) ?? this.#store.put(what.encode());
    region.push({ sequence, isWhole, blob });
    return blocks;
  }

  /** Whether changes have come to as much as the region takes, with those that there are now. */
  #isWholeDue(region: Region, changes: Unencoded, mayBeWhole: boolean): boolean {
    const last = region.findLastIndex((version) => version.isWhole);
    if (region.length - last > MOST_CHANGES) return true;
    if (!mayBeWhole) return false;
    let changesBytes = this.#store.expectedBytes?.(changes) ?? changes.encode().length;
    for (let v = last + 1; v < region.length; v += 1) changesBytes += region[v]?.blob.length ?? 0;
    return changesBytes > (region[last]?.blob.length ?? 0);
  }

  /** Another model has taken the place of this one: nothing is added any more. */
  end(): void {
    this.#pages = [];
    this.#newPages = null;
  }

  /**
   * Puts the first `count` pages as they were at a keyframe into an empty model, asleep.
   * @param lend keeps what a region has still to read, until it has or nobody can wake it any more.
   * @param onTrouble told when a region cannot be read: its pages are then as if untouched.
   */
  restore(
    model: DiskModel,
    count: number,
    sequence: number,
    lend: (region: SleepingRegion, blobs: readonly Blob[]) => () => void,
    onTrouble: (reason: string) => void,
  ): void {
    for (let first = 0; first < count; first += REGION_PAGES) {
      const blobs = this.#versionsOf(first / REGION_PAGES, sequence);
      let over = (): void => {};
      const region = new SleepingRegion((sleeping) => {
        const pages = sleeping.map(({ hasDetail, hasSectors }) => emptyPage(hasDetail, hasSectors));
        try {
          for (const blob of blobs) readRegion(zstdDecompressSync(this.#store.read(blob)), pages);
        } catch (error) {
          onTrouble(error instanceof Error ? error.message : String(error));
        }
        over();
        return pages;
      });
      for (let p = first; p < Math.min(first + REGION_PAGES, count); p += 1) {
        const hasDetail = this.#hasDetail[p] === true;
        const hasSectors = (this.#sectorsSince[p] ?? Number.POSITIVE_INFINITY) <= sequence;
        const memoryBytes =
          Page.BYTES +
          (hasDetail ? PageDetail.BYTES : 0) +
          (hasSectors ? PAGE_BLOCKS * SECTORS_PER_BLOCK : 0);
        region.pages.push(
          new SleepingPage(this.#numbers[p] ?? 0, { hasDetail, hasSectors, memoryBytes, region }),
        );
      }
      over = lend(region, blobs);
      model.addSleeping(region);
    }
  }

  /** What has to be read of a region for what it was at a keyframe, in order. */
  #versionsOf(region: number, sequence: number): Blob[] {
    const versions = this.#regions[region] ?? [];
    const end = versions.findLastIndex((version) => version.sequence <= sequence) + 1;
    const start = versions.findLastIndex((version, v) => v < end && version.isWhole);
    return versions.slice(Math.max(0, start), end).map(({ blob }) => blob);
  }

  /** Forgets what only keyframes before that one need. */
  dropBefore(sequence: number): void {
    for (const versions of this.#regions) {
      const start = versions.findLastIndex((version) => version.isWhole && version.sequence <= sequence);
      for (const { blob } of versions.splice(0, Math.max(0, start))) this.#store.drop(blob);
    }
  }

  /** Forgets everything. */
  drop(): void {
    this.end();
    for (const versions of this.#regions) {
      for (const { blob } of versions.splice(0)) this.#store.drop(blob);
    }
  }
}
