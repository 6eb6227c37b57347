import { X } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { sum } from '../store/counters.ts';
import { hostInHand } from '../store/hosted.ts';
import { hostedSet } from '../store/hosted-set.ts';
import { plural } from '../words/format.ts';
import { planFor, setCommands } from '../words/set-commands.ts';
import { usageWords } from '../words/status.ts';
import { useAppState } from './app-context.ts';
import { ClientCommands, CommandButtons } from './client-command-buttons.tsx';
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
  const [closed, setClosed] = useState<readonly string[]>([]);
  const session = useAppState((state) => state.session);
  if (hosted === null) return null;
  const set = hostedSet(session, hosted.host.set?.id ?? null);
  // What was closed for one disk of a set is closed for all of them.
  const key = set === null ? `disk ${hosted.id}` : `set ${set.id}`;
  if (closed.includes(key)) return null;
  return (
    <aside className="hint host-strip" aria-label="Use this disk" data-testid="host-strip">
      <div className="hint-words">
        {set === null ? (
          <>
            <p className="host-strip-words">{usageWords(hosted.host, used)}</p>
            <TryItMenu hosted={hosted} />
            <ClientCommands host={hosted.host} />
          </>
        ) : (
          <>
            <p className="host-strip-words">Build an array of these {plural(set.sources.length, 'disk')}</p>
            <CommandButtons
              label="Copy the command that builds the array"
              commands={setCommands(
                set.sources.map((source) => source.host),
                planFor(set.sources.length),
              )}
            />
          </>
        )}
      </div>
      <button
        type="button"
        className="button button-quiet"
        aria-label="Close this hint"
        onClick={() => setClosed([...closed, key])}
      >
        <X size={16} aria-hidden="true" />
      </button>
    </aside>
  );
}
