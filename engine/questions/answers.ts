import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import type { History } from '../history/history.ts';
import { answerBlock } from './block.ts';
import { answerLatencyMap } from './latency-map.ts';
import { answerSeekPlot } from './seek-plot.ts';
import { answerSpan } from './span.ts';
import { answerTimeline } from './timeline.ts';

/** A question about one thing. */
export type QuestionAbout<About extends Question['about']> = Extract<Question, { readonly about: About }>;

/**
 * Works out the answer to one kind of question, in slices, and rejects when `signal` is aborted.
 * @throws RefusedError in words when the question makes no sense of this history.
 */
export type Answerer<About extends Question['about']> = (
  history: History,
  question: QuestionAbout<About>,
  signal: AbortSignal,
) => Promise<Answer>;

/** Who answers which question: each kind has a file of its own. */
const ANSWERERS: { readonly [About in Question['about']]: Answerer<About> } = {
  timeline: answerTimeline,
  block: answerBlock,
  span: answerSpan,
  latencyMap: answerLatencyMap,
  seekPlot: answerSeekPlot,
};

export function answerQuestion<About extends Question['about']>(
  history: History,
  question: QuestionAbout<About> & { readonly about: About },
  signal: AbortSignal,
): Promise<Answer> {
  return ANSWERERS[question.about](history, question, signal);
}
