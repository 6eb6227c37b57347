import { FolderOpen, X } from 'lucide-react';
import type { ReactElement } from 'react';
import { SAMPLES } from '#shared/contract/samples.ts';
import { askForHost } from '../control/host-deeds.ts';
import { askForLogs, openPaths, openSample } from '../control/log-deeds.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandLine, NBDKIT_COMMAND } from './copy-command.tsx';

/** On the sample: what this is, and the way to one's own disk. Quiet, and gone for good once closed. */
export function FirstHint(): ReactElement | null {
  const app = useApp();
  const open = useAppState((state) => state.hintOpen);
  // Of a comparison its own words speak; a sample in it is one of two.
  const folder = useAppState(({ session }) =>
    session === null || session.history.comparison !== null
      ? null
      : (session.sources.find((source) => source.kind === 'sample')?.name ?? null),
  );
  const latest = useAppState((state) => state.session?.recentLogs[0]);
  if (!open || folder === null) return null;
  const shown = SAMPLES.find((sample) => sample.folder === folder) ?? SAMPLES[0];
  const other = SAMPLES.find((sample) => sample !== shown);
  return (
    <aside className="hint" aria-label="Getting started">
      <div className="hint-words">
        <p>
          <strong>{shown.title}, a recording:</strong> {shown.words}
          {other !== undefined && (
            <>
              {' '}
              <button type="button" className="link" onClick={() => openSample(app, other.id)}>
                Watch the other: {other.title}
              </button>
            </>
          )}
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
