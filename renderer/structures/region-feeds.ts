import type { Answer } from '#shared/channel/answer.ts';
import type { Disposable } from '#shared/channel/channel.ts';
import type { Question } from '#shared/contract/questions.ts';
import { MAX_STRUCTURE_REGIONS } from '#shared/contract/structures.ts';
import { QuestionFeed } from '../plots/question-feed.ts';
import type { BlockStretch } from './overlay-scene.ts';
import { type Regions, readRegions } from './regions.ts';

type RegionsQuestion = Extract<Question, { readonly about: 'structureRegions' }>;

/**
 * Later than any row: what is asked about now is what is known now, whichever row the window has come to. While it changes
 * from the past to live it may still have rows of the past.
 */
export const NOW_SEQUENCE = Number.MAX_SAFE_INTEGER;

/** Keeps up what lies on the disks, disk by disk, while what is known of them and the moment shown change. */
export class RegionFeeds implements Disposable {
  readonly #ask: (question: Question, signal: AbortSignal) => Promise<Answer>;
  readonly #onChange: () => void;
  readonly #feeds = new Map<number, QuestionFeed<RegionsQuestion>>();
  readonly #regions = new Map<number, Regions>();

  constructor(ask: (question: Question, signal: AbortSignal) => Promise<Answer>, onChange: () => void) {
    this.#ask = ask;
    this.#onChange = onChange;
  }

  /** The last answers, by disk. */
  get regions(): ReadonlyMap<number, Regions> {
    return this.#regions;
  }

  /** Forgets the disks that are not among these. */
  keep(disks: ReadonlySet<number>): void {
    for (const [disk, feed] of this.#feeds) {
      if (disks.has(disk)) continue;
      feed.dispose();
      this.#feeds.delete(disk);
      this.#regions.delete(disk);
    }
  }

  /**
   * Says which blocks of a disk are wanted, null for none.
   * @param version what is known of it, 0 for nothing.
   * @param pastSequence the last row that is shown, while that is in the past; null for now.
   */
  want(disk: number, blocks: BlockStretch | null, version: number, pastSequence: number | null): void {
    if (blocks === null || version === 0 || blocks.endBlock <= blocks.firstBlock) {
      this.#feeds.get(disk)?.want(null);
      this.#regions.delete(disk);
      return;
    }
    const question = { about: 'structureRegions' as const, disk, ...blocks, most: MAX_STRUCTURE_REGIONS };
    const mode = pastSequence === null ? 'now' : 'past';
    this.#feedOf(disk).want(
      { ...question, atSequence: pastSequence ?? NOW_SEQUENCE },
      `${blocks.firstBlock}-${blocks.endBlock}/${version}/${mode}`,
      pastSequence ?? 0,
    );
  }

  /** The engine may know other things than before. */
  restart(): void {
    for (const feed of this.#feeds.values()) feed.restart();
  }

  dispose(): void {
    this.keep(new Set());
  }

  #feedOf(disk: number): QuestionFeed<RegionsQuestion> {
    const known = this.#feeds.get(disk);
    if (known !== undefined) return known;
    const feed = new QuestionFeed<RegionsQuestion>({
      ask: this.#ask,
      onAnswer: (answer) => {
        this.#regions.set(disk, readRegions(answer));
        this.#onChange();
      },
      // What was known is shown until there is another answer; why there is none is told beside the tree.
      onTrouble: () => {},
    });
    this.#feeds.set(disk, feed);
    return feed;
  }
}
