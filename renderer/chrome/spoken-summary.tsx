import { type ReactElement, useEffect, useState } from 'react';
import { readoutSentence } from '../words/block-words.ts';
import { summarize } from '../words/summary.ts';
import { useApp, useAppState } from './app-context.ts';

/** A screen reader is told of the picture at most this often. */
const EVERY_MS = 5000;

/** The picture in words for screen readers, and at once the block that the keyboard cursor came to. */
export function SpokenSummary(): ReactElement {
  const app = useApp();
  const [words, setWords] = useState('');
  const readout = useAppState((state) => state.readout);
  useEffect(() => {
    const speak = (): void => {
      const { session, counters, activeDisk } = app.state;
      if (session !== null) setWords(summarize(session, counters, app.session.state.recent, activeDisk));
    };
    const timer = setInterval(speak, EVERY_MS);
    const first = setTimeout(speak, 1000);
    return () => {
      clearInterval(timer);
      clearTimeout(first);
    };
  }, [app]);
  const byKeys = readout !== null && app.cursor?.by === 'keys';
  const block = byKeys ? `${readout.disk}/${readout.block}` : null;
  const [spokenBlock, setSpokenBlock] = useState('');
  useEffect(() => {
    const { readout: now } = app.state;
    setSpokenBlock(block === null || now === null ? '' : readoutSentence(now));
  }, [app, block]);
  return (
    <div className="sr-only">
      <p aria-live="polite" data-testid="summary">
        {words}
      </p>
      <p aria-live="polite" data-testid="spoken-block">
        {spokenBlock}
      </p>
    </div>
  );
}
