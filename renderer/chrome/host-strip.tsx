import { X } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { sum } from '../store/counters.ts';
import { hostInHand } from '../store/hosted.ts';
import { usageWords } from '../words/status.ts';
import { useAppState } from './app-context.ts';
import { ClientCommands } from './client-command-buttons.tsx';
import { TryItMenu } from './try-it.tsx';

/**
 * Above the picture of a hosted disk: how to begin to use it. It stays when the first request comes, with other words,
 * so that the picture does not move just when it is watched; a person closes it.
 */
export function HostStrip(): ReactElement | null {
  const hosted = useAppState(hostInHand);
  const used = useAppState((state) =>
    state.activeDisk === null ? false : sum(state.counters.disks.get(state.activeDisk)?.requests ?? []) > 0,
  );
  const [closed, setClosed] = useState<readonly number[]>([]);
  if (hosted === null || closed.includes(hosted.id)) return null;
  return (
    <aside className="hint host-strip" aria-label="Use this disk" data-testid="host-strip">
      <div className="hint-words">
        <p className="host-strip-words">{usageWords(hosted.host, used)}</p>
        <TryItMenu hosted={hosted} />
        <ClientCommands host={hosted.host} />
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label="Close this hint"
        onClick={() => setClosed([...closed, hosted.id])}
      >
        <X size={16} aria-hidden="true" />
      </button>
    </aside>
  );
}
