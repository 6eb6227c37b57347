import type { ReactElement } from 'react';
import { markWords } from '../words/mark-words.ts';
import { useAppState } from './app-context.ts';

/** What the marks over the picture mean, where there may be any. */
export function MarkLegend(): ReactElement | null {
  const session = useAppState((state) => state.session);
  const isSelected = useAppState((state) => state.selection !== null);
  const marks = session === null ? [] : markWords(session.disks, session.arrays, isSelected);
  if (marks.length === 0) return null;
  return (
    <ul className="mark-legend" aria-label="Marks">
      {marks.map(({ kind, words }) => (
        <li key={kind}>
          <span className="swatch" data-mark={kind} aria-hidden="true" />
          {words}
        </li>
      ))}
    </ul>
  );
}
