import { zstdDecompressSync } from 'node:zlib';
import { ByteReader, ByteWriter } from '#shared/bytes/binary.ts';
import { DEFAULT_MODEL_BYTES, MemoryBudget } from '#shared/model/memory-budget.ts';
import type { SleepingRegion } from '#shared/model/page-map.ts';
import { SessionState } from '#shared/model/session-state.ts';
import { readHead, writeHead } from '#shared/model/snapshot.ts';
import { inOneGo } from '#shared/model/steps.ts';
import type { Blob, BlobKeeper } from './blob-store.ts';
import type { ByteSink, ByteSource } from './byte-stream.ts';
import { DiskTrail } from './disk-trail.ts';
import { encoded } from './encodings.ts';
import { RegionColumns } from './region-columns.ts';
import type { Unencoded } from './unencoded.ts';

// What is said of each disk of a keyframe that is written.
const NO_DISK = 0;
const NEW_DISK = 1;
const KNOWN_DISK = 2;

/** A disk at a keyframe: whose pages, and how many there were. */
interface DiskAt {
  readonly trail: DiskTrail;
  readonly pages: number;
}

export interface Keyframe {
  readonly sequence: number;
  /** Everything but the pages. */
  readonly head: Blob;
  readonly disks: readonly (DiskAt | undefined)[];
}

/** What a keyframe holds whole. */
class UnencodedHead implements Unencoded {
  readonly kind = 'plain';
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get rawBytes(): number {
    return this.#bytes.length;
  }

  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice();
  }

  encode(): Uint8Array {
    return encoded(this.kind, this.#bytes);
  }
}

/**
 * States of a session on its way. Each holds what is small whole, and of the pages what was touched since the one before;
 * where a state is made of one, pages sleep until somebody looks at them.
 */
export class Keyframes {
  readonly #store: BlobKeeper;
  readonly #onTrouble: (reason: string) => void;
  readonly #columns = new RegionColumns();
  readonly #all: Keyframe[] = [];
  #trails: (DiskTrail | undefined)[] = [];
  #lastMs = 0;
  #budgetBytes = DEFAULT_MODEL_BYTES;
  /** What states nobody looks at any more had still to read. */
  readonly #lent = new FinalizationRegistry<readonly Blob[]>((blobs) => {
    for (const blob of blobs) this.#store.drop(blob);
  });

  /** @param onTrouble told when what lies in a file cannot be read. */
  constructor(store: BlobKeeper, onTrouble: (reason: string) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
  }

  /** The one after the first; null when there is none. */
  get second(): Keyframe | null {
    return this.#all[1] ?? null;
  }

  /** Keeps what a session's state is now. It is the same object each time, and further on. */
  add(state: SessionState): void {
    inOneGo(this.addInSteps(state));
  }

  /** The same in steps of a ms or some, between which the state must stay as it is. */
  *addInSteps(state: SessionState): Generator<void, void> {
    const nowMs = state.nowMs();
    this.#budgetBytes = state.budget.limitBytes;
    const disks: (DiskAt | undefined)[] = [];
    for (const [d, disk] of state.disks.entries()) {
      if (disk === undefined) continue;
      let trail = this.#trails[d];
      if (trail === undefined || trail.bornAt !== disk.model.bornAt) {
        trail?.end();
        trail = new DiskTrail(disk.model.bornAt, this.#store);
        this.#trails[d] = trail;
      }
      const pages = yield* trail.addInSteps(disk.model, state.sequence, this.#lastMs, nowMs, this.#columns);
      disks[d] = { trail, pages };
    }
    this.#lastMs = nowMs;
    const to = new ByteWriter();
    writeHead(state, to);
    for (const disk of state.disks) disk?.model.runs.write(to);
    const whole = new UnencodedHead(to.finish());
    const head = this.#store.putLater?.(whole) ?? this.#store.put(whole.encode());
    this.#all.push({ sequence: state.sequence, head, disks });
  }

  /** Writes what the last keyframe has that those before have not, for {@link readNext}; returns its blobs, in their order. */
  writeLast(to: ByteSink): Blob[] {
    const last = this.#all.at(-1);
    if (last === undefined) return [];
    const before = this.#all.at(-2);
    to.f64(last.sequence);
    to.f64(this.#lastMs);
    to.whole(last.head.length);
    to.whole(last.disks.length);
    const blobs = [last.head];
    for (const [d, at] of [...last.disks].entries()) {
      const former = before?.disks[d];
      const isNew = former?.trail !== at?.trail;
      to.whole(at === undefined ? NO_DISK : isNew ? NEW_DISK : KNOWN_DISK);
      if (at === undefined) continue;
      if (isNew) to.f64(at.trail.bornAt);
      blobs.push(...at.trail.writeChanges(to, last.sequence, isNew ? 0 : (former?.pages ?? 0)));
    }
    return blobs;
  }

  /** Takes the next keyframe, as {@link writeLast} wrote it. @param nextBlob its blobs, in their order. */
  readNext(from: ByteSource, nextBlob: (length: number) => Blob): void {
    const sequence = from.f64();
    this.#lastMs = from.f64();
    const head = nextBlob(from.whole());
    const disks: (DiskAt | undefined)[] = [];
    const count = from.whole();
    for (let d = 0; d < count; d += 1) {
      const what = from.whole();
      if (what === NO_DISK) continue;
      let trail = this.#trails[d];
      if (what === NEW_DISK || trail === undefined) {
        trail = new DiskTrail(from.f64(), this.#store);
        this.#trails[d] = trail;
      }
      disks[d] = { trail, pages: trail.readChanges(from, sequence, nextBlob) };
    }
    this.#all.push({ sequence, head, disks });
  }

  /** Goes on from a state that was made of the last keyframe, in steps. */
  *resume(state: SessionState): Generator<void, void> {
    for (const [d, disk] of state.disks.entries()) {
      const trail = this.#trails[d];
      if (disk !== undefined && trail?.bornAt === disk.model.bornAt) yield* trail.attach(disk.model);
    }
  }

  /** No keyframe will be added: lets go of the state's pages. */
  end(): void {
    for (const trail of this.#trails) trail?.end();
  }

  /** The last one at or before a row; the first for a row before all. */
  at(sequence: number): Keyframe {
    let low = 0;
    let high = this.#all.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#all[middle]?.sequence ?? 0) <= sequence) low = middle;
      else high = middle - 1;
    }
    const found = this.#all[low];
    if (found === undefined) throw new Error('this history is over');
    return found;
  }

  /** A state of the caller's own. @throws Error when what lies in a file cannot be read. */
  restore(keyframe: Keyframe): SessionState {
    const state = new SessionState(new MemoryBudget(this.#budgetBytes));
    const from = new ByteReader(zstdDecompressSync(this.#store.read(keyframe.head)));
    readHead(state, from);
    state.sequence = keyframe.sequence;
    for (const disk of state.disks) if (disk !== undefined) inOneGo(disk.model.runsInSteps(from));
    for (const [d, at] of keyframe.disks.entries()) {
      const disk = state.disks[d];
      if (at === undefined || disk === undefined) continue;
      at.trail.restore(
        disk.model,
        at.pages,
        keyframe.sequence,
        (region, blobs) => this.#lend(region, blobs),
        this.#onTrouble,
      );
    }
    state.isPartial = false;
    return state;
  }

  #lend(region: SleepingRegion, blobs: readonly Blob[]): () => void {
    for (const blob of blobs) this.#store.hold(blob);
    const token = {};
    this.#lent.register(region, blobs, token);
    return () => {
      this.#lent.unregister(token);
      for (const blob of blobs) this.#store.drop(blob);
    };
  }

  /** Forgets the first: the second must be there. */
  dropFirst(): void {
    const [first, next] = this.#all;
    if (first === undefined || next === undefined) return;
    this.#all.shift();
    this.#store.drop(first.head);
    for (const [d, at] of first.disks.entries()) {
      if (at === undefined) continue;
      if (next.disks[d]?.trail === at.trail) at.trail.dropBefore(next.sequence);
      else at.trail.drop();
    }
  }

  dispose(): void {
    const trails = new Set<DiskTrail>();
    for (const { head, disks } of this.#all.splice(0)) {
      this.#store.drop(head);
      for (const at of disks) if (at !== undefined) trails.add(at.trail);
    }
    for (const trail of trails) trail.drop();
    this.#trails = [];
  }
}
