import { joinHalves } from '#shared/bytes/size.ts';
import type { RequestNamesAnswer } from '#shared/contract/structures.ts';
import { Op, RowKind } from '#shared/events/vocabulary.ts';
import type { TestEngine } from '../../testing/test-engine.ts';

/** A request as a question about names has it. */
export interface WrittenRequest {
  readonly disk: number;
  readonly sequence: number;
  readonly op: number;
  readonly offsetBytes: string;
  readonly lengthBytes: string;
}

/** The requests of an engine's history that change a disk, in order. */
export async function writtenRequests({ engine }: TestEngine): Promise<WrittenRequest[]> {
  const { history } = engine.past;
  const found: WrittenRequest[] = [];
  if (history === null) return found;
  for await (const batch of history.rows(1, history.lastSequence)) {
    for (let i = 0; i < batch.count; i += 1) {
      const op = batch.op[i] ?? 0;
      if (batch.kind[i] !== RowKind.Request) continue;
      if (op !== Op.Write && op !== Op.Zero && op !== Op.Trim) continue;
      found.push({
        disk: batch.disk[i] ?? 0,
        sequence: batch.firstSequence + i,
        op,
        offsetBytes: `${joinHalves(batch.offsetHigh[i] ?? 0, batch.offsetLow[i] ?? 0)}`,
        lengthBytes: `${joinHalves(batch.lengthHigh[i] ?? 0, batch.lengthLow[i] ?? 0)}`,
      });
    }
  }
  return found;
}

/** How many clients have left, by the rows that came: all that these did has come too. */
export async function clientsGone({ engine }: TestEngine): Promise<number> {
  const { history } = engine.past;
  let gone = 0;
  if (history === null) return gone;
  for await (const batch of history.rows(1, history.lastSequence)) {
    for (let i = 0; i < batch.count; i += 1) if (batch.kind[i] === RowKind.Disconnect) gone += 1;
  }
  return gone;
}

/** What an engine calls requests; null for those it has no name for. */
export async function namesOf(
  engine: TestEngine,
  requests: readonly WrittenRequest[],
): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (let at = 0; at < requests.length; at += 1000) {
    const part = requests.slice(at, at + 1000);
    const { json } = await engine.ask({ about: 'requestNames', requests: part });
    const { names } = json as RequestNamesAnswer;
    found.push(...names.map((name) => name?.text ?? null));
  }
  return found;
}
