import type { Answer } from '#shared/channel/answer.ts';
import type { DiskStructures, StructureQuestion } from '#shared/contract/structures.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { History } from '../history/history.ts';
import { RefusedError } from '../refused-error.ts';
import { answerStructures } from './answers/answers.ts';
import type { ByteSource } from './cached-reader.ts';
import { DiskKnowledge } from './knowledge/disk-knowledge.ts';
import { shareTree } from './knowledge/share-tree.ts';
import { STRUCTURE_PARSERS } from './parsers.ts';
import { type OpenBytes, openBytes } from './reading/open-bytes.ts';
import { type Reading, StructureWatch } from './reading/structure-watch.ts';

/** What the desk sees of the session. */
export interface WatchedSession {
  /** The disks of the session; `name` is for sentences. */
  readonly disks: readonly { readonly id: number; readonly name: string }[];
  /** The last row. */
  readonly sequence: number;
  readonly history: History | null;
}

/** A disk that can be read right here. */
export interface HostedBytes extends ByteSource {
  /** What it is, in words. */
  readonly name: string;
}

/** What is known of the structures on the disks of one engine: reads them, watches what is written, and answers questions. */
export class StructureDesk {
  readonly #session: () => WatchedSession;
  readonly #onChanged: () => void;
  readonly #disks = new Map<number, DiskKnowledge>();
  readonly #hosted = new Map<number, HostedBytes>();
  readonly #images = new Map<number, OpenBytes>();
  readonly #watch: StructureWatch;

  /** @param onChanged called when windows should be told. */
  constructor(session: () => WatchedSession, onChanged: () => void) {
    this.#session = session;
    this.#onChanged = onChanged;
    this.#watch = new StructureWatch(STRUCTURE_PARSERS, {
      read: (reading, breathe) => this.#read(reading, breathe),
      touched: (disk, sequence) => this.#touched(disk, sequence),
      failed: (disks, why) => {
        for (const disk of disks) this.#disks.get(disk)?.fail(why);
        onChanged();
      },
    });
  }

  /** What windows are told, disk by disk. */
  get info(): DiskStructures[] {
    return this.#session().disks.map(({ id }) => this.#disk(id).info);
  }

  /** What is known of a disk; null for nothing yet. */
  knowledgeOf(disk: number): DiskKnowledge | null {
    return this.#disks.get(disk) ?? null;
  }

  /** Whether all that was written has been read again. */
  get isSettled(): boolean {
    return this.#watch.isSettled;
  }

  /** Rows have come. */
  rows(batch: EventBatch): void {
    this.#watch.rows(batch);
  }

  /** A disk that is hosted here has come. @param explain whether it is read from the beginning. */
  hosted(disk: number, bytes: HostedBytes, explain: boolean): void {
    this.#hosted.set(disk, bytes);
    const known = this.#disk(disk);
    known.source = { kind: 'host', name: bytes.name };
    known.forget(explain ? 'reading' : 'off');
    if (explain) this.#watch.add(disk, this.#nameOf(disk), bytes);
    this.#onChanged();
  }

  /** A disk has left the session. */
  async gone(disk: number): Promise<void> {
    this.#watch.remove(disk);
    this.#disks.delete(disk);
    this.#hosted.delete(disk);
    const image = this.#images.get(disk);
    this.#images.delete(disk);
    await image?.close();
  }

  /** Whether what lies on a disk is read. @throws RefusedError for a disk that is not there, or can be read nowhere. */
  explain(disk: number, on: boolean): void {
    const known = this.#known(disk);
    this.#watch.remove(disk);
    if (!on) {
      known.forget('off');
    } else {
      const bytes = this.#hosted.get(disk) ?? this.#images.get(disk);
      if (bytes === undefined) {
        throw new RefusedError(
          `${this.#nameOf(disk)} is not hosted here: name an image file or an NBD URI where it can be read`,
        );
      }
      known.forget('reading');
      this.#watch.add(disk, this.#nameOf(disk), bytes);
    }
    this.#onChanged();
  }

  /** Says where a disk is read that is not hosted here; null forgets it. @throws RefusedError when it cannot be read there. */
  async setImage(disk: number, from: string | null): Promise<void> {
    const known = this.#known(disk);
    if (this.#hosted.has(disk)) {
      throw new RefusedError(`${this.#nameOf(disk)} is hosted here, and read where it is`);
    }
    const image = from === null ? null : await openBytes(from);
    const former = this.#images.get(disk);
    if (image !== null && this.#disks.get(disk) !== known) {
      await image.close();
      throw new RefusedError(`disk ${disk} has gone meanwhile`);
    }
    this.#watch.remove(disk);
    await former?.close();
    if (image === null) {
      this.#images.delete(disk);
      known.source = null;
      known.forget('nowhere');
      this.#onChanged();
      return;
    }
    this.#images.set(disk, image);
    known.source = { kind: image.kind, name: image.name };
    this.explain(disk, true);
  }

  /** @throws RefusedError when nothing is known that could answer. */
  answer(question: StructureQuestion, signal: AbortSignal): Promise<Answer> {
    const { history, disks } = this.#session();
    return answerStructures(question, { disks: this.#disks, history, names: disks }, signal);
  }

  async dispose(): Promise<void> {
    this.#watch.dispose();
    await Promise.all([...this.#disks.keys(), ...this.#images.keys()].map((disk) => this.gone(disk)));
  }

  async #read({ trees, lastWrites }: Reading, breathe: () => Promise<void>): Promise<void> {
    // What is in an array depends on what was written to any of its members.
    const lastOfAll = Math.max(0, ...lastWrites.values());
    for (const { disk, root } of trees) {
      const known = this.#disks.get(disk);
      if (known === undefined) continue;
      const { last } = known.versions;
      const shared = await shareTree(last?.tree ?? null, root, breathe);
      known.versions.add({ ...shared, fromSequence: lastOfAll });
      known.know('known');
    }
    this.#onChanged();
  }

  #touched(disk: number, sequence: number): void {
    const { sharesArray } = this;
    for (const known of this.#disks.values()) {
      if (known.disk === disk || sharesArray) known.versions.touched(sequence);
    }
  }

  /** Whether any disk is the member of an array. */
  private get sharesArray(): boolean {
    for (const { versions } of this.#disks.values()) if (versions.isArrayMember) return true;
    return false;
  }

  #disk(id: number): DiskKnowledge {
    const known = this.#disks.get(id) ?? new DiskKnowledge(id);
    this.#disks.set(id, known);
    return known;
  }

  #known(disk: number): DiskKnowledge {
    if (!this.#session().disks.some(({ id }) => id === disk)) throw new RefusedError(`there is no disk ${disk}`);
    return this.#disk(disk);
  }

  #nameOf(disk: number): string {
    return this.#session().disks.find(({ id }) => id === disk)?.name ?? `disk ${disk}`;
  }
}
