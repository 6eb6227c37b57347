import type { DiskStructures } from '#shared/contract/structures.ts';
import { treeWords } from './tree-words.ts';
import { VersionNumbers, Versions } from './versions.ts';

type State = DiskStructures['state'];

const STATE_WORDS: Readonly<Record<Exclude<State, 'known' | 'recorded' | 'failed'>, string>> = {
  off: 'what lies on it is not read until that is asked for',
  nowhere: 'what lies on it could be told from an image of it; name a file or an NBD URI',
  reading: 'being read',
};

/** What is known of one disk, and where it comes from. */
export class DiskKnowledge {
  readonly disk: number;
  versions: Versions;
  source: DiskStructures['source'] = null;
  /** The row from which on its writes are watched. */
  sinceSequence = 0;
  #state: State = 'nowhere';
  #failure = '';
  /** What came with a capture: it stays, whatever else the disk is read from for a while. */
  #carried: { readonly source: DiskStructures['source']; readonly versions: Versions } | null = null;
  readonly #numbers: VersionNumbers;

  /** @param numbers shared by all disks that may ever have this number, so that none is taken for another. */
  constructor(disk: number, numbers = new VersionNumbers()) {
    this.disk = disk;
    this.#numbers = numbers;
    this.versions = new Versions(numbers);
  }

  get state(): State {
    return this.#state;
  }

  /** Nothing is known any more, but for what came with a capture once nothing else is read. */
  forget(state: 'off' | 'nowhere' | 'reading'): void {
    if (this.#carried !== null && state !== 'reading') {
      this.versions = this.#carried.versions;
      this.source = this.#carried.source;
      this.#state = 'recorded';
      return;
    }
    this.versions = new Versions(this.#numbers);
    this.#state = state;
  }

  /** Something was read. */
  know(): void {
    this.#state = 'known';
  }

  /** Something came with a capture. @param name of that. */
  carry(read: Parameters<Versions['add']>[0], formerUntil: number | undefined, name: string): void {
    this.#carried ??= { source: { kind: 'capture', name }, versions: new Versions(this.#numbers) };
    this.#carried.versions.add(read, formerUntil);
    if (this.#state === 'nowhere') this.forget('nowhere');
  }

  /** @param why the end of a sentence. */
  fail(why: string): void {
    this.#state = 'failed';
    this.#failure = why;
  }

  get info(): DiskStructures {
    const { last, count } = this.versions;
    return {
      disk: this.disk,
      state: this.#state,
      words: this.#words(),
      source: this.source,
      version: last?.number ?? 0,
      fromSequence: last?.fromSequence ?? 0,
      versions: count,
      structures: last?.structures ?? 0,
    };
  }

  #words(): string {
    if (this.#state === 'failed') return `it cannot be read: ${this.#failure}`;
    if (this.#state !== 'known' && this.#state !== 'recorded') return STATE_WORDS[this.#state];
    const { last, forgotten } = this.versions;
    const words = last === null ? 'nothing was known of it' : treeWords(last.tree);
    return forgotten === 0 ? words : `${words}. ${forgotten} earlier readings had to be forgotten`;
  }
}
