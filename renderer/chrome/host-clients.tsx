import { Unplug } from 'lucide-react';
import type { ReactElement } from 'react';
import { thousands } from '#shared/bytes/size.ts';
import type { HostInfo } from '#shared/contract/messages.ts';
import type { HostedSource } from '../store/hosted.ts';
import { formatDuration } from '../words/format.ts';
import { otherClients } from '../words/host-words.ts';
import { useApp } from './app-context.ts';
import { Tip } from './tip.tsx';

/** Who is connected; the count is of clients other than the one that runs workloads, as everywhere. The list keeps its height, so that what is below stays where it is as clients come and go. */
export function HostClients({ hosted }: { readonly hosted: HostedSource }): ReactElement {
  const { connections } = hosted.host;
  return (
    <>
      <p className="disk-card-line">
        <span className="quiet">Clients</span>
        <span className="mono" data-testid="client-count">
          {thousands(otherClients(hosted.host).length)}
        </span>
      </p>
      <ul className="clients" aria-label="Clients">
        {connections.length === 0 && <li className="quiet">Nobody is connected.</li>}
        {connections.map((connection) => (
          <Client key={connection.number} connection={connection} source={hosted.id} />
        ))}
      </ul>
    </>
  );
}

interface ClientProps {
  readonly connection: HostInfo['connections'][number];
  readonly source: number;
}

function Client({ connection, source }: ClientProps): ReactElement {
  const app = useApp();
  const { number, peer, builtIn, features, requestsInFlight, transactions } = connection;
  const name = builtIn ? 'Try it, this window' : peer;
  const agreed =
    connection.state === 'handshake'
      ? 'still negotiating'
      : features.join(', ') || 'nothing beyond the basics';
  return (
    <li className="client" data-testid="client">
      <span className="mono quiet">{number}</span>
      <span className="clip" title={name}>
        {name}
      </span>
      <span className="mono client-flight" title="Requests in flight">
        {thousands(requestsInFlight)}
        <span className="quiet"> in flight</span>
      </span>
      <span className="client-features quiet clip" title={agreed}>
        {agreed}
      </span>
      <Tip
        words={`Disconnect ${name}: ${agreed}; ${thousands(transactions)} requests in ${formatDuration(connection.connectedMs * 1000)}`}
      >
        <button
          type="button"
          className="button button-quiet client-disconnect"
          aria-label={`Disconnect client ${number}`}
          onClick={() => app.send({ command: 'disconnectClient', source, connection: number })}
        >
          <Unplug size={14} aria-hidden="true" />
        </button>
      </Tip>
    </li>
  );
}
