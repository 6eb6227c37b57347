import type { AppState, DialogName } from '../store/app-store.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about captures: recording what goes on, and saving what is kept. */

/** Asks where to record to; while something is recorded, ends that. */
export function recordOrStop(app: WindowApp): void {
  if (isRecording(app.state)) app.send({ command: 'stopCapture' });
  else askWhere(app, 'record');
}

/** Asks where to save what is kept, as a capture or as a table of its requests. */
export function askWhere(
  app: WindowApp,
  dialog: Extract<DialogName, 'record' | 'saveCapture' | 'exportRequests'>,
): void {
  app.store.setState({ dialog, refusal: null });
}

export function isRecording({ session }: AppState): boolean {
  return session !== null && session.captures.recording !== null;
}

/** Whether what is open can be recorded: a capture that is played is a recording itself. */
export function canRecord({ session }: AppState): boolean {
  return session?.sources.some(({ kind }) => kind !== 'capture') === true;
}

/** A name for a file, with the end that says what it is to be where it has none that does. */
export function withEnd(path: string, ends: readonly string[]): string {
  const whole = path.trim();
  const [usual = ''] = ends;
  return whole === '' || ends.some((end) => whole.toLowerCase().endsWith(end)) ? whole : `${whole}${usual}`;
}
