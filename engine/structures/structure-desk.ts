import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Answer } from '#shared/channel/answer.ts';
import type { DiskStructures, StructureQuestion } from '#shared/contract/structures.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { RefusedError } from '../refused-error.ts';
import { answerStructures } from './answers/answers.ts';
import type { ByteSource } from './cached-reader.ts';
import { DiskKnowledge } from './knowledge/disk-knowledge.ts';
import { shareTree } from './knowledge/share-tree.ts';
import { decodeVersion } from './knowledge/version-text.ts';
import { VersionNumbers, type Versions } from './knowledge/versions.ts';
import { STRUCTURE_PARSERS } from './parsers.ts';
import { type OpenBytes, openBytes } from './reading/open-bytes.ts';
import { type Reading, StructureWatch, type WatchListener } from './reading/structure-watch.ts';
import { diskNames, type WatchedSession } from './watched-session.ts';

/** Arrays lie in disks, their partitions or arrays of these, no deeper. */
const MAX_ARRAY_DEPTH = 6;

/** A disk that is hosted here. */
export interface HostOfDisk {
  readonly uri: string;
  /** Whether reading it costs next to nothing. */
  readonly isNear: boolean;
  /** `ended` is aborted before reading begins to fail as the disk goes. */
  readonly content: ByteSource & { readonly ended: AbortSignal };
}

/** What is known of the structures on the disks of one engine: reads them, watches what is written, and answers questions. */
export class StructureDesk {
  readonly #session: WatchedSession;
  readonly #onChanged: () => void;
  readonly #disks = new Map<number, DiskKnowledge>();
  readonly #numbers = new VersionNumbers();
  readonly #hosted = new Map<number, { readonly content: ByteSource; readonly isNear: boolean }>();
  readonly #images = new Map<number, OpenBytes>();
  /**
   * What is near is read together, and what is far away together: arrays are put together from the disks of one reading, and what is
   * far may take as long as it likes without holding up the others.
   */
  readonly #near: StructureWatch;
  readonly #far: StructureWatch;
  /** Images of sources that are to come, by their place; null for those that were used. */
  #expected: (string | null)[] = [];
  /** Disks that are members of arrays. */
  #members: DiskKnowledge[] = [];

  /** @param onChanged called when windows should be told. */
  constructor(session: WatchedSession, onChanged: () => void) {
    this.#session = session;
    this.#onChanged = onChanged;
    const listener: WatchListener = {
      read: (reading, breathe) => this.#read(reading, breathe),
      touched: (disk, sequence) => this.#touched(disk, sequence),
      failed: (disks, why) => {
        for (const disk of disks) this.#disks.get(disk)?.fail(why);
        onChanged();
      },
    };
    this.#near = new StructureWatch(STRUCTURE_PARSERS, listener);
    this.#far = new StructureWatch(STRUCTURE_PARSERS, listener);
  }

  /** What windows are told, disk by disk. */
  get info(): DiskStructures[] {
    return diskNames(this.#session).map(({ id }) => this.#disk(id).info);
  }

  /** What is known of a disk; null for nothing yet. */
  knowledgeOf(disk: number): DiskKnowledge | null {
    return this.#disks.get(disk) ?? null;
  }

  /** Whether all that was written has been read again. */
  get isSettled(): boolean {
    return this.#near.isSettled && this.#far.isSettled;
  }

  /** Rows have come. */
  rows(batch: EventBatch): void {
    this.#near.rows(batch);
    this.#far.rows(batch);
  }

  /** A disk that is hosted here has come: it is read from the beginning where that costs next to nothing. */
  hosted(disk: number, host: HostOfDisk): void {
    const { isNear, content } = host;
    this.#hosted.set(disk, { content, isNear });
    // What cannot be read for that reason alone must not become what is known of it.
    content.ended.addEventListener('abort', () => {
      if (this.#hosted.get(disk)?.content === content) this.#stopReading(disk);
    });
    const known = this.#disk(disk);
    known.source = { kind: 'host', name: host.uri };
    known.forget(isNear ? 'reading' : 'off');
    if (isNear) this.#near.add(disk, this.#nameOf(disk), content);
    this.#onChanged();
  }

  /** What is known of each disk, to be written down. */
  get known(): { readonly disk: number; readonly versions: Versions }[] {
    return [...this.#disks.values()]
      .filter(({ versions }) => versions.count > 0)
      .map(({ disk, versions }) => ({ disk, versions }));
  }

  /** Takes what came with a capture, text by text (`version-text.ts`). @param name of the capture. */
  async recall(texts: AsyncIterable<string>, name: string): Promise<void> {
    const trees = new Map<number, Structure>();
    for await (const text of texts) {
      const read = decodeVersion(text, (disk) => trees.get(disk) ?? null);
      // The capture may have been closed meanwhile.
      if (read === null || !this.#session.session.hasDisk(read.disk)) return;
      const known = this.#disk(read.disk);
      const shared = await shareTree(trees.get(read.disk) ?? null, read.tree, nextTurn);
      trees.set(read.disk, shared.tree);
      known.carry({ ...shared, fromSequence: read.fromSequence }, read.formerUntil, name);
      this.#onChanged();
    }
  }

  /** A disk has left the session. */
  async gone(disk: number): Promise<void> {
    this.#stopReading(disk);
    this.#disks.delete(disk);
    this.#hosted.delete(disk);
    await this.#forgetImage(disk);
  }

  /** Says where the disks of sources that are opened next can be read, in the order of the sources. */
  expectImages(images: readonly string[]): void {
    this.#expected = [...images];
  }

  /** A disk has come: the first of a source for which an image was named is read there. */
  async came(disk: number, source: number): Promise<void> {
    const place = this.#session.session.sourceInfos().findIndex(({ id }) => id === source);
    const image = this.#expected[place] ?? null;
    if (image === null) return;
    this.#expected[place] = null;
    await this.setImage(disk, image).catch((error: unknown) => {
      const text = `what lies on ${this.#nameOf(disk)} is not told: ${error instanceof Error ? error.message : String(error)}`;
      this.#session.session.notice(null, { key: 'image', level: 'warning', text, detail: null });
    });
  }

  /** Whether what lies on a disk is read. @throws RefusedError for a disk that is not there, or can be read nowhere. */
  explain(disk: number, on: boolean): void {
    const known = this.#known(disk);
    this.#stopReading(disk);
    if (!on) {
      known.forget('off');
      // What came with a capture is told instead.
      if (known.state === 'recorded') void this.#forgetImage(disk);
    } else {
      const image = this.#images.get(disk);
      const hosted = this.#hosted.get(disk);
      const bytes = hosted?.content ?? image;
      if (bytes === undefined) {
        throw new RefusedError(
          `${this.#nameOf(disk)} is not hosted here: name an image file or an NBD URI where it can be read`,
        );
      }
      known.forget('reading');
      if (image !== undefined) known.source = { kind: image.kind, name: image.name };
      // What was written before, nobody has looked at: it may have been anything.
      known.sinceSequence = this.#session.session.state.sequence;
      const isNear = hosted?.isNear ?? image?.kind === 'image';
      (isNear ? this.#near : this.#far).add(disk, this.#nameOf(disk), bytes);
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
    this.#stopReading(disk);
    // All at once: while the former is closed, the disk may go or be given yet another image.
    if (image === null) {
      this.#images.delete(disk);
      known.source = null;
      known.forget('nowhere');
      this.#onChanged();
    } else {
      this.#images.set(disk, image);
      this.explain(disk, true);
    }
    await former?.close();
  }

  /** @throws RefusedError when nothing is known that could answer. */
  answer(question: StructureQuestion, signal: AbortSignal): Promise<Answer> {
    const names = diskNames(this.#session);
    const { history } = this.#session.past;
    return answerStructures(question, { disks: this.#disks, history, names }, signal);
  }

  async dispose(): Promise<void> {
    this.#near.dispose();
    this.#far.dispose();
    await Promise.all([...this.#disks.keys(), ...this.#images.keys()].map((disk) => this.gone(disk)));
  }

  async #read({ trees, lastWrites }: Reading, breathe: () => Promise<void>): Promise<void> {
    // What is in an array depends on what was written to any of its members.
    const lastOfAll = Math.max(0, ...lastWrites.values());
    this.#members = this.#members.filter((member) => !trees.some(({ disk }) => disk === member.disk));
    for (const { disk, root } of trees) {
      const known = this.#disks.get(disk);
      if (known === undefined) continue;
      const { last } = known.versions;
      const shared = await shareTree(last?.tree ?? null, root, breathe);
      const fromSequence = last === null ? Math.max(lastOfAll, known.sinceSequence) : lastOfAll;
      known.versions.add({ ...shared, fromSequence });
      known.know();
      if (isArrayMember(shared.tree)) this.#members.push(known);
    }
    this.#onChanged();
  }

  #stopReading(disk: number): void {
    this.#near.remove(disk);
    this.#far.remove(disk);
  }

  async #forgetImage(disk: number): Promise<void> {
    const image = this.#images.get(disk);
    this.#images.delete(disk);
    await image?.close();
  }

  #touched(disk: number, sequence: number): void {
    this.#disks.get(disk)?.versions.touched(sequence);
    // What is in an array was read from its other members too.
    for (const known of this.#members) if (known.disk !== disk) known.versions.touched(sequence);
  }

  #disk(id: number): DiskKnowledge {
    const known = this.#disks.get(id) ?? new DiskKnowledge(id, this.#numbers);
    this.#disks.set(id, known);
    return known;
  }

  #known(disk: number): DiskKnowledge {
    if (!this.#session.session.hasDisk(disk)) throw new RefusedError(`there is no disk ${disk}`);
    return this.#disk(disk);
  }

  #nameOf(disk: number): string {
    return diskNames(this.#session).find(({ id }) => id === disk)?.name ?? `disk ${disk}`;
  }
}

/** Whether a tree has an array in it, in whose other members a part of it lies. */
function isArrayMember(structure: Structure, depth = 0): boolean {
  if (structure.kind === 'array') return true;
  if (structure.kind === 'fileSystem' || depth > MAX_ARRAY_DEPTH) return false;
  return structure.children.some((child) => isArrayMember(child, depth + 1));
}
