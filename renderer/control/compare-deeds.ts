import type { AppState } from '../store/app-store.ts';
import { type CompareForm, compareCommand, openRecording } from '../words/compare-form.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do to see two recordings side by side, in step. */

export function askForComparison(app: WindowApp): void {
  app.store.setState({ dialog: 'compare', refusal: null });
}

/** What the form begins with: the comparison that is shown, else what is open as the first of two. */
export function comparisonBegun({ session, compared }: AppState): CompareForm {
  if (session?.history.comparison != null && compared !== null) return compared;
  return { a: openRecording(session)?.name ?? '', b: '', alignA: '', alignB: '' };
}

/** Shows two recordings in step instead of what is open. */
export function compare(app: WindowApp, form: CompareForm): void {
  app.uploads.dispose();
  app.store.setState({ compared: form });
  app.send(compareCommand(form, openRecording(app.state.session)));
}
