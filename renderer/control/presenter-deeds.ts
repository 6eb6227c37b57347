import { goToMark, marksOf } from './mark-deeds.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do before an audience. */

/** Leaves nothing but the picture, its words and its clock, on the whole screen where the browser allows it. */
export function enterPresenter(app: WindowApp): void {
  if (app.state.presenting) return;
  app.store.setState({ presenting: true, blanked: false, dialog: null });
  // What lay under the pointer lies elsewhere now.
  if (app.cursor?.by === 'pointer' && !app.cursor.kept) app.setCursor(null);
  app.applyTheme();
  app.applyLook();
  // Keys are the window's, whatever had them before.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  if (document.fullscreenElement === null) {
    // Refused where a person did not ask by a key or a press: the window then stays as large as it is.
    document.documentElement.requestFullscreen({ navigationUI: 'hide' }).catch(() => {});
  }
}

export function leavePresenter(app: WindowApp): void {
  if (!app.state.presenting) return;
  app.store.setState({ presenting: false, blanked: false });
  app.applyTheme();
  app.applyLook();
  if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => {});
}

/** Shows the first caption, or mark, again. */
export function goToFirstMark(app: WindowApp): void {
  const marks = marksOf(app);
  const first = marks.find(({ kind, text }) => kind === 'caption' && text !== '') ?? marks[0];
  if (first !== undefined) goToMark(app, first);
}

/** Makes the screen black, so that people look at who speaks; or shows the picture again. */
export function toggleBlank(app: WindowApp): void {
  app.store.setState({ blanked: !app.state.blanked });
}

/** Does something that is to be seen: a black screen gives way. */
export function seen(deed: (app: WindowApp) => void): (app: WindowApp) => void {
  return (app) => {
    app.store.setState({ blanked: false });
    deed(app);
  };
}
