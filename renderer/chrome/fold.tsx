import { ChevronDown, ChevronRight } from 'lucide-react';
import type { ReactElement } from 'react';

/** The heading of a section that folds: a press shows what belongs to it, or puts that away. */
export function FoldHeading(props: {
  readonly title: string;
  /** What there is, in a word or two, whether or not it is shown. */
  readonly summary?: string;
  readonly open: boolean;
  readonly onToggle: () => void;
}): ReactElement {
  const { title, summary, open, onToggle } = props;
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <h2>
      <button type="button" className="fold" aria-expanded={open} onClick={onToggle}>
        <Chevron size={14} aria-hidden="true" />
        {title}
        {summary !== undefined && <span className="quiet fold-summary clip">{summary}</span>}
      </button>
    </h2>
  );
}
