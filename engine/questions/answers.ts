import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { StructureQuestion } from '#shared/contract/structures.ts';
import type { History } from '../history/history.ts';
import { answerBlock } from './block.ts';
import { answerLatencyMap } from './latency-map.ts';
import { answerSeekPlot } from './seek-plot.ts';
import { answerSpan } from './span.ts';
import { answerTimeline } from './timeline.ts';

/** A question about what the history holds; those about structures are answered in engine/structures. */
export type HistoryQuestion = Exclude<Question, StructureQuestion>;

/** A question about one thing. */
export type QuestionAbout<About extends HistoryQuestion['about']> = Extract<
  HistoryQuestion,
  { readonly about: About }
>;

/**
 * Works out the answer to one kind of question, in slices, and rejects when `signal` is aborted.
 * @throws RefusedError in words when the question makes no sense of this history.
 */
export type Answerer<About extends HistoryQuestion['about']> = (
  history: History,
  question: QuestionAbout<About>,
  signal: AbortSignal,
) => Promise<Answer>;

/** Who answers which question: each kind has a file of its own. */
const ANSWERERS: { readonly [About in HistoryQuestion['about']]: Answerer<About> } = {
  timeline: answerTimeline,
  block: answerBlock,
  span: answerSpan,
  latencyMap: answerLatencyMap,
  seekPlot: answerSeekPlot,
};

export function answerQuestion<About extends HistoryQuestion['about']>(
  history: History,
  question: QuestionAbout<About> & { readonly about: About },
  signal: AbortSignal,
): Promise<Answer> {
  return ANSWERERS[question.about](history, question, signal);
}
