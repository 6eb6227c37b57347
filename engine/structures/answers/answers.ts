import type { Answer } from '#shared/channel/answer.ts';
import type { StructureQuestion } from '#shared/contract/structures.ts';
import type { History } from '../../history/history.ts';
import { RefusedError } from '../../refused-error.ts';
import { Slices } from '../../slices.ts';
import type { DiskKnowledge } from '../knowledge/disk-knowledge.ts';
import type { StructureIndex } from '../knowledge/structure-index.ts';
import type { Version } from '../knowledge/versions.ts';
import { answerAccount } from './account.ts';
import { answerRequestNames } from './request-names.ts';
import { answerStructureAt } from './structure-at.ts';
import { answerStructureExtents } from './structure-extents.ts';
import { answerStructureList } from './structure-list.ts';
import { answerStructureRegions } from './structure-regions.ts';

/** What answers are made from. */
export interface Known {
  readonly disks: ReadonlyMap<number, DiskKnowledge>;
  /** The disks of the session, with what they are called in sentences. */
  readonly names: readonly { readonly id: number; readonly name: string }[];
  readonly history: History | null;
}

/** What is known, with the means to work on it without holding up anything else. */
export class Sight {
  readonly known: Known;
  readonly signal: AbortSignal;
  readonly #slices: Slices;

  constructor(known: Known, signal: AbortSignal) {
    this.known = known;
    this.signal = signal;
    this.#slices = new Slices(signal);
  }

  /** To be awaited in long work. @throws the signal's reason. */
  readonly breathe = async (): Promise<void> => {
    if (this.#slices.isOver) await this.#slices.rest();
  };

  /** What was known of a disk at a moment, or soonest after. @throws RefusedError when nothing ever was. */
  versionAt(
    disk: number,
    atSequence: number,
  ): { readonly knowledge: DiskKnowledge; readonly version: Version } {
    const knowledge = this.known.disks.get(disk);
    const version = knowledge?.versions.at(atSequence) ?? null;
    if (knowledge === undefined || version === null) {
      throw new RefusedError(
        `nothing is known of what lies on disk ${disk}: ${knowledge?.info.words ?? 'it is not there'}`,
      );
    }
    return { knowledge, version };
  }

  /** The same with its index. */
  async indexAt(
    disk: number,
    atSequence: number,
  ): Promise<{ readonly version: Version; readonly index: StructureIndex }> {
    const { knowledge, version } = this.versionAt(disk, atSequence);
    return { version, index: await knowledge.versions.indexOf(version, this.breathe) };
  }
}

/** @throws RefusedError when nothing is known that could answer. */
export async function answerStructures(
  question: StructureQuestion,
  known: Known,
  signal: AbortSignal,
): Promise<Answer> {
  const sight = new Sight(known, signal);
  switch (question.about) {
    case 'structures':
      return answerStructureList(sight, question);
    case 'structureAt':
      return answerStructureAt(sight, question);
    case 'structureRegions':
      return answerStructureRegions(sight, question);
    case 'structureExtents':
      return answerStructureExtents(sight, question);
    case 'requestNames':
      return answerRequestNames(sight, question);
    case 'account':
      return answerAccount(sight, question);
  }
}

/** A question about one thing. */
export type StructureQuestionAbout<About extends StructureQuestion['about']> = Extract<
  StructureQuestion,
  { readonly about: About }
>;
