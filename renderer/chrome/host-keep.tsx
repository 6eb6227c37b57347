import type { ReactElement } from 'react';
import { askAbout } from '../control/host-deeds.ts';
import type { HostedSource } from '../store/hosted.ts';
import { useApp } from './app-context.ts';
import { TaskProgress } from './task-progress.tsx';

/** Saves the disk or copies it; shows how far that has come while it runs. */
export function HostKeep({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const app = useApp();
  const { task } = hosted.host;
  if (task !== null) return <TaskProgress source={hosted.id} task={task} />;
  return (
    <div className="try-it">
      <button
        type="button"
        className="button button-small"
        onClick={() => askAbout(app, 'saveHost', hosted.id)}
      >
        Save as image…
      </button>
      <button
        type="button"
        className="button button-small"
        onClick={() => askAbout(app, 'copyHost', hosted.id)}
      >
        Copy to a disk…
      </button>
    </div>
  );
}
