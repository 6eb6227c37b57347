import { Square } from 'lucide-react';
import { type ReactElement, useState } from 'react';
import { formatBytes } from '#shared/bytes/size.ts';
import { RAID_LEVELS } from '#shared/contract/arrays.ts';
import { stopSet } from '../control/set-deeds.ts';
import { type HostedSet, hostedSet, setInHand } from '../store/hosted-set.ts';
import { CHUNK_CHOICES, hasChunks } from '../words/array-form.ts';
import { plural } from '../words/format.ts';
import { type ArrayPlan, planFor, setCommands, whyNoArray } from '../words/set-commands.ts';
import { useApp, useAppState } from './app-context.ts';
import { CommandButtons } from './client-command-buttons.tsx';
import { CopyButton } from './copy-command.tsx';
import { TlsFact } from './host-facts.tsx';

/** The set that the disk in hand was hosted in: its addresses, and the commands that build an array of it. */
export function SetCard(): ReactElement | null {
  const app = useApp();
  const id = useAppState(setInHand);
  const session = useAppState((state) => state.session);
  const set = hostedSet(session, id);
  if (set === null) return null;
  return (
    <section className="side-section disk-card" aria-label="Set of disks" data-testid="set-card">
      <div className="disk-card-head">
        <h2>Set of {plural(set.sources.length, 'disk')}</h2>
        <button type="button" className="button button-small" onClick={() => stopSet(app, set.id)}>
          <Square size={12} aria-hidden="true" /> Stop all
        </button>
      </div>
      <TlsFact tls={set.sources[0]?.host.tls ?? null} />
      <ArrayCommands set={set} />
      <ul className="set-list" aria-label="Addresses">
        {set.sources.map((source) => (
          <li key={source.id} className="set-disk">
            <span className="set-name clip">{source.host.exportName || source.name}</span>
            <code className="mono clip quiet" title={source.host.uri} data-testid="set-uri">
              {source.host.uri}
            </code>
            <CopyButton
              text={() => source.host.uri}
              label={`Copy the address of ${source.host.exportName || source.name}`}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What array to build, and a button for each tool: one click copies the whole line. */
function ArrayCommands({ set }: { readonly set: HostedSet }): ReactElement {
  const count = set.sources.length;
  const [chosen, setChosen] = useState<Partial<ArrayPlan>>({});
  const plan: ArrayPlan = { ...planFor(count), ...chosen };
  const wrong = whyNoArray(plan, count);
  return (
    <>
      <div className="array-plan">
        <select
          className="select"
          aria-label="RAID level"
          value={plan.level}
          onChange={(event) => {
            const level = RAID_LEVELS.find((one) => String(one) === event.target.value);
            if (level !== undefined) setChosen({ ...chosen, level });
          }}
        >
          {RAID_LEVELS.map((level) => (
            <option key={level} value={level}>
              RAID {level}
            </option>
          ))}
        </select>
        <select
          className="select"
          aria-label="Chunk"
          disabled={!hasChunks(plan.level)}
          value={plan.chunkBytes}
          onChange={(event) => setChosen({ ...chosen, chunkBytes: Number(event.target.value) })}
        >
          {CHUNK_CHOICES.map((bytes) => (
            <option key={bytes} value={bytes}>
              {formatBytes(bytes)} chunks
            </option>
          ))}
        </select>
        <select
          className="select"
          aria-label="Spares"
          value={plan.spares}
          onChange={(event) => setChosen({ ...chosen, spares: Number(event.target.value) })}
        >
          {Array.from({ length: Math.min(count, 5) }, (_, spares) => spares).map((spares) => (
            <option key={spares} value={spares}>
              {plural(spares, 'spare')}
            </option>
          ))}
        </select>
      </div>
      {wrong === null ? (
        <CommandButtons
          label="Copy the command that builds the array"
          commands={setCommands(
            set.sources.map((source) => source.host),
            plan,
          )}
        />
      ) : (
        <p className="warning faults-note">{wrong}</p>
      )}
    </>
  );
}
