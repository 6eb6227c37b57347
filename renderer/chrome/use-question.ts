import { useEffect, useRef, useState } from 'react';
import type { Answer } from '#shared/channel/answer.ts';
import type { Question } from '#shared/contract/questions.ts';
import { QuestionFeed } from '../plots/question-feed.ts';
import { useApp, useAppState } from './app-context.ts';

/** What is known, and why nothing newer is. */
export interface Asked<Data> {
  /** The last answer, to this question or the one before; null before the first. */
  readonly data: Data | null;
  /** Null while answers come. */
  readonly trouble: string | null;
}

/**
 * The answer to a question, kept up while it changes and the history grows.
 * @param question null asks nothing.
 * @param key what it is about, see QuestionFeed.want.
 * @param read makes of an answer what is shown; it may not change.
 */
export function useQuestion<Q extends Question, Data>(
  question: Q | null,
  key: string,
  read: (answer: Answer, question: Q) => Data,
): Asked<Data> {
  const app = useApp();
  const [asked, setAsked] = useState<Asked<Data>>({ data: null, trouble: null });
  const feed = useRef<QuestionFeed<Q> | null>(null);
  const link = useAppState((state) => state.link);
  const recorded = useAppState((state) => state.session?.history.lastSequence ?? 0);
  // A live picture may have rows of which the engine has not told yet otherwise: what is asked for then ends before them, and
  // must be asked for again once the engine has told, though no row has come since.
  const applied = useAppState((state) => (state.view.mode === 'live' ? state.counters.sequence : 0));
  useEffect(() => {
    const made = new QuestionFeed<Q>({
      ask: (wanted, signal) => app.session.ask(wanted, signal),
      onAnswer: (answer, answered) => setAsked({ data: read(answer, answered), trouble: null }),
      onTrouble: (trouble) =>
        setAsked((before) => (before.trouble === trouble ? before : { ...before, trouble })),
    });
    feed.current = made;
    return () => made.dispose();
  }, [app, read]);
  useEffect(() => feed.current?.want(question, key, `${recorded}/${applied}`));
  useEffect(() => {
    if (link === 'open') feed.current?.restart();
  }, [link]);
  return asked;
}
