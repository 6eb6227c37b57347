import { Square, TriangleAlert } from 'lucide-react';
import type { ReactElement } from 'react';
import { stopHosting } from '../control/host-deeds.ts';
import { type HostedSource, hostInHand } from '../store/hosted.ts';
import { isExposed, otherParameters } from '../words/host-words.ts';
import { useApp, useAppState } from './app-context.ts';
import { ClientCommands } from './client-command-buttons.tsx';
import { CopyButton } from './copy-command.tsx';
import { HostClients } from './host-clients.tsx';
import { HostControls } from './host-controls.tsx';
import { HostMemory } from './host-memory.tsx';
import { TryIt } from './try-it.tsx';

/** The hosted disk in hand: where it is, how it is used, and what can be changed while clients are connected. */
export function DiskCard(): ReactElement | null {
  const hosted = useAppState(hostInHand);
  return hosted === null ? null : <Card key={hosted.id} hosted={hosted} />;
}

function Card({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const app = useApp();
  const { host } = hosted;
  const others = otherParameters(host.parameters);
  return (
    <section className="side-section disk-card" aria-label="Hosted disk" data-testid="disk-card">
      <div className="disk-card-head">
        <h2>Hosted disk</h2>
        <button type="button" className="button button-small" onClick={() => stopHosting(app, hosted.id)}>
          <Square size={12} aria-hidden="true" /> Stop
        </button>
      </div>
      <div className="disk-card-uri">
        <code className="mono clip" data-testid="host-uri" title={host.uri}>
          {host.uri}
        </code>
        <CopyButton text={() => host.uri} label="Copy the address" />
      </div>
      {isExposed(host) && (
        <p className="danger host-exposed">
          <TriangleAlert size={14} aria-hidden="true" />
          {`Anyone on the network can ${host.readOnly ? 'read' : 'read and write'} this disk, by this machine's address and port ${host.tcp?.port}.`}
        </p>
      )}
      <ClientCommands host={host} />
      <TryIt hosted={hosted} />
      <HostControls hosted={hosted} />
      {others.length > 0 && (
        <p className="disk-card-line mono clip" title={others.join(' ')}>
          {others.join(' ')}
        </p>
      )}
      <HostMemory host={host} />
      <HostClients hosted={hosted} />
    </section>
  );
}
