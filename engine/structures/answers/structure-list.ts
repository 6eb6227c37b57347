import type { Answer } from '#shared/channel/answer.ts';
import type { StructureChild, StructuresAnswer } from '#shared/contract/structures.ts';
import type { Structure } from '#shared/structures/structure.ts';
import { RefusedError } from '../../refused-error.ts';
import { bytesOf, placesOf, structureAtPath } from '../knowledge/paths.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';

/** A structure and a part of its children. @throws RefusedError when there is none at that path. */
export async function answerStructureList(
  sight: Sight,
  question: StructureQuestionAbout<'structures'>,
): Promise<Answer> {
  const { disk, path, firstChild, limit } = question;
  const { version } = sight.versionAt(disk, question.atSequence);
  const structure = structureAtPath(version.tree, path);
  if (structure === null) throw new RefusedError(`there is no ${path} on disk ${disk} at that moment`);
  const children: StructureChild[] = [];
  for (const child of structure.children.slice(firstChild, firstChild + limit)) {
    children.push(childOf(child, disk, path === '' ? child.key : `${path}/${child.key}`));
    await sight.breathe();
  }
  const json: StructuresAnswer = {
    node: {
      ...childOf(structure, disk, path),
      facts: structure.facts,
      extents: placesOf(structure).length,
    },
    children,
    childrenLeftOut: structure.childrenLeftOut ?? 0,
    version: version.number,
    fromSequence: version.fromSequence,
  };
  return { json, columns: {} };
}

function childOf(structure: Structure, disk: number, path: string): StructureChild {
  const { kind, name, children } = structure;
  return { disk, path, kind, name, children: children.length, bytes: `${bytesOf(structure)}` };
}
