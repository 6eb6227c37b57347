import { joinHalves } from '#shared/bytes/size.ts';
import type { Answer } from '#shared/channel/answer.ts';
import type { AccountAnswer, AccountSentence } from '#shared/contract/structures.ts';
import type { EventBatch } from '#shared/events/event-batch.ts';
import { Op } from '#shared/events/vocabulary.ts';
import { rowsOfSpan, walkSpan } from '../../questions/span-walk.ts';
import { RefusedError } from '../../refused-error.ts';
import type { AccountDisk, AccountRule, KnowledgeChange, Told } from '../account/account-rule.ts';
import { rulesFor } from '../account/rules.ts';
import { RequestNamer, type SequencedRequest } from '../knowledge/request-namer.ts';
import type { Versions } from '../knowledge/versions.ts';
import type { Sight, StructureQuestionAbout } from './answers.ts';

/** Requests that are named together. */
const AT_ONCE = 4_000;
/** Requests of a span that are looked at; of a longer one those that come first. */
const MOST_REQUESTS = 400_000;
/** Sentences that one answer tells at most. */
const MOST_SENTENCES = 200;

interface Arrived extends SequencedRequest {
  readonly us: number;
}

/**
 * What happened in a span, in plain words: each disk is told by every rule in turn.
 * @param most requests that are looked at; what comes after them is not told, and the answer says from where on.
 */
export async function answerAccount(
  sight: Sight,
  { span, disks }: StructureQuestionAbout<'account'>,
  most = MOST_REQUESTS,
): Promise<Answer> {
  const { history } = sight.known;
  if (history === null) throw new RefusedError('nothing was recorded yet');
  const wanted = [...sight.known.disks.values()].filter(
    ({ disk, versions }) => versions.count > 0 && (disks === null || disks.includes(disk)),
  );
  if (wanted.length === 0) {
    throw new RefusedError('nothing is known of what lies on these disks, so that there is nothing to tell');
  }
  const rows = await rowsOfSpan(history, span);
  const requests = new Map<number, Arrived[]>(wanted.map(({ disk }) => [disk, []]));
  let left = most;
  const untold: { sequence: number; us: number }[] = [];
  const arrived = (batch: EventBatch, i: number): void => {
    if (untold.length > 0) return;
    const op = batch.op[i] ?? 0;
    if (op !== Op.Write && op !== Op.Zero && op !== Op.Trim) return;
    const sequence = batch.firstSequence + i;
    const us = batch.clockUs[i] ?? Number.NaN;
    if (left === 0) {
      untold.push({ sequence, us });
      return;
    }
    left -= 1;
    requests.get(batch.disk[i] ?? 0)?.push({
      op,
      sequence,
      us,
      offsetBytes: joinHalves(batch.offsetHigh[i] ?? 0, batch.offsetLow[i] ?? 0),
      lengthBytes: joinHalves(batch.lengthHigh[i] ?? 0, batch.lengthLow[i] ?? 0),
    });
  };
  const visitor = { arrived, isDone: () => untold.length > 0 };
  await walkSpan(history, { span, disks: wanted.map(({ disk }) => disk) }, visitor, sight.signal);
  const end = untold[0] ?? null;
  // What became known by requests that were not looked at has nothing to prove it.
  const last = end === null ? rows.last : Math.min(rows.last, end.sequence - 1);
  const sentences: AccountSentence[] = [];
  for (const { disk, versions } of wanted) {
    const name =
      wanted.length === 1 ? null : (sight.known.names.find(({ id }) => id === disk)?.name ?? `disk ${disk}`);
    const facts = { name, changes: changesIn(versions, rows.first, last) };
    const teller = new Teller(disk, facts, versions, sight);
    sentences.push(...(await teller.sentences(requests.get(disk) ?? [])));
  }
  sentences.sort((a, b) => a.fromSequence - b.fromSequence);
  const json: AccountAnswer = {
    sentences: sentences.slice(0, MOST_SENTENCES),
    leftOut: Math.max(0, sentences.length - MOST_SENTENCES),
    untoldFromUs: end?.us ?? null,
  };
  return { json, columns: {} };
}

/** What became known within a span, and what was known before each. */
function changesIn(versions: Versions, first: number, last: number): KnowledgeChange[] {
  const changes: KnowledgeChange[] = [];
  for (const [i, after] of versions.all.entries()) {
    const before = versions.all[i - 1] ?? null;
    if (before !== null && after.fromSequence >= first && after.fromSequence <= last)
      changes.push({ before, after });
  }
  return changes;
}

/** Tells of one disk. */
class Teller {
  readonly #disk: number;
  readonly #facts: AccountDisk;
  readonly #rules: readonly AccountRule[];
  readonly #namer: RequestNamer;
  readonly #sight: Sight;

  constructor(disk: number, facts: AccountDisk, versions: Versions, sight: Sight) {
    this.#disk = disk;
    this.#facts = facts;
    this.#rules = rulesFor(facts);
    this.#namer = new RequestNamer(versions, sight.breathe);
    this.#sight = sight;
  }

  async sentences(requests: readonly Arrived[]): Promise<AccountSentence[]> {
    for (let at = 0; at < requests.length; at += AT_ONCE) {
      const part = requests.slice(at, at + AT_ONCE);
      const touched = await this.#namer.touched(part);
      for (const [i, request] of part.entries()) {
        for (const rule of this.#rules) rule.request({ ...request, touched: touched[i] ?? null });
        await this.#sight.breathe();
      }
    }
    return this.#rules.flatMap((rule) => rule.told().map((told) => this.#sentence(told)));
  }

  #sentence({ text, evidence, path }: Told): AccountSentence {
    const { name } = this.#facts;
    const whole = name === null ? text : `${name}: ${text}`;
    return {
      text: `${whole.charAt(0).toUpperCase()}${whole.slice(1)}.`,
      fromSequence: evidence.firstSequence,
      toSequence: evidence.lastSequence,
      fromUs: evidence.firstUs,
      toUs: evidence.lastUs,
      requests: evidence.requests,
      disk: this.#disk,
      path,
    };
  }
}
