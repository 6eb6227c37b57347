import type { Answer } from '#shared/channel/answer.ts';
import type { DiskStructures, StructureQuestion } from '#shared/contract/structures.ts';
import { RefusedError } from '../refused-error.ts';

/** What is known of the structures on the disks of one engine. */
export class StructureDesk {
  /** What windows are told, disk by disk. */
  get info(): DiskStructures[] {
    return [];
  }

  /** Whether what lies on a disk is read. @throws RefusedError for a disk that is not there. */
  explain(disk: number, _on: boolean): void {
    throw new RefusedError(`there is no disk ${disk} that could be explained`);
  }

  /** Says where a disk is read. @throws RefusedError when it cannot be read there. */
  async setImage(disk: number, _from: string | null): Promise<void> {
    throw new RefusedError(`there is no disk ${disk} that could be explained`);
  }

  /** @throws RefusedError when nothing is known that could answer. */
  async answer(question: StructureQuestion, _signal: AbortSignal): Promise<Answer> {
    throw new RefusedError(`nothing is known of structures yet that could answer "${question.about}"`);
  }
}
