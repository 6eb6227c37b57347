import { readCaptions, writeCaptions } from '#shared/captions/captions-file.ts';
import type { Mark, MarkKind } from '#shared/contract/time.ts';
import { plural } from '../words/format.ts';
import { freeMarkName } from '../words/mark-times.ts';
import { download } from './download.ts';
import { markBeside, reachUs } from './mark-steps.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about marks and captions. */

/** Lines of a file of captions that a notice quotes. */
const QUOTED_LINES = 20;

export function marksOf(app: WindowApp): readonly Mark[] {
  return app.state.session?.history.marks ?? [];
}

/** Marks the moment shown now; what it is called is asked while time goes on. */
export function startMark(app: WindowApp): void {
  const us = Math.round(app.session.shownUs());
  if (!Number.isNaN(us)) app.store.setState({ marking: { us, name: freeMarkName(marksOf(app)) } });
}

/** Keeps the moment that was marked, under this name or, where that is empty, under its number. */
export function keepMark(app: WindowApp, text: string, kind: MarkKind): void {
  const { marking } = app.state;
  if (marking === null) return;
  app.store.setState({ marking: null });
  const words = text.trim();
  app.send({
    command: 'addMark',
    kind: words === '' ? 'mark' : kind,
    text: words || marking.name,
    us: marking.us,
  });
}

/** Shows the moment of a mark. */
export function goToMark(app: WindowApp, mark: Mark): void {
  app.time.seek({ us: mark.clockUs });
}

/**
 * Goes to the next mark (1) or the one before (-1). Where there are captions these are gone by, as somebody tells a story by
 * them; marks otherwise. Pressed again before the window is there, it goes on from where that press leads.
 */
export function stepMark(app: WindowApp, by: 1 | -1): void {
  const { view, paused } = app.state;
  const isMoving = !paused && app.time.seeker.targetUs === null && (view.mode === 'live' || view.playing);
  const mark = markBeside(marksOf(app), app.time.shownUs, by, isMoving ? reachUs(view.speed) : 0);
  if (mark !== null) goToMark(app, mark);
}

export function editMark(app: WindowApp, id: number, change: Partial<Omit<Mark, 'id'>>): void {
  const { kind, text, clockUs } = change;
  app.send({
    command: 'editMark',
    id,
    ...(kind === undefined ? {} : { kind }),
    ...(text === undefined ? {} : { text }),
    ...(clockUs === undefined ? {} : { us: clockUs }),
  });
  app.store.setState({ markEdit: null });
}

/** Removes a mark; it can be had back. */
export function removeMark(app: WindowApp, mark: Mark): void {
  app.send({ command: 'removeMark', id: mark.id });
  const firstUs = app.state.session?.history.firstUs ?? null;
  app.store.setState({ markEdit: null, removedMark: { mark, firstUs } });
}

export function restoreMark(app: WindowApp): void {
  const { removedMark } = app.state;
  if (removedMark === null) return;
  const { kind, text, clockUs } = removedMark.mark;
  app.send({ command: 'addMark', kind, text, us: clockUs });
  app.store.setState({ removedMark: null });
}

/** Brings the list of marks into sight. */
export function showMarks(app: WindowApp): void {
  app.openSide();
  app.store.setState({ marksOpen: true });
  // It is there once React has drawn it.
  requestAnimationFrame(() => document.querySelector('.marks')?.scrollIntoView({ block: 'nearest' }));
}

/** Asks for a file of times and words, and reads it. */
export function askForCaptions(app: WindowApp): void {
  const chooser = document.createElement('input');
  chooser.type = 'file';
  chooser.addEventListener('change', () => {
    const file = chooser.files?.[0];
    if (file === undefined) return;
    file.text().then(
      (text) => importCaptions(app, file.name, text),
      (error: unknown) =>
        app.notify({ level: 'error', text: `${file.name} cannot be read: ${String(error)}`, detail: null }),
    );
  });
  chooser.click();
}

/** Adds the captions of a text; says which lines will not do. */
export function importCaptions(app: WindowApp, name: string, text: string): void {
  const history = app.state.session?.history;
  const firstUs = history?.firstUs ?? null;
  if (history === undefined || firstUs === null) {
    app.notify({
      level: 'error',
      text: `${name}: captions belong to a recording, and none is open; open it first`,
      detail: null,
    });
    return;
  }
  const { captions, wrong } = readCaptions(text, firstUs);
  const outside = captions.filter(({ clockUs }) => clockUs > (history.lastUs ?? firstUs)).length;
  if (captions.length > 0) {
    app.send({
      command: 'addMarks',
      marks: captions.map(({ kind, text: words, clockUs }) => ({ kind, text: words, us: clockUs })),
    });
    showMarks(app);
  }
  if (wrong.length > 0 || captions.length === 0) {
    const what =
      captions.length === 0 ? 'no caption could be read' : `${plural(wrong.length, 'line')} left out`;
    app.notify({
      level: captions.length === 0 ? 'error' : 'warning',
      text: `${name}: ${what}${wrong[0] === undefined ? '; the file is empty' : `: ${wrong[0]}`}`,
      detail: wrong.length > 1 ? wrong.slice(0, QUOTED_LINES).join('\n') : null,
    });
  }
  if (outside > 0 && !history.growing) {
    app.notify({
      level: 'warning',
      text: `${name}: ${plural(outside, 'caption')} later than the end of the recording; are the times in UTC?`,
      detail: null,
    });
  }
}

/** Saves the marks as a file of times and words, which can be read again. */
export function exportMarks(app: WindowApp): void {
  const blob = new Blob([writeCaptions(marksOf(app))], { type: 'text/plain' });
  download(blob, 'nbdscope-captions.txt');
}
