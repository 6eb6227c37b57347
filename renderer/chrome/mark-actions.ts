import { BookmarkPlus, Captions, Download, FileInput, SkipBack, SkipForward } from 'lucide-react';
import { askForCaptions, exportMarks, showMarks, startMark, stepMark } from '../control/mark-deeds.ts';
import type { WindowApp } from '../control/window-app.ts';
import type { AppState } from '../store/app-store.ts';

const knowsTime = (state: AppState): boolean => !Number.isNaN(state.counters.clockUs);
const hasMarks = (state: AppState): boolean => (state.session?.history.marks.length ?? 0) > 0;

/** The part of the action table that is about marks and captions. */
export const MARK_ACTIONS = [
  {
    id: 'marks.add',
    title: 'Mark this moment…',
    group: 'Marks',
    keys: [{ code: 'KeyK' }],
    icon: BookmarkPlus,
    available: knowsTime,
    run: startMark,
  },
  {
    id: 'marks.next',
    title: 'Next caption, or mark where there are none',
    group: 'Marks',
    keys: [{ code: 'PageDown', shift: true }],
    icon: SkipForward,
    available: hasMarks,
    run: (app: WindowApp) => stepMark(app, 1),
  },
  {
    id: 'marks.previous',
    title: 'Previous caption or mark',
    group: 'Marks',
    keys: [{ code: 'PageUp', shift: true }],
    icon: SkipBack,
    available: hasMarks,
    run: (app: WindowApp) => stepMark(app, -1),
  },
  {
    id: 'marks.list',
    title: 'List of marks and captions',
    group: 'Marks',
    keys: [{ code: 'F4' }],
    icon: Captions,
    run: showMarks,
  },
  {
    id: 'marks.import',
    title: 'Read captions from a file…',
    group: 'Marks',
    keys: [{ code: 'F9' }],
    icon: FileInput,
    available: knowsTime,
    run: askForCaptions,
  },
  {
    id: 'marks.export',
    title: 'Save marks and captions as a text file',
    group: 'Marks',
    keys: [{ code: 'KeyM', shift: true }],
    icon: Download,
    available: hasMarks,
    run: exportMarks,
  },
] as const;
