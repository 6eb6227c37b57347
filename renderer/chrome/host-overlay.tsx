import type { ReactElement } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { askAbout } from '../control/host-deeds.ts';
import type { HostedSource } from '../store/hosted.ts';
import { useApp } from './app-context.ts';
import { Progress } from './task-progress.tsx';

/** The changes that are kept apart from the disk below, and what can become of them. */
export function HostOverlay({ hosted }: { readonly hosted: HostedSource }): ReactElement | null {
  const app = useApp();
  const { overlay } = hosted.host;
  if (overlay === null) return null;
  const { usedBytes, changed, whyNoCommit, committed } = overlay;
  return (
    <section className="host-overlay" aria-label="Changes kept apart">
      <p className="disk-card-line">
        <span className="quiet">Changes kept apart</span>
        <span className="mono" data-testid="overlay-used">
          {formatBytes(usedBytes)}
        </span>
      </p>
      {committed === null ? (
        <div className="form-row">
          <button
            type="button"
            className="button button-small"
            disabled={!changed || whyNoCommit !== null}
            onClick={() => askAbout(app, 'commitOverlay', hosted.id)}
          >
            Commit…
          </button>
          <button
            type="button"
            className="button button-small"
            disabled={!changed}
            onClick={() => askAbout(app, 'discardOverlay', hosted.id)}
          >
            Discard…
          </button>
        </div>
      ) : (
        <Progress
          words="Committing"
          done={committed}
          cancel="Break off the commit"
          onCancel={() => app.send({ command: 'cancelCommit', source: hosted.id })}
        />
      )}
      {whyNoCommit !== null && (
        <p className="host-fact quiet">
          Cannot be committed: {whyNoCommit}. Saved as an image, they are kept.
        </p>
      )}
    </section>
  );
}
