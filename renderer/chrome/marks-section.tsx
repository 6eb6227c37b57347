import { X } from 'lucide-react';
import type { ReactElement } from 'react';
import { restoreMark } from '../control/mark-deeds.ts';
import { plural } from '../words/format.ts';
import { useApp, useAppState } from './app-context.ts';
import { FoldHeading } from './fold.tsx';
import { MarkRow } from './mark-row.tsx';
import { ActionButton } from './tip.tsx';

/** Marks and captions of the session in the order of their moments: to go to, to change, to remove. */
export function MarksSection(): ReactElement | null {
  const app = useApp();
  const open = useAppState((state) => state.marksOpen);
  const history = useAppState((state) => state.session?.history);
  const removed = useAppState((state) => state.removedMark);
  if (history === undefined || history.firstUs === null) return null;
  const { marks, firstUs } = history;
  const canUndo = removed !== null && removed.firstUs === firstUs;
  return (
    <section className="side-section marks" aria-label="Marks and captions" data-testid="marks">
      <div className="marks-head">
        <FoldHeading
          title="Marks"
          summary={summary(marks)}
          open={open}
          onToggle={() => app.store.setState({ marksOpen: !open })}
        />
        <ActionButton action="marks.add" />
        <ActionButton action="marks.import" />
        <ActionButton action="marks.export" />
      </div>
      {open && (
        <>
          {canUndo && (
            <p className="marks-undo" role="status">
              <span className="clip">
                Removed {removed.mark.text === '' ? 'an end' : `“${removed.mark.text}”`}
              </span>
              <button type="button" className="link" onClick={() => restoreMark(app)}>
                Undo
              </button>
              <button
                type="button"
                className="source-close"
                aria-label="Leave it removed"
                onClick={() => app.store.setState({ removedMark: null })}
              >
                <X size={12} aria-hidden="true" />
              </button>
            </p>
          )}
          {marks.length === 0 ? (
            <p className="quiet marks-none">None yet.</p>
          ) : (
            <ul className="mark-list" aria-label="Marks and captions by time">
              {marks.map((mark) => (
                <MarkRow key={mark.id} mark={mark} firstUs={firstUs} />
              ))}
            </ul>
          )}
        </>
      )}
    </section>
  );
}

function summary(marks: readonly { readonly kind: string }[]): string {
  const captions = marks.filter(({ kind }) => kind === 'caption').length;
  const others = marks.length - captions;
  const parts = [
    ...(others > 0 ? [plural(others, 'mark')] : []),
    ...(captions > 0 ? [plural(captions, 'caption')] : []),
  ];
  return parts.join(', ');
}
