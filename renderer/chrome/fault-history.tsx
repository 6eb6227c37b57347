import type { ReactElement } from 'react';
import type { DiskInfo } from '#shared/contract/messages.ts';
import { formatClock } from '../words/format.ts';
import { useAppState } from './app-context.ts';

/** Changes of what makes this disk fail, the latest first, folded away until asked for. */
export function FaultHistory({ disk }: { readonly disk: DiskInfo }): ReactElement | null {
  const changes = useAppState((state) => state.faultChanges);
  const zone = useAppState((state) => state.zone);
  const own = changes.filter((change) => change.disk === disk.id).toReversed();
  if (own.length === 0) return null;
  return (
    <details className="fault-history">
      <summary className="quiet">Changes ({own.length})</summary>
      <ol aria-label="Changes of faults">
        {own.map((change) => (
          <li key={change.sequence} className="fault-change">
            <time className="mono quiet">{formatClock(change.clockUs, zone)}</time>
            <span>{change.words}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
