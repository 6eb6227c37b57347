import type { SampleId } from '#shared/contract/samples.ts';
import { desktopHost } from '../session/desktop-host.ts';
import type { Dropped } from './dropped.ts';
import { importCaptions } from './mark-deeds.ts';
import type { DroppedFile } from './uploads.ts';
import type { WindowApp } from './window-app.ts';

/** What a person can do about logs, recordings and notices. */

/** Whether new logs take the place of what is open: a recording makes room, one's own logs do not. */
export function opensInstead(app: WindowApp): boolean {
  const sources = app.state.session?.sources ?? [];
  return sources.every(({ kind }) => kind === 'sample' || kind === 'capture');
}

/** Opens logs by path. `size` is for logs that do not tell theirs; empty for none. */
export function openPaths(app: WindowApp, paths: readonly string[], replace: boolean, size = ''): void {
  if (paths.length === 0) return;
  if (replace) app.uploads.dispose();
  app.send({ command: 'openLogs', paths: [...paths], size: size === '' ? null : size, replace });
}

/** Asks which logs to open: by the system's dialog in the desktop shell, else by the window's own. */
export async function askForLogs(app: WindowApp): Promise<void> {
  const host = desktopHost();
  if (host === null) {
    app.store.setState({ dialog: 'open', refusal: null });
    return;
  }
  openPaths(app, await host.pickLogs(), opensInstead(app));
}

/** Opens what was dropped: by path where it has one, by its handle or as a copy where it has none. */
export function openDropped(app: WindowApp, dropped: Dropped): void {
  for (const { name, text } of dropped.captions) importCaptions(app, name, text);
  const replace = opensInstead(app);
  openPaths(app, dropped.paths, replace);
  openFiles(app, dropped.files, replace);
}

/** Sends files to the engine; says so where only a copy could be had, and asks for the path. */
export function openFiles(app: WindowApp, files: readonly DroppedFile[], replace: boolean): void {
  for (const [i, file] of files.entries()) {
    app.uploads.start(file, replace && i === 0);
    if (file.live) continue;
    app.notify({
      level: 'info',
      text: `${file.name}: a copy, not live`,
      detail:
        'The browser does not tell where a file lies, so what is written to it from now on cannot be seen.',
      askPathFor: file.name,
    });
  }
}

export function openSample(app: WindowApp, sample: SampleId = 'ext4'): void {
  app.uploads.dispose();
  app.send({ command: 'openSample', sample });
}

export function dismissAllNotices(app: WindowApp): void {
  for (const notice of app.state.session?.notices ?? []) {
    app.send({ command: 'dismissNotice', notice: notice.id });
  }
  app.store.setState({ notices: [] });
}
