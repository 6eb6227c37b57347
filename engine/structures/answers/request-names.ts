import type { Answer } from '#shared/channel/answer.ts';
import type { RequestName, RequestNamesAnswer } from '#shared/contract/structures.ts';
import { RequestNamer } from '../knowledge/request-namer.ts';
import { requestName } from '../knowledge/request-names.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';
import { lineOf } from './structure-at.ts';

/** Names of requests by what they touched. */
export async function answerRequestNames(
  sight: Sight,
  { requests }: StructureQuestionAbout<'requestNames'>,
): Promise<Answer> {
  const names: (RequestName | null)[] = new Array<RequestName | null>(requests.length).fill(null);
  for (const [disk, { versions }] of sight.known.disks) {
    const ofDisk = [...requests.entries()].filter(([, request]) => request.disk === disk);
    if (ofDisk.length === 0) continue;
    const asked = ofDisk.map(([, { op, sequence, offsetBytes, lengthBytes }]) => ({
      op,
      sequence,
      offsetBytes: BigInt(offsetBytes),
      lengthBytes: BigInt(lengthBytes),
    }));
    const touched = await new RequestNamer(versions, sight.breathe).touched(asked);
    for (const [i, [at, { op }]] of ofDisk.entries()) {
      const found = touched[i] ?? null;
      if (found !== null) names[at] = { text: requestName(op, found), structure: lineOf(found.at, disk) };
    }
  }
  const json: RequestNamesAnswer = { names };
  return { json, columns: {} };
}
