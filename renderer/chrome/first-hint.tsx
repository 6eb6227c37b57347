import { FolderOpen, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { askForHost } from '../control/host-deeds.ts';
import { askForLogs, openPaths } from '../control/log-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandLine, NBDKIT_COMMAND } from './copy-command.tsx';

/** On the sample: what this is, and the way to one's own disk. Quiet, and gone for good once closed. */
export function FirstHint(): ReactElement | null {
  const app = useApp();
  const open = useAppState((state) => state.hintOpen);
  const onSample = useAppState(
    (state) => state.session?.sources.some((source) => source.kind === 'sample') ?? false,
  );
  const latest = useAppState((state) => state.session?.recentLogs[0]);
  if (!open || !onSample) return null;
  return (
    <aside className="hint" aria-label="Getting started">
      <div className="hint-words">
        <p>
          <strong>A recording:</strong> a 64 MiB disk is formatted, filled and emptied. For a disk of your
          own:
        </p>
        <div className="form-row">
          <CommandLine command={NBDKIT_COMMAND} />
          <button type="button" className="button" onClick={() => void askForLogs(app)}>
            <FolderOpen size={16} aria-hidden="true" /> Open a log…
          </button>
          <span className="quiet">drop one here, or</span>
          <button type="button" className="link" onClick={() => askForHost(app)}>
            host one here
          </button>
          {latest !== undefined && (
            <button
              type="button"
              className="link"
              title={latest.path}
              onClick={() => openPaths(app, [latest.path], true)}
            >
              Open {latest.path.split(/[\\/]/).at(-1)} again
            </button>
          )}
        </div>
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label="Close this hint"
        onClick={() => app.prefer({ hintOpen: false })}
      >
        <X size={16} aria-hidden="true" />
      </button>
    </aside>
  );
}
