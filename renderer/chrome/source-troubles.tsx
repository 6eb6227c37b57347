import type { ReactElement } from 'react';
import type { SessionInfo } from '#shared/contract/messages.ts';
import { useApp, useAppState } from './app-context.ts';

function withoutDisks(session: SessionInfo | null): SessionInfo['sources'] {
  if (session === null || session.disks.length === 0) return [];
  return session.sources.filter(
    (source) =>
      (source.status === 'waiting' || source.status === 'failed') &&
      !session.disks.some((disk) => disk.source === source.id),
  );
}

/** Logs that are asked for and cannot be shown yet, above the picture of those that can. */
export function SourceTroubles(): ReactElement | null {
  const app = useApp();
  const session = useAppState((state) => state.session);
  const sources = withoutDisks(session);
  if (sources.length === 0) return null;
  return (
    <ul className="troubles" aria-label="Logs without a picture">
      {sources.map((source) => (
        <li key={source.id}>
          <span className="badge" data-status={source.status}>
            {source.status}
          </span>
          <span className="clip">
            {source.statusText.includes(source.path ?? source.name)
              ? source.statusText
              : `${source.path ?? source.name}: ${source.statusText}`}
          </span>
          <button
            type="button"
            className="button button-quiet"
            onClick={() => app.send({ command: 'closeSource', source: source.id })}
          >
            Close
          </button>
        </li>
      ))}
    </ul>
  );
}
